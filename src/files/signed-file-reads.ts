/** Attachments by their signed URLs. Each use is noted before a byte is sent. */
import { recordFileRead } from '../storage/d1/file-reads.ts';
import { type FileUrls, ownerOfAttachment } from './file-urls.ts';

export interface SignedFileReadSources {
  db: D1Database;
  urls: FileUrls;
  nowMs(): number;
}

/** @returns a function that is true if a query opens a key, and this use is noted. It rejects if it cannot be noted. */
export const createSignedFileReads =
  ({ db, urls, nowMs }: SignedFileReadSources) =>
  async (query: URLSearchParams, objectKey: string, requestId: string): Promise<boolean> => {
    const owner = ownerOfAttachment(objectKey);
    const nowSeconds = Math.floor(nowMs() / 1000);
    if (owner === null || !urls.isSigned(objectKey, owner, query, nowSeconds)) return false;
    const reader = `user:${owner}`;
    return (await recordFileRead(db, { objectKey, reader, requestId, nowSeconds })) !== null;
  };
