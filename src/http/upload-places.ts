/**
 * The places of an isolate for uploads of identification: it takes `IDENTIFICATION_UPLOADS_AT_ONCE` at the same time.
 *
 * A slow upload keeps its place until another upload wants it. The second upload of a user keeps its place until another user
 * wants it. So slow clients, however many, keep nobody else out for longer than `IDENTIFICATION_UPLOAD_SLOW_AFTER_MS`.
 */
import {
  IDENTIFICATION_UPLOAD_LEAST_BYTES_PER_SECOND,
  IDENTIFICATION_UPLOAD_SLOW_AFTER_MS,
  IDENTIFICATION_UPLOAD_TIMEOUT_MS,
  IDENTIFICATION_UPLOADS_AT_ONCE,
} from '../config.ts';

export interface UploadPlace {
  /** Counts bytes that have come. */
  received(bytes: number): void;
  /** True once another upload has it: this one must end. */
  isLost(): boolean;
  free(): void;
}

interface Upload {
  userId: string;
  startedMs: number;
  receivedBytes: number;
}

/** @returns a function that takes a place; null if there is none */
export function createUploadPlaces(nowMs: () => number): (userId: string) => UploadPlace | null {
  const underWay = new Set<Upload>();
  return (userId) => {
    const now = nowMs();
    // The platform may end a request whose client has gone, and run nothing of it any more.
    for (const upload of underWay)
      if (upload.startedMs + IDENTIFICATION_UPLOAD_TIMEOUT_MS <= now) underWay.delete(upload);
    if (underWay.size >= IDENTIFICATION_UPLOADS_AT_ONCE) {
      const giver = giverOf([...underWay], userId, now);
      if (giver === undefined) return null;
      underWay.delete(giver);
    }
    const upload: Upload = { userId, startedMs: now, receivedBytes: 0 };
    underWay.add(upload);
    return {
      received(bytes) {
        upload.receivedBytes += bytes;
      },
      isLost: () => !underWay.has(upload),
      free: () => void underWay.delete(upload),
    };
  };
}

/** The upload that must leave its place to one of this user. */
function giverOf(uploads: readonly Upload[], userId: string, now: number): Upload | undefined {
  const slow = uploads.filter((upload) => isSlow(upload, now));
  const given = slow.find((upload) => upload.userId === userId) ?? slow[0];
  if (given !== undefined || uploads.some((upload) => upload.userId === userId)) return given;
  return uploads.findLast((upload, at) =>
    uploads.slice(0, at).some((earlier) => earlier.userId === upload.userId),
  );
}

function isSlow({ startedMs, receivedBytes }: Upload, now: number): boolean {
  const ms = now - startedMs;
  return (
    ms >= IDENTIFICATION_UPLOAD_SLOW_AFTER_MS &&
    receivedBytes * 1000 < ms * IDENTIFICATION_UPLOAD_LEAST_BYTES_PER_SECOND
  );
}
