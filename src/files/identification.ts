/**
 * Documents for identification: sealed under a key of their user before R2 sees a byte, and read by the main API alone.
 *
 * The Worker takes the bytes itself, at a URL that names one upload and is signed with its type and length.
 */
import type { PurposeKeys } from '../auth/keyring.ts';
import { uploadById } from '../storage/d1/user-uploads.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { MainApi } from '../upstream/main-api.ts';
import { type Completed, completeIdentification } from './complete-identification.ts';
import type { IdentificationFile } from './identification-file.ts';
import type { IdentificationKeys } from './identification-keys.ts';
import { sendIdentificationOf } from './identification-outbox.ts';
import { type OpenedIdentification, readIdentification } from './read-identification.ts';
import {
  type IdentificationUpload,
  identificationUploadOf,
  type Received,
  type Receiving,
  receiveIdentification,
} from './receive-identification.ts';
import { isSigned, type SignedPath, signedUrl } from './signed-urls.ts';

export interface IdentificationSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'get' | 'put' | 'delete'>;
  keys: IdentificationKeys;
  urlKeys: PurposeKeys;
  /** The gateway's own, as clients see it. */
  publicOrigin: string;
  mainApi: Pick<MainApi, 'createDocument'>;
  nowSeconds(): number;
}

/** The bytes that are announced for an upload. */
export interface Announced {
  contentType: string;
  sizeBytes: number;
}

export interface Identification {
  /** @param upload its expiry, in Unix seconds, is that of the URL */
  uploadUrl(upload: Announced & { id: string; expiresAt: number }): string;
  /** True if the URL of a request was made for an upload of these bytes, and has not expired. */
  isUploadUrl(url: URL, announced: { contentType: string; sizeBytes: string }): boolean;
  /** Null if the upload has expired, was completed, was never opened, or is of another kind. */
  openUpload(id: string): Promise<IdentificationUpload | null>;
  receive(
    upload: IdentificationUpload,
    body: ReadableStream<Uint8Array>,
    receiving: Receiving,
  ): Promise<Received>;
  /** Writes the row of the file, and removes that of the upload. Call `handOver` afterwards. */
  complete(upload: IdentificationUpload): Promise<Completed>;
  /** Notifies the main API of the user's documents. Never rejects: a job sends those that are left. */
  handOver(userId: string, trace: CallTrace): Promise<void>;
  read(
    asked: Pick<IdentificationFile, 'userId' | 'kind'> & { requestId: string },
  ): Promise<OpenedIdentification | null>;
}

export function createIdentification(sources: IdentificationSources): Identification {
  const { db, urlKeys, publicOrigin, mainApi, nowSeconds } = sources;
  return {
    uploadUrl: ({ id, contentType, sizeBytes, expiresAt }) =>
      publicOrigin +
      signedUrl(urlKeys, signedPath(`/uploads/${id}`, contentType, String(sizeBytes)), expiresAt),
    isUploadUrl: ({ pathname, searchParams }, { contentType, sizeBytes }) =>
      isSigned(urlKeys, searchParams, signedPath(pathname, contentType, sizeBytes), nowSeconds()),
    async openUpload(id) {
      const row = await uploadById(db, id);
      return row === null || row.expires_at <= nowSeconds() ? null : identificationUploadOf(row);
    },
    receive: (...upload) => receiveIdentification(sources, ...upload),
    complete: (upload) => completeIdentification(sources, upload),
    handOver: (userId, trace) => sendIdentificationOf(userId, { db, mainApi, nowSeconds, trace }),
    read: (asked) => readIdentification(sources, asked),
  };
}

const signedPath = (path: string, contentType: string, sizeBytes: string): SignedPath => ({
  path,
  claims: ['PUT', contentType, sizeBytes],
});
