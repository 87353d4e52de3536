/**
 * URLs of users' files. That of an attachment is signed for its viewer and a time (`HMAC` over key, viewer and expiry): whoever has
 * it reads the file until then.
 */
import { keysFor, type PurposeKeys } from '../auth/keyring.ts';
import { FILE_URL_SECONDS } from '../config.ts';
import type { SigningKey } from '../settings/signing-keys.ts';
import { fileByKey } from '../storage/d1/user-files.ts';
import { fileUrl } from './file-url.ts';
import { isSigned, signedUrl } from './signed-urls.ts';

const ETAG_CHARACTERS_IN_URL = 8;

export const avatarKey = (userId: string): string => `users/avatars/${userId}.webp`;
export const attachmentKey = (userId: string, fileId: string): string => `users/uploads/${userId}/${fileId}`;
const ATTACHMENT_KEY = /^users\/uploads\/([^/]+)\/[^/]+$/;

/** The owner of an attachment by its key; null if it is no attachment's. */
export const ownerOfAttachment = (key: string): string | null => ATTACHMENT_KEY.exec(key)?.[1] ?? null;

export interface FileUrlOptions {
  /** The gateway's own, as clients see it. */
  publicOrigin: string;
  keys: readonly SigningKey[];
}

export class FileUrls {
  readonly #origin: string;
  readonly #keys: PurposeKeys;

  constructor({ publicOrigin, keys }: FileUrlOptions) {
    this.#origin = publicOrigin;
    this.#keys = keysFor('file-url', keys);
  }

  /** A public file has one URL for each content, so that caches show a new one at once. @param etag of its object */
  versioned(key: string, etag: string): string {
    return fileUrl(this.#origin, `${key}?v=${etag.slice(0, ETAG_CHARACTERS_IN_URL)}`);
  }

  /**
   * The URL of a user's own avatar.
   *
   * @param sent any URL of it, whatever its version
   * @returns null if it is another URL, or the user has no avatar
   */
  async avatarUrlOf(db: D1Database, userId: string, sent: string): Promise<string | null> {
    const key = avatarKey(userId);
    const [url] = sent.split('?', 1);
    if (url !== fileUrl(this.#origin, key)) return null;
    const file = await fileByKey(db, key);
    return file && this.versioned(key, file.etag);
  }

  /** @param viewerId the user whom the URL is for */
  signed(key: string, viewerId: string, nowSeconds: number): string {
    return this.#origin + signedUrl(this.#keys, signedPath(key, viewerId), nowSeconds + FILE_URL_SECONDS);
  }

  /** True if the query is that of a signed URL of this key and viewer, which has not expired. */
  isSigned(key: string, viewerId: string, query: URLSearchParams, nowSeconds: number): boolean {
    return isSigned(this.#keys, query, signedPath(key, viewerId), nowSeconds);
  }
}

const signedPath = (key: string, viewerId: string) => ({ path: `/files/${key}`, claims: ['GET', viewerId] });
