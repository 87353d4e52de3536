/** The completion of uploads: several at once, storages that fail, documents for identification, and what it costs. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { COMPLETION_ATTEMPTS } from '../../../src/config.ts';
import { completeUpload } from '../../../src/files/actions/complete-upload.ts';
import type { FileRequest, FileSources } from '../../../src/files/actions/file-action.ts';
import type { CompletedUpload } from '../../../src/files/upload-destination.ts';
import { abandonedObject, holdKey } from '../../../src/storage/d1/object-writes.ts';
import type { UploadRow } from '../../../src/storage/d1/user-uploads.ts';
import { ask } from '../../support/accounts.ts';
import { hasText } from '../../support/files/hostile-files.ts';
import { JPEG, PDF, PNG } from '../../support/files/sample-files.ts';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import type { TestMarket } from '../../support/market.ts';
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

let gateway: TestGateway;
let ann: Uploader;
let market: TestMarket;
beforeEach(async () => {
  ({ gateway, ann, market } = await startWithUploader());
});

/** A gateway over the same storage, with another bucket. */
const gatewayWith = (bucket: Partial<R2Bucket>) =>
  startGateway({ ...market, startAt: Date.now() / 1000 } as TestMarket, {
    STORAGE: new Proxy(env.STORAGE, {
      get: (real, name) =>
        Reflect.get(bucket, name) ?? (Reflect.get(real, name) as (...args: unknown[]) => unknown).bind(real),
    }),
  });

const completeBy = async (other: TestGateway, uploadId: string) => {
  const { data, errors } = await ask<{ completeUpload: Record<string, never> }>(
    other,
    'CompleteUpload',
    { uploadId },
    ann,
  );
  return { answer: data?.completeUpload, code: errors?.[0]?.extensions.code };
};

describe('at once', () => {
  test('several completions of one upload have the same file', async () => {
    const upload = await ann.create('ATTACHMENT', 'image/png', PNG.byteLength);
    await putPending(upload.id, 'image/png', PNG);
    const answers = await Promise.all([1, 2, 3].map(() => ann.complete(upload.id)));
    answers.push(await ann.complete(upload.id));
    expect(new Set(answers.map(({ file }) => file?.id)).size).toBe(1);
    expect(await ann.files()).toHaveLength(1);
    const { results } = await env.DB.prepare('SELECT * FROM user_file WHERE user_id = ?1').bind(ann.id).all();
    const object = await env.STORAGE.head(String(results[0]?.object_key));
    expect(object?.etag).toBe(results[0]?.etag);
  });

  test('two avatars are one file, and its row is that of the object', async () => {
    const uploads = [
      await ann.create('AVATAR', 'image/png', PNG.byteLength),
      await ann.create('AVATAR', 'image/jpeg', JPEG.byteLength),
    ];
    await putPending(uploads[0]?.id ?? '', 'image/png', PNG);
    await putPending(uploads[1]?.id ?? '', 'image/jpeg', JPEG);
    const answers = await Promise.all(uploads.map(({ id }) => ann.complete(id)));
    expect(answers.map(({ __typename }) => __typename)).toEqual(Array(2).fill('CompleteUploadPayload'));
    const row = await env.DB.prepare('SELECT * FROM user_file WHERE user_id = ?1').bind(ann.id).all();
    expect(row.results).toHaveLength(1);
    const object = await env.STORAGE.head(`users/avatars/${ann.id}.webp`);
    expect(row.results[0]).toMatchObject({ etag: object?.etag, size_bytes: object?.size });
  });

  test('bytes that replace those which were looked at are not taken', async () => {
    const other = new Uint8Array(PDF);
    other.set(new TextEncoder().encode('<script>'), 20);
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    const swapping = gatewayWith({
      get: (async (key: string) => {
        const object = await env.STORAGE.get(key);
        await env.STORAGE.put(key, other, { httpMetadata: { contentType: 'application/pdf' } });
        return object;
      }) as R2Bucket['get'],
    });
    const { answer } = await completeBy(swapping, upload.id);
    expect(answer).toMatchObject({ __typename: 'CompleteUploadPayload' });
    const object = await env.STORAGE.get(attachmentKeyOf(ann, upload.id));
    expect(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer())).toEqual(PDF);
  });

  test('a completion that has lost its key to a deletion writes it once more', async () => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    const key = attachmentKeyOf(ann, upload.id);
    let puts = 0;
    const losing = gatewayWith({
      put: (async (...asked: Parameters<R2Bucket['put']>) => {
        const object = await env.STORAGE.put(...asked);
        puts += 1;
        if (puts > 1) return object;
        await env.STORAGE.delete(key);
        await env.DB.prepare('DELETE FROM object_deletion WHERE object_key = ?1').bind(key).run();
        return object;
      }) as R2Bucket['put'],
    });
    const { answer } = await completeBy(losing, upload.id);
    expect(answer).toMatchObject({ __typename: 'CompleteUploadPayload' });
    expect([puts, await keysIn(key)]).toEqual([2, [key]]);
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(key)).toEqual([key]);
  });

  test('a completion waits for another one of the same object', async () => {
    const upload = await ann.create('AVATAR', 'image/png', PNG.byteLength);
    await putPending(upload.id, 'image/png', PNG);
    const key = `users/avatars/${ann.id}.webp`;
    const held = await holdKey(env.DB, key, Math.floor(Date.now() / 1000));
    if (held === null) throw new Error('somebody else holds the key');
    gateway.resetCounts();
    const waiting = ann.complete(upload.id);
    await vi.waitUntil(() => gateway.counts.d1Calls > 6);
    await abandonedObject(env.DB, held).run();
    expect(await waiting).toMatchObject({ __typename: 'CompleteUploadPayload' });
  });

  test('it does not wait for ever, and one that comes too late for the bytes has the file of the first', async () => {
    let sleeps = 0;
    const completeWith = (complete: (upload: UploadRow) => Promise<CompletedUpload>, id: string) => {
      const sources = {
        ...{ db: env.DB, nowSeconds: () => Math.floor(Date.now() / 1000) },
        destinations: { attachment: { complete } },
        sleep: async () => {
          sleeps += 1;
        },
      } as unknown as FileSources;
      const request = {
        viewer: { id: ann.id },
        limits: { take: async () => undefined },
      } as unknown as FileRequest;
      return completeUpload({ sources, request }, localId('Upload', id));
    };
    const { id } = await ann.create('ATTACHMENT', 'image/png', PNG.byteLength);
    const busy = completeWith(async () => ({ ok: false, reason: 'busy' }), id);
    await expect(busy).rejects.toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE' } });
    expect(sleeps).toBe(COMPLETION_ATTEMPTS - 1);
    const late = completeWith(async (upload) => {
      await insertAttachments(ann.id, upload.id);
      return { ok: false, reason: 'not there' };
    }, id);
    expect(await late).toMatchObject({ file: { id: localId('Upload', id) } });
  });
});

describe('a document for identification', () => {
  test('is put at the Worker, becomes a file without a URL, and its bytes are nowhere in R2', async () => {
    gateway = startGateway(market, { KYC_KEY: 'a-key-of-documents-of-32-characters' });
    ann = await registerUploader(gateway);
    const upload = await ann.create('PASSPORT', 'application/pdf', PDF.byteLength);
    expect(upload.url).toContain(`${env.PUBLIC_ORIGIN}/uploads/${localId('Upload', upload.id)}?`);
    expect(await ann.complete(upload.id)).toMatchObject({ code: 'UPLOAD_NOT_FOUND' });
    const { pathname, search } = new URL(upload.url);
    const headers = Object.fromEntries(upload.headers.map(({ name, value }) => [name, value]));
    const body = {
      method: 'PUT',
      body: PDF,
      headers: { ...headers, 'Content-Length': String(PDF.byteLength) },
    };
    expect((await gateway.fetch(`${pathname}${search}`, body)).status).toBe(200);
    const answers = await Promise.all([ann.complete(upload.id), ann.complete(upload.id)]);
    for (const { file } of answers)
      expect(file).toMatchObject({
        ...{
          id: encodeGlobalId('UserFile', localId('Upload', upload.id) ?? ''),
          kind: 'PASSPORT',
          url: null,
        },
        ...{ contentType: 'application/pdf', sizeBytes: PDF.byteLength, deleteAfter: null },
      });
    const object = await env.STORAGE.get(`users/kyc-documents/${ann.id}/passport`);
    expect(hasText(new Uint8Array((await object?.arrayBuffer()) ?? new ArrayBuffer()), '%PDF')).toBe(false);
    expect(await keysIn(pendingKeyOf(upload.id))).toEqual([]);
    expect(await ann.delete(answers[0]?.file.id ?? '')).toBe(true);
    expect(await keysIn(`users/kyc-documents/${ann.id}`)).toEqual([]);
    expect(await env.DB.prepare('SELECT 1 FROM kyc_key WHERE user_id = ?1').bind(ann.id).first()).toBeNull();
  });
});

test('without a setting, only uploads that need it are refused', async () => {
  const refusal = async (vars: Record<string, unknown>, kind: string) => {
    const other = startGateway({ ...market, startAt: Date.now() / 1000 + 1 } as TestMarket, vars);
    const input = { kind, contentType: 'image/png', sizeBytes: 10 };
    const { data, errors } = await ask<{ createUpload: { __typename: string } }>(
      other,
      'CreateUpload',
      { input },
      ann,
    );
    return errors?.[0]?.extensions.code ?? data.createUpload.__typename;
  };
  expect(await refusal({ KYC_KEY: undefined }, 'PASSPORT')).toBe('SERVICE_UNAVAILABLE');
  expect(await refusal({ KYC_KEY: undefined }, 'ATTACHMENT')).toBe('Upload');
  expect(await refusal({ R2_ACCESS_KEY_ID: '' }, 'AVATAR')).toBe('SERVICE_UNAVAILABLE');
  const upload = await ann.create('AVATAR', 'image/png', PNG.byteLength);
  await putPending(upload.id, 'image/png', PNG);
  const unbound = startGateway({ ...market, startAt: Date.now() / 1000 } as TestMarket, {
    IMAGES: undefined,
  });
  expect(await completeBy(unbound, upload.id)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(await keysIn(`users/avatars/${ann.id}`)).toEqual([]);
});

test('an upload costs the same calls, whatever its owner has', async () => {
  const calls = { r2: 0 };
  const counting = (name: 'get' | 'put' | 'delete') =>
    ((...asked: unknown[]) => {
      calls.r2 += 1;
      return (Reflect.get(env.STORAGE, name) as (...args: unknown[]) => unknown).apply(env.STORAGE, asked);
    }) as never;
  const counted = gatewayWith({ get: counting('get'), put: counting('put'), delete: counting('delete') });
  const costOf = async (name: string, variables: Record<string, unknown>) => {
    counted.resetCounts();
    calls.r2 = 0;
    vi.setSystemTime(Date.now() + 1_000);
    const { data } = await ask<Record<string, { id: string }>>(counted, name, variables, ann);
    return { data, cost: [counted.counts.d1Calls, counted.counts.durableObjectCalls, calls.r2] };
  };
  const costs = async () => {
    const input = { kind: 'ATTACHMENT', contentType: 'application/pdf', sizeBytes: PDF.byteLength };
    const created = await costOf('CreateUpload', { input });
    const uploadId = created.data.createUpload?.id ?? '';
    await putPending(uploadId, 'application/pdf', PDF);
    const completed = await costOf('CompleteUpload', { uploadId });
    const id = encodeGlobalId('UserFile', localId('Upload', uploadId) ?? '');
    const deleted = await costOf('DeleteFile', { id });
    return { created: created.cost, completed: completed.cost, deleted: deleted.cost };
  };
  await costs();
  const few = await costs();
  await insertAttachments(ann.id, ...Array.from({ length: 40 }, (_, at) => `many-${at}`));
  expect(await costs()).toEqual(few);
  // D1, with the viewer; counters of attempts; R2.
  expect(few).toEqual({ created: [2, 1, 0], completed: [5, 2, 3], deleted: [4, 0, 1] });
});

describe('a bucket', () => {
  const fails = async () => {
    throw new Error('We encountered an internal error. Please try again. (10001)');
  };

  test.each([
    ['is not read', { get: fails }],
    ['is not written', { put: fails }],
    [
      'breaks off in the middle',
      {
        get: async (key: string) => {
          const object = await env.STORAGE.get(key);
          const body = new ReadableStream({
            start(part) {
              part.enqueue(PDF.slice(0, PDF.byteLength / 2));
            },
            pull: (part) => part.error(new Error('Network connection lost.')),
          });
          return object && { size: object.size, httpMetadata: object.httpMetadata, body };
        },
      },
    ],
  ])('that %s leaves the upload open', async (_, bucket) => {
    const upload = await ann.create('ATTACHMENT', 'application/pdf', PDF.byteLength);
    await putPending(upload.id, 'application/pdf', PDF);
    const broken = gatewayWith(bucket as Partial<R2Bucket>);
    expect(await completeBy(broken, upload.id)).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await ann.files()).toEqual([]);
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(`users/uploads/${ann.id}`)).toEqual([]);
    expect(await ann.complete(upload.id)).toMatchObject({ __typename: 'CompleteUploadPayload' });
  });

  test('that does not take a newer avatar leaves the older one', async () => {
    const { file } = await ann.uploaded('AVATAR', 'image/png', PNG);
    const upload = await ann.create('AVATAR', 'image/jpeg', JPEG.byteLength);
    await putPending(upload.id, 'image/jpeg', JPEG);
    expect(await completeBy(gatewayWith({ put: fails }), upload.id)).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    });
    await gateway.scheduled(CRONS.prices);
    expect(await keysIn(`users/avatars/${ann.id}`)).toHaveLength(1);
    expect((await ann.files()).map(({ id }) => id)).toEqual([file.id]);
  });
});
