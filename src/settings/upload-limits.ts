/** The limits of uploads, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

const MIB = 1024 * 1024;

export const AVATAR_MAX_BYTES = 5 * MIB;
/** For an attachment, and for a document for identification. */
export const UPLOAD_MAX_BYTES = 20 * MIB;
export const OPEN_UPLOADS_PER_USER_MAX = 10;
/** An open upload counts as the file that it becomes. */
export const FILES_PER_USER_MAX = 50;
/** A client begins to put the bytes within this time, */
export const UPLOAD_URL_SECONDS = 900;
/** and completes the upload within this one: with the minute's job, what was never completed is gone within the hour. */
export const UPLOAD_SECONDS = 3_300;
/** A transfer that began before its URL expired may end after it: the object is deleted once more this long after that. */
export const UPLOAD_TRANSFER_SECONDS = 300;
/** A signed URL of an attachment. */
export const FILE_URL_SECONDS = 300;

/** A completion waits for another one of the same object: it looks so often, */
export const COMPLETION_ATTEMPTS = 20;
/** after this time each. */
export const COMPLETION_PAUSE_MS = 250;
/** One run of the minute's job deletes so many: the platform deletes 1,000 objects a call. */
export const OBJECT_DELETIONS_PER_RUN = 1_000;
/** Tags of one purge: beyond them, caches in front forget all files. */
export const PURGE_TAGS_MAX = 30;

// ── Identification ──
/** Documents for identification that an isolate takes at once. Each holds some chunks of 1 MB. */
export const IDENTIFICATION_UPLOADS_AT_ONCE = 2;
/** The longest time of one: 20 MB at 70 kB a second. */
export const IDENTIFICATION_UPLOAD_TIMEOUT_MS = 300_000;
/** After this time, one of fewer bytes a second */
export const IDENTIFICATION_UPLOAD_SLOW_AFTER_MS = 20_000;
/** than these leaves its place to another. */
export const IDENTIFICATION_UPLOAD_LEAST_BYTES_PER_SECOND = 32 * 1024;
/** The time between two looks of an upload at its place. */
export const IDENTIFICATION_UPLOAD_PLACE_CHECK_MS = 1_000;
/** `Retry-After` of what cannot be taken or read now. */
export const IDENTIFICATION_RETRY_SECONDS = 5;
/** After the decision about them: 365 days. */
export const IDENTIFICATION_KEPT_SECONDS = 31_536_000;
