/**
 * URLs of users' files. That of an attachment is signed for its viewer and a time (`HMAC` over path, viewer and expiry): whoever has
 * it reads the file until then. The key of its object is in no URL: who knows a key may find another way to its bytes, such as a copy
 * by R2's S3 API.
 */
import { hmac } from '../auth/hmac.ts';
import { keysFor, type PurposeKeys } from '../auth/keyring.ts';
import { FILE_URL_SECONDS } from '../config.ts';
import type { SigningKey } from '../settings/signing-keys.ts';
import { fileByKey } from '../storage/d1/user-files.ts';
import { fileUrl } from './file-url.ts';
import { isSigned, signedUrl } from './signed-urls.ts';

const ETAG_CHARACTERS_IN_URL = 8;

export const avatarKey = (userId: string): string => `users/avatars/${userId}.webp`;
/** Below `/files/`. */
export const attachmentPath = (userId: string, fileId: string): string => `users/uploads/${userId}/${fileId}`;
const ATTACHMENT_PATH = /^users\/uploads\/([^/]+)\/([^/]+)$/;

/** The attachment that a path names; null if it is no attachment's. */
export function attachmentOfPath(path: string): { userId: string; fileId: string } | null {
  const [, userId, fileId] = ATTACHMENT_PATH.exec(path) ?? [];
  return userId === undefined || fileId === undefined ? null : { userId, fileId };
}

export interface FileUrlOptions {
  /** The gateway's own, as clients see it. */
  publicOrigin: string;
  keys: readonly SigningKey[];
}

export class FileUrls {
  readonly #origin: string;
  readonly #keys: PurposeKeys;
  readonly #objectKeys: PurposeKeys;

  constructor({ publicOrigin, keys }: FileUrlOptions) {
    this.#origin = publicOrigin;
    this.#keys = keysFor('file-url', keys);
    this.#objectKeys = keysFor('object-key', keys);
  }

  /** A public file has one URL for each content, so that caches show a new one at once. @param etag of its object */
  versioned(key: string, etag: string): string {
    return fileUrl(this.#origin, `${key}?v=${etag.slice(0, ETAG_CHARACTERS_IN_URL)}`);
  }

  /** True for the URL of a user's avatar, whatever its version. */
  isAvatar(userId: string, url: string): boolean {
    const [withoutVersion] = url.split('?', 1);
    return withoutVersion === fileUrl(this.#origin, avatarKey(userId));
  }

  /** Null for a URL elsewhere, as profiles took before: the server there would see whoever looks at the user. */
  shownAvatar(userId: string, stored: string | null): string | null {
    return stored !== null && this.isAvatar(userId, stored) ? stored : null;
  }

  /**
   * The URL of a user's own avatar.
   *
   * @param sent any URL of it, whatever its version
   * @returns null if it is another URL, or the user has no avatar
   */
  async avatarUrlOf(db: D1Database, userId: string, sent: string): Promise<string | null> {
    if (!this.isAvatar(userId, sent)) return null;
    const key = avatarKey(userId);
    const file = await fileByKey(db, key);
    return file && this.versioned(key, file.etag);
  }

  /** The key of a new attachment: nobody can guess it. The row of the file keeps it. */
  attachmentKey(userId: string, fileId: string): string {
    const path = attachmentPath(userId, fileId);
    return `${path}.${hmac(this.#objectKeys.first.bytes, path)}`;
  }

  /** @param viewerId the user whom the URL is for */
  signed(path: string, viewerId: string, nowSeconds: number): string {
    return this.#origin + signedUrl(this.#keys, signedPath(path, viewerId), nowSeconds + FILE_URL_SECONDS);
  }

  /** True if the query is that of a signed URL of this path and viewer, which has not expired. */
  isSigned(path: string, viewerId: string, query: URLSearchParams, nowSeconds: number): boolean {
    return isSigned(this.#keys, query, signedPath(path, viewerId), nowSeconds);
  }
}

const signedPath = (path: string, viewerId: string) => ({
  path: `/files/${path}`,
  claims: ['GET', viewerId],
});
