/** The limits of files and pictures, which `config.ts` exports with the others. `docs/limits.md` says what happens beyond them. */

// ── Files ──
/** The platform's limit for a key of R2. */
export const FILE_KEY_MAX_BYTES = 1_024;
export const FILE_MAX_AGE_SECONDS = 86_400;
/** The lifetime of files whose name has a hash of their bytes: a year, which is long enough for each cache. */
export const HASHED_FILE_MAX_AGE_SECONDS = 31_536_000;
/** A client then asks again for a file that R2 did not read. */
export const FILE_RETRY_SECONDS = 5;
/** The first bytes tell the type of a file: an SVG may have comments before its root element. */
export const FILE_TYPE_PREFIX_BYTES = 4_096;

// ── Pictures ──
/** Cloudflare Images takes no larger ones. */
export const PICTURE_MAX_PIXELS = 100_000_000;
export const PICTURE_MAX_SIDE_PIXELS = 12_000;
/** The size of a photo may stand behind its metadata. */
export const PICTURE_HEADER_MAX_BYTES = 4 * 1024 * 1024;
/** Segments of JPEG, chunks of PNG and WebP. Encoders write parts of 8 KiB and more; the least one has four bytes. */
export const PICTURE_PARTS_MAX = 20_000;
/** As it is made anew. */
export const PICTURE_MAX_BYTES = 20 * 1024 * 1024;
/** For all pictures that an isolate makes anew at the same time. Each one is there twice for a moment. */
export const PICTURES_HELD_MAX_BYTES = 24 * 1024 * 1024;
export const AVATAR_MAX_SIDE_PIXELS = 512;
