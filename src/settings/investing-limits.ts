/** The limits of investing, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

// ── Calls of a ledger ──
/** A busy ledger takes its calls one after another. */
export const LEDGER_CALL_TIMEOUT_MS = 12_000;
/** `Retry-After` of a call whose answer is lost. */
export const LEDGER_RETRY_SECONDS = 2;
