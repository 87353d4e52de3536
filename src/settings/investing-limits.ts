/** The limits of investing, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

/** The least level of verification that may invest: 2 is a verified identity. */
export const INVESTING_KYC_LEVEL = 2;
export const IDEMPOTENCY_KEY_MIN_CHARACTERS = 8;
export const IDEMPOTENCY_KEY_MAX_CHARACTERS = 255;

// ── Calls of a ledger ──
/** A busy ledger takes its calls one after another. */
export const LEDGER_CALL_TIMEOUT_MS = 12_000;
/** `Retry-After` of a call whose answer is lost. */
export const LEDGER_RETRY_SECONDS = 2;
