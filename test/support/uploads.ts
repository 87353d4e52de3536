/** A user with an account who uploads files. */
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { localId } from '../../schema/global-ids.ts';
import { FileUrls } from '../../src/files/file-urls.ts';
import { signingKeysSchema } from '../../src/settings/signing-keys.ts';
import { openWithPassword } from '../../src/storage/d1/users.ts';
import { ask } from './accounts.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import { createMarket, type TestMarket } from './market.ts';
import { openSession } from './rights/people.ts';

export interface ShownFile {
  id: string;
  kind: string;
  contentType: string;
  sizeBytes: number;
  url: string | null;
  uploadedAt: string;
  deleteAfter: string | null;
}

/** Either of a union with `Rejection`. */
export interface UploadAnswer {
  __typename: string;
  id: string;
  url: string;
  headers: { name: string; value: string }[];
  expiresAt: string;
  file: ShownFile;
  code: string;
  message: string;
  field: string[] | null;
}

export interface Uploader {
  id: string;
  readonly accessToken: string;
  /** Signs in anew afterwards. */
  waits(seconds: number): Promise<void>;
  /** A second later: one upload a second is allowed. */
  create(kind: string, contentType: string, sizeBytes: number): Promise<UploadAnswer>;
  complete(uploadId: string): Promise<UploadAnswer>;
  /** All three steps. The bytes go to R2 as they would by the URL. */
  uploaded(kind: string, contentType: string, bytes: Uint8Array): Promise<UploadAnswer>;
  files(): Promise<ShownFile[]>;
  delete(fileId: string): Promise<boolean>;
}

let market: TestMarket | undefined;

/** A gateway with a new uploader. All tests of a file have one market, which is nearly empty. */
export async function startWithUploader(): Promise<{
  market: TestMarket;
  gateway: TestGateway;
  ann: Uploader;
}> {
  market ??= await createMarket({ projectCount: 1, poolCount: 0, investmentCount: 0 });
  const gateway = startGateway(market);
  return { market, gateway, ann: await registerUploader(gateway) };
}

/** Without a password: to hash one takes long. */
export async function registerUploader(gateway: TestGateway): Promise<Uploader> {
  const id = `usr_${crypto.randomUUID()}`;
  const user = { id, displayName: 'Ann', nowSeconds: Math.floor(Date.now() / 1000) };
  await openWithPassword(env.DB, user, { email: `${id}@example.com`, passwordHash: 'none' });
  let { accessToken } = await openSession(id);
  const answerOf = async <Answer>(name: string, variables: Record<string, unknown> = {}) => {
    const { data, errors } = await ask<Record<string, Answer>>(gateway, name, variables, { accessToken });
    const [answer] = Object.values(data ?? {});
    if (answer === undefined) throw new Error(JSON.stringify(errors));
    return answer;
  };
  const uploader: Uploader = {
    id,
    get accessToken() {
      return accessToken;
    },
    async waits(seconds) {
      vi.setSystemTime(Date.now() + seconds * 1_000);
      ({ accessToken } = await openSession(id));
    },
    create: (kind, contentType, sizeBytes) => {
      vi.setSystemTime(Date.now() + 1_000);
      return answerOf('CreateUpload', { input: { kind, contentType, sizeBytes } });
    },
    complete: (uploadId) => answerOf('CompleteUpload', { uploadId }),
    async uploaded(kind, contentType, bytes) {
      const upload = await uploader.create(kind, contentType, bytes.byteLength);
      await putPending(upload.id, contentType, bytes);
      return uploader.complete(upload.id);
    },
    files: async () => (await answerOf<{ files: ShownFile[] }>('MyFiles')).files,
    delete: (fileId) => answerOf('DeleteFile', { id: fileId }),
  };
  return uploader;
}

export const pendingKeyOf = (uploadId: string) => `pending/${localId('Upload', uploadId)}`;

/** With headers that a client may send beside the signed ones: R2 stores them. */
export const putPending = (uploadId: string, contentType: string, bytes: Uint8Array) =>
  env.STORAGE.put(pendingKeyOf(uploadId), bytes, {
    httpMetadata: {
      contentType,
      contentEncoding: 'gzip',
      cacheControl: 'public',
      contentDisposition: 'inline',
    },
    customMetadata: { by: 'client' },
  });

/** In R2, as the gateway makes it. @param id of an upload or its file */
export const attachmentKeyOf = (owner: Pick<Uploader, 'id'>, id: string): string =>
  new FileUrls({ publicOrigin: '', keys: signingKeysSchema.parse(env.JWT_SECRET) }).attachmentKey(
    owner.id,
    localIdOf(id),
  );

/** An upload and its file have one. */
const localIdOf = (id: string) => localId('Upload', id) ?? localId('UserFile', id) ?? '';

/** As a browser on another origin opens it. */
export function openFile(
  gateway: TestGateway,
  url: string | null,
  init: RequestInit = {},
): Promise<Response> {
  const { pathname, search } = new URL(url ?? '');
  return gateway.fetch(`${pathname}${search}`, init);
}
