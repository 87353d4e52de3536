/** Documents for identification are read by the main API alone, and each read is recorded. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CHUNK_BYTES } from '../../../src/files/sealed-chunks.ts';
import {
  bytesOf,
  CANARY,
  documentOf,
  type IdentificationBench,
  KYC_KEYS,
  KYC_READ_KEY,
  loggedLines,
  rowsOf,
  sameBytes,
  startIdentification,
} from '../../support/identification.ts';
import { expectError } from '../../support/public-files.ts';

let bench: IdentificationBench;
let lines: string[];
beforeAll(async () => {
  bench = await startIdentification();
});
beforeEach(() => {
  lines = loggedLines();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const readsOf = async (user: string) =>
  (await rowsOf<{ user_id: string; request_id: string }>('file_read')).filter(
    ({ user_id }) => user_id === user,
  );

/** One that answers a statement with this text by a failure. */
const failingAt = (text: string) => {
  const failing = { run: () => Promise.reject(new Error('D1_ERROR: storage is down')) };
  const prepare = (sql: string) => (sql.includes(text) ? { bind: () => failing } : env.DB.prepare(sql));
  return { prepare, batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements) };
};

describe('the main API', () => {
  test('reads a document, as an attachment that nothing keeps', async () => {
    const bytes = documentOf(3_000);
    const id = await bench.upload('usr_read', 'selfie', bytes);
    const response = await bench.read('usr_read', 'selfie');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': '3000',
      'content-disposition': 'attachment; filename="selfie.jpg"',
      'content-security-policy': "sandbox; default-src 'none'",
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(response.headers.get('etag')).toBeNull();
    expect(sameBytes(await bytesOf(response), bytes)).toBe(true);
    const requestId = response.headers.get('x-request-id');
    expect(await readsOf('usr_read')).toEqual([
      {
        id: expect.any(Number),
        ...{ file_id: id, user_id: 'usr_read', kind: 'selfie', reader: 'main-api' },
        ...{ request_id: requestId, read_at: bench.now() },
      },
    ]);
  });

  test('leaves a row for each time, also for the headers alone', async () => {
    await bench.upload('usr_often');
    await bench.read('usr_often');
    const head = await bench.gateway.fetch('/admin/kyc/usr_often/passport', {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${KYC_READ_KEY}` },
    });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '1000']);
    const reads = await readsOf('usr_often');
    expect(new Set(reads.map(({ request_id }) => request_id)).size).toBe(2);
  });

  test('gets no byte if its read cannot be recorded', async () => {
    await bench.upload('usr_unrecorded');
    const failing = await startIdentification({ bindings: { DB: failingAt('INSERT INTO file_read') } });
    const response = await failing.read('usr_unrecorded');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.clone().text()).not.toContain(CANARY);
    await expectError(response, 503, 'SERVICE_UNAVAILABLE');
    expect(await readsOf('usr_unrecorded')).toEqual([]);
    expect(lines.join('\n')).toContain('identification.not_read');
  });

  test('finds nothing where nothing is', async () => {
    await bench.upload('usr_one');
    for (const path of [
      'usr_none/passport',
      'usr_one/selfie',
      'usr_one/avatar',
      'usr_one/address-proof',
      'usr_one/PASSPORT',
      'usr_one/constructor',
      'usr_one',
      'usr_one/passport/',
      'usr_one/passport/more',
      'usr_none/..%2Fusr_one/passport',
      'usr_none%2F..%2Fusr_one/passport',
      '%ff/passport',
      '',
    ]) {
      const response = await bench.gateway.fetch(`/admin/kyc/${path}`, {
        headers: { Authorization: `Bearer ${KYC_READ_KEY}` },
      });
      await expectError(response, 404, 'NOT_FOUND');
    }
    expect(await readsOf('usr_one')).toEqual([]);
  });

  test('changes nothing there', async () => {
    await bench.upload('usr_one');
    for (const method of ['PUT', 'POST', 'DELETE', 'PATCH']) {
      const headers = { Authorization: `Bearer ${KYC_READ_KEY}` };
      const response = await bench.gateway.fetch('/admin/kyc/usr_one/passport', { method, headers });
      expect(response.headers.get('allow')).toBe('GET, HEAD');
      await expectError(response, 405, 'BAD_USER_INPUT');
    }
  });
});

describe('nobody else reads a document', () => {
  const ADMIN_KEY = 'the-key-of-an-administrator-of-releases';

  test('with another key, or with too many', async () => {
    const vars = { ADMIN_KEY };
    const other = await startIdentification({ bindings: vars });
    await other.upload('usr_locked');
    const wrong = [
      ADMIN_KEY,
      other.market.apiKey,
      KYC_KEYS.new,
      'a-secret-for-tests-of-32-characters',
      KYC_READ_KEY.slice(1),
      `${KYC_READ_KEY}x`,
      KYC_READ_KEY.toUpperCase(),
    ];
    for (const key of wrong) {
      const response = await other.read('usr_locked', 'passport', key);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      await expectError(response, 401, 'UNAUTHENTICATED');
    }
    for (const authorization of ['', `Basic ${btoa(`:${KYC_READ_KEY}`)}`, KYC_READ_KEY])
      await expectError(
        await other.gateway.fetch('/admin/kyc/usr_locked/passport', {
          headers: authorization === '' ? {} : { Authorization: authorization },
        }),
        401,
        'UNAUTHENTICATED',
      );
    const refused = await other.read('usr_locked', 'passport', 'wrong');
    expect(refused.headers.get('retry-after')).toBe('60');
    await expectError(refused, 429, 'RATE_LIMITED');
    expect((await other.read('usr_locked')).status).toBe(200);
    expect(await readsOf('usr_locked')).toHaveLength(1);
  });

  test('of releases: the key of the main API opens nothing else', async () => {
    const other = await startIdentification({ bindings: { ADMIN_KEY } });
    const response = await other.gateway.fetch('/admin/releases', {
      headers: { Authorization: `Bearer ${KYC_READ_KEY}` },
    });
    await expectError(response, 401, 'UNAUTHENTICATED');
  });

  test('where the main API has no key', async () => {
    await bench.upload('usr_no_key');
    const other = await startIdentification({ bindings: { KYC_READ_KEY: undefined } });
    for (const key of [KYC_READ_KEY, 'undefined', ''])
      expect((await other.read('usr_no_key', 'passport', key)).status).toBe(404);
  });
});

describe('a document that is not the one that was stored', () => {
  const KEY = 'users/kyc-documents/usr_changed/passport';

  async function stored(user: string, size = 1_000) {
    await bench.upload(user, 'passport', documentOf(size));
    const object = await env.STORAGE.get(`users/kyc-documents/${user}/passport`);
    if (object === null) throw new Error('nothing was stored');
    return { bytes: new Uint8Array(await object.arrayBuffer()), metadata: object.customMetadata ?? {} };
  }

  async function expectNothingRead() {
    const before = (await readsOf('usr_changed')).length;
    const response = await bench.read('usr_changed');
    expect(await response.clone().text()).not.toContain(CANARY);
    await expectError(response, 503, 'SERVICE_UNAVAILABLE');
    expect(await readsOf('usr_changed')).toHaveLength(before);
  }

  test.each([
    ['another user’s', 'usr_other'],
    ['with a changed byte', 'usr_changed'],
  ])('is not read: %s', async (_name, user) => {
    const own = await stored('usr_changed');
    const { bytes, metadata } = user === 'usr_changed' ? own : await stored(user);
    if (user === 'usr_changed') bytes[500] = (bytes[500] ?? 0) ^ 1;
    await env.STORAGE.put(KEY, bytes, { customMetadata: metadata });
    await expectNothingRead();
  });

  test.each([
    ['another kind of the same user', {}],
    ['another type', { contentType: 'text/html' }],
    ['another file', { file: 'another' }],
  ])('is not read: of %s', async (name, changed) => {
    const { bytes, metadata } = await stored('usr_changed');
    await bench.upload('usr_changed', 'selfie');
    const selfie = await env.STORAGE.get('users/kyc-documents/usr_changed/selfie');
    const isSelfie = name.startsWith('another kind');
    await env.STORAGE.put(KEY, isSelfie ? ((await selfie?.arrayBuffer()) ?? '') : bytes, {
      customMetadata: isSelfie ? (selfie?.customMetadata ?? {}) : { ...metadata, ...changed },
    });
    await expectNothingRead();
  });

  test('is not read without its metadata, or when it is gone', async () => {
    const { bytes } = await stored('usr_changed');
    await env.STORAGE.put(KEY, bytes);
    await expectNothingRead();
    await env.STORAGE.delete(KEY);
    await expectNothingRead();
  });

  test('ends before its changed part, and never as if it were whole', async () => {
    const { bytes, metadata } = await stored('usr_changed', 3 * CHUNK_BYTES);
    for (const changed of [bytes.subarray(0, 2 * CHUNK_BYTES), bytes.with(2 * CHUNK_BYTES, 0)]) {
      await env.STORAGE.put(KEY, changed, { customMetadata: metadata });
      await expect(bench.read('usr_changed')).rejects.toThrow();
    }
  });
});
