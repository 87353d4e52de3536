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

// ── Who may take part ──
/** An isolate asks for a pool's decisions at most once in this time on behalf of requests. */
export const ELIGIBILITY_REFRESH_SECONDS = 5;
/** Decisions that the main API stored so long before the newest one are asked for again: it may store them late. */
export const ELIGIBILITY_OVERLAP_SECONDS = 600;
