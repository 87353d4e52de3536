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
/** A command is answered by then, also if D1 does not have its rows yet. */
export const LEDGER_FLUSH_WAIT_MS = 2_000;

// ── The work of a ledger ──
export const LEDGER_D1_TIMEOUT_MS = 10_000;
/** Rows that D1 did not take are written again after this time, which doubles with each failure, */
export const LEDGER_FLUSH_RETRY_MS = 1_000;
/** up to this one. */
export const LEDGER_FLUSH_RETRY_MAX_MS = 60_000;
/** An alarm waits for its work this long: the platform ends one that takes 15 minutes. The work itself goes on. */
export const LEDGER_ALARM_WORK_MS = 30_000;
/** The alarm of a ledger that is at work: it goes off if the object was evicted meanwhile. */
export const LEDGER_ALARM_BUSY_MS = 5_000;
/** The least time until the next alarm. */
export const LEDGER_ALARM_PAUSE_MS = 1_000;
export const LEDGER_ALARM_RETRY_MS = 60_000;
/** The minute's job wakes a ledger whose oldest call of the main API was recorded this long ago. */
export const LEDGER_POKE_AFTER_SECONDS = 120;

// ── Who may take part ──
/** An isolate asks for a pool's decisions at most once in this time on behalf of requests. */
export const ELIGIBILITY_REFRESH_SECONDS = 5;
/** Decisions that the main API stored so long before the newest one are asked for again: it may store them late. */
export const ELIGIBILITY_OVERLAP_SECONDS = 600;

// ── Reservations ──
export const RESERVATION_SECONDS = 1_800;
/** One that runs out, or whose payment is unknown upstream, keeps its owner from the next for this time: doubled each time, */
export const RESERVATION_BLOCK_SECONDS = 1_800;
/** up to this. */
export const RESERVATION_BLOCK_MAX_SECONDS = 30 * 86_400;
/** After the end of a sale, for a reservation that ran out. */
export const LATE_PAYMENT_SECONDS = 86_400;
/** Transactions that are told of for one investment: the main API looks for each anew, and holds the tokens meanwhile. */
export const TOLD_PAYMENTS_MAX = 10;
/** A person is told of a payment that is not confirmed within this time. */
export const CONFIRMATION_MAX_SECONDS = 86_400;

// ── Calls that a ledger makes ──
/** The pause before the first repetition, doubled each time, */
export const LEDGER_BACKOFF_MS = 1_000;
/** up to this. */
export const LEDGER_BACKOFF_MAX_MS = 300_000;
/** A call of which nobody reports is made again after this time. */
export const LEDGER_CALL_LEASE_MS = 60_000;
/** A call that releases tokens and that was made so often without an answer does not hold later calls back any more. */
export const LEDGER_ORDER_MAX_ATTEMPTS = 40;
/** The least time between two writes of a pool's figures to D1. */
export const POOL_FIGURES_PAUSE_MS = 1_000;

// ── The public export of a ledger ──
/** One answer. `test/contracts/ledger.md` promises it. */
export const LEDGER_EXPORT_MAX_ENTRIES = 10_000;
/** One call of the ledger: it answers nothing else meanwhile. */
export const LEDGER_EXPORT_PART_ENTRIES = 500;
/** Caches keep an answer for so long that may still grow. */
export const LEDGER_EXPORT_MAX_AGE_SECONDS = 5;
/** Answers of an isolate that read a ledger. */
export const LEDGER_EXPORTS_BURST = 20;
export const LEDGER_EXPORTS_PER_SECOND = 2;
