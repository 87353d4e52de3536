/** Limits of the gateway's copies of what upstream names of projects. */

const MEBIBYTE = 1024 * 1024;
/** A logo or a banner. One part of R2's, so it is whole in memory. */
export const PROJECT_PICTURE_MAX_BYTES = 5 * MEBIBYTE;
export const PROJECT_DOCUMENT_MAX_BYTES = 25 * MEBIBYTE;
export const PROJECT_MEDIA_MAX_BYTES = 100 * MEBIBYTE;
/** One of each kind. */
export const PROJECT_DOCUMENTS_MAX = 4;
/** Media of one project that are taken, in upstream's order. */
export const PROJECT_MEDIA_MAX = 20;
/** For one whole file. */
export const PROJECT_FILE_TIMEOUT_MS = 60_000;
/** Each small one is five calls at most, of the platform's 10,000 in one cron event. */
export const PROJECT_FILES_PER_RUN = 200;
/** A run then begins no further file, so that it ends before the next one. */
export const PROJECT_FILES_RUN_SECONDS = 200;
/** Time until a file that could not be copied is tried again: doubled each time. */
export const PROJECT_FILE_RETRY_SECONDS = 300;
export const PROJECT_FILE_RETRY_MAX_SECONDS = 86_400;
/** The least time after which a picture at the same URL is asked for again, if its project has changed. */
export const PROJECT_PICTURE_AGAIN_SECONDS = 86_400;
/** Projects of which a night's job asks the main API for documents and media. */
export const PROJECT_FILE_CHECKS_PER_RUN = 500;
