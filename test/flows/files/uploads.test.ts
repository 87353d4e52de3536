/** Uploads: what may be announced, how many there may be, and what is taken of their bytes. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { Attempts } from '../../../src/auth/attempts.ts';
import { RateLimits } from '../../../src/auth/rate-limits.ts';
import { openUpload, type UploadRow } from '../../../src/storage/d1/user-uploads.ts';
import { ask } from '../../support/accounts.ts';
import {
  GIF_AND_SCRIPT,
  HTML,
  hasText,
  PDF_WITH_HTML,
  PLACE,
  photo,
  pngOfSize,
  SCRIPT,
  withTail,
} from '../../support/files/hostile-files.ts';
import { JPEG, PDF, PNG, WEBP } from '../../support/files/sample-files.ts';
import type { TestGateway } from '../../support/gateway.ts';
import { keysIn } from '../../support/stored-keys.ts';
import { insertAttachments } from '../../support/uploaded-files.ts';
import {
  attachmentKeyOf,
  pendingKeyOf,
  putPending,
  registerUploader,
  startWithUploader,
  type Uploader,
} from '../../support/uploads.ts';

const MIB = 1024 * 1024;

let gateway: TestGateway;
let ann: Uploader;
beforeEach(async () => {
  ({ gateway, ann } = await startWithUploader());
});

describe('an upload', () => {
  test('is a URL of R2 for exactly these bytes, for 15 minutes', async () => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', 1_234);
    const url = new URL(upload.url);
    expect(`${url.origin}${url.pathname}`).toBe(`${env.R2_S3_URL}/${pendingKeyOf(upload.id)}`);
    expect(url.searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;content-type;host');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('900');
    expect(upload.headers).toEqual([{ name: 'Content-Type', value: 'application/pdf' }]);
    expect(Date.parse(upload.expiresAt)).toBe(Math.floor(Date.now() / 1000) * 1000 + 900_000);
  });

  const refused: [kind: string, contentType: string, sizeBytes: number, field: string][] = [
    ['AVATAR', 'image/png', 0, 'sizeBytes'],
    ['AVATAR', 'image/png', -1, 'sizeBytes'],
    ['AVATAR', 'image/png', 5 * MIB + 1, 'sizeBytes'],
    ['ATTACHMENT', 'application/pdf', 20 * MIB + 1, 'sizeBytes'],
    ['PASSPORT', 'application/pdf', 20 * MIB + 1, 'sizeBytes'],
    ['AVATAR', 'application/pdf', 10, 'contentType'],
    ['SELFIE', 'application/pdf', 10, 'contentType'],
    ['ATTACHMENT', 'image/svg+xml', 10, 'contentType'],
    ['ATTACHMENT', 'image/gif', 10, 'contentType'],
    ['ATTACHMENT', 'text/html', 10, 'contentType'],
    ['ATTACHMENT', 'image/PNG', 10, 'contentType'],
    ['ATTACHMENT', 'image/png; charset=utf-8', 10, 'contentType'],
    ['ADDRESS_PROOF', '', 10, 'contentType'],
  ];
  test('is refused for a type or a size that its kind does not have', async () => {
    for (const [kind, contentType, sizeBytes, field] of refused) {
      const answer = await ann.create(kind, contentType, sizeBytes);
      expect([kind, contentType, sizeBytes, answer.code, answer.field]).toEqual([
        ...[kind, contentType, sizeBytes],
        ...['VALIDATION_FAILED', ['input', field]],
      ]);
    }
  });

  test('may be as large as the limit', async () => {
    for (const [kind, type, size] of [
      ['AVATAR', 'image/webp', 5 * MIB],
      ['ATTACHMENT', 'application/pdf', 20 * MIB],
    ] as const)
      expect(await ann.create(kind, type, size)).toMatchObject({ __typename: 'Upload' });
  });

  test('begins at most once a second', async () => {
    await ann.create('ATTACHMENT', 'image/png', 10);
    const again = () =>
      ask(
        gateway,
        'CreateUpload',
        { input: { kind: 'ATTACHMENT', contentType: 'image/png', sizeBytes: 10 } },
        ann,
      );
    const refusal = await again();
    expect(refusal.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }]);
    vi.setSystemTime(Date.now() + 1_000);
    expect((await again()).errors).toBeUndefined();
  });

  test('needs somebody who is signed in', async () => {
    const input = { kind: 'ATTACHMENT', contentType: 'image/png', sizeBytes: 10 };
    const { errors } = await ask(gateway, 'CreateUpload', { input });
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });
});

describe('the limits', () => {
  const sessionOf = async () =>
    (await env.DB.prepare('SELECT id FROM user_session WHERE user_id = ?1')
      .bind(ann.id)
      .first<string>('id')) ?? '';
  const rowOf = (nowSeconds: number): UploadRow => ({
    ...{ id: crypto.randomUUID(), user_id: ann.id, kind: 'attachment', content_type: 'image/png' },
    ...{ size_bytes: 10, created_at: nowSeconds, expires_at: nowSeconds + 3_300 },
  });
  const openMany = async (count: number) => {
    const limits = { sessionId: await sessionOf(), maxOpen: 10, maxFiles: 50 };
    const now = Math.floor(Date.now() / 1000);
    return Promise.all(Array.from({ length: count }, () => openUpload(env.DB, rowOf(now), limits)));
  };

  test('20 at once open exactly 10, and another one is refused until one expires', async () => {
    const outcomes = await openMany(20);
    expect(outcomes.filter((outcome) => outcome === 'opened')).toHaveLength(10);
    expect(outcomes.filter((outcome) => outcome === 'too many open')).toHaveLength(10);
    const refused = await ann.create('ATTACHMENT', 'image/png', 10);
    expect(refused).toMatchObject({ code: 'FILE_LIMIT', message: expect.stringContaining('10 uploads') });
    await ann.waits(3_300);
    expect(await ann.create('ATTACHMENT', 'image/png', 10)).toMatchObject({ __typename: 'Upload' });
  });

  test('50 files and open uploads are all that a user has', async () => {
    await insertAttachments(ann.id, ...Array.from({ length: 45 }, (_, at) => `file-${at}`));
    const outcomes = await openMany(8);
    expect(outcomes.filter((outcome) => outcome === 'opened')).toHaveLength(5);
    const refused = await ann.create('ATTACHMENT', 'image/png', 10);
    expect(refused).toMatchObject({ code: 'FILE_LIMIT', message: expect.stringContaining('50 files') });
    const [file] = await ann.files();
    expect(await ann.delete(file?.id ?? '')).toBe(true);
    expect(await ann.create('ATTACHMENT', 'image/png', 10)).toMatchObject({ __typename: 'Upload' });
  });
});

test('200 completions a day are all that a user has: each may be a picture that is made anew', async () => {
  const attempts = new Attempts({ objects: env.ATTEMPTS, randomId: () => crypto.randomUUID() });
  const limits = new RateLimits(attempts, 'none');
  for (let count = 0; count < 199; count += 1) await limits.take('completeOpenUpload', { userId: ann.id });
  const last = await ann.uploaded('ATTACHMENT', 'application/pdf', PDF);
  const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
  await putPending(upload.id, 'application/pdf', PDF);
  const { errors } = await ask(gateway, 'CompleteUpload', { uploadId: upload.id }, ann);
  expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
  expect(errors?.[0]?.extensions?.retryAfterSeconds).toBeGreaterThan(86_000);
  expect(await keysIn(pendingKeyOf(upload.id))).toHaveLength(1);
  expect((await ann.files()).map(({ id }) => id)).toEqual([last.file.id]);
  // Neither the file that is there nor what is not there counts.
  const uploadId = encodeGlobalId('Upload', localId('UserFile', last.file.id) ?? '');
  expect(await ann.complete(uploadId)).toHaveProperty('file.id', last.file.id);
  expect(await ann.complete(encodeGlobalId('Upload', 'none'))).toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
  await ann.waits(86_400);
  expect(await ann.uploaded('ATTACHMENT', 'application/pdf', PDF)).toHaveProperty('file.id');
});

describe('completed', () => {
  test('a PDF is a file of these very bytes, and nothing of the upload is left', async () => {
    const { file, ...answer } = await ann.uploaded('ATTACHMENT', 'application/pdf', PDF);
    expect(answer).toEqual({ __typename: 'CompleteUploadPayload' });
    expect(file).toMatchObject({
      ...{ kind: 'ATTACHMENT', contentType: 'application/pdf', sizeBytes: PDF.byteLength },
      deleteAfter: null,
    });
    const key = attachmentKeyOf(ann, file.id);
    const object = await env.STORAGE.get(key);
    expect(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(PDF);
    expect([object?.httpMetadata, object?.customMetadata]).toEqual([{ contentType: 'application/pdf' }, {}]);
    expect(await keysIn(`pending/${localId('UserFile', file.id)}`)).toEqual([]);
    expect((await ann.files()).map(({ id }) => id)).toEqual([file.id]);
  });

  test.each([
    ['image/png', PNG],
    ['image/jpeg', JPEG],
    ['image/webp', WEBP],
  ])('%s is made anew, and an avatar is WebP', async (contentType, bytes) => {
    const attachment = await ann.uploaded('ATTACHMENT', contentType, bytes);
    expect(attachment.file).toMatchObject({ contentType });
    const avatar = await ann.uploaded('AVATAR', contentType, bytes);
    expect(avatar.file).toMatchObject({ contentType: 'image/webp' });
    const object = await env.STORAGE.head(`users/avatars/${ann.id}.webp`);
    expect(object?.size).toBe(avatar.file.sizeBytes);
  });

  test('a photo has no place in it any more, and nothing behind it', async () => {
    const bytes = withTail(photo());
    expect(hasText(bytes, PLACE) && hasText(bytes, SCRIPT)).toBe(true);
    const { file } = await ann.uploaded('ATTACHMENT', 'image/jpeg', bytes);
    const object = await env.STORAGE.get(attachmentKeyOf(ann, file.id));
    const stored = new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer());
    expect(hasText(stored, PLACE) || hasText(stored, SCRIPT)).toBe(false);
  });

  const others: [said: string, contentType: string, bytes: Uint8Array][] = [
    ['a script that begins as a GIF', 'image/png', GIF_AND_SCRIPT],
    ['HTML', 'application/pdf', HTML],
    ['a PDF with HTML before it', 'application/pdf', PDF_WITH_HTML],
    ['a JPEG', 'image/png', JPEG],
    ['a picture', 'application/pdf', PNG],
    ['half a picture', 'image/png', PNG.slice(0, 60)],
    ['a picture of 50,000 by 50,000 pixels', 'image/png', pngOfSize(50_000, 50_000)],
  ];
  test.each(others)('%s, announced as %s, is refused, and its upload has ended', async (_, type, bytes) => {
    const upload = await ann.create('ATTACHMENT', type, bytes.byteLength);
    await putPending(upload.id, type, bytes);
    expect(await ann.complete(upload.id)).toMatchObject({ code: 'UPLOAD_REFUSED', field: ['uploadId'] });
    expect(await keysIn(pendingKeyOf(upload.id))).toEqual([]);
    expect(await keysIn(`users/uploads/${ann.id}`)).toEqual([]);
    expect(await ann.complete(upload.id)).toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    expect(await ann.files()).toEqual([]);
  });

  test('bytes of another number or another type than announced are refused', async () => {
    const cases: [put: Uint8Array, type: string][] = [
      [PDF.slice(0, -1), 'application/pdf'],
      [new Uint8Array([...PDF, 0]), 'application/pdf'],
      [new Uint8Array(), 'application/pdf'],
      [PDF, 'text/html'],
    ];
    for (const [bytes, type] of cases) {
      const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
      await putPending(upload.id, type, bytes);
      expect(await ann.complete(upload.id)).toMatchObject({ code: 'UPLOAD_REFUSED' });
    }
  });

  test('before any bytes have come it is not found, and stays open', async () => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    expect(await ann.complete(upload.id)).toMatchObject({ code: 'UPLOAD_NOT_FOUND', field: ['uploadId'] });
    await putPending(upload.id, 'application/pdf', PDF);
    expect(await ann.complete(upload.id)).toMatchObject({ __typename: 'CompleteUploadPayload' });
  });

  test("somebody else's, an expired and an invented upload are not found", async () => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    const bob = await registerUploader(gateway);
    for (const id of [upload.id, 'nonsense', bob.id])
      expect(await bob.complete(id)).toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    await ann.waits(3_300);
    expect(await ann.complete(upload.id)).toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
  });
});
