/** How files are read from R2: conditions, ranges, streams, and a bucket that fails. */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import gatewayWorker from '../../../src/index.ts';
import { bucketWith } from '../../support/bucket.ts';
import { startGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';
import { PRIVATE_KEYS } from '../../support/private-paths.ts';
import {
  BYTES,
  bytesOf,
  DAY,
  expectError,
  headersOf,
  LOGO,
  type PublicFiles,
  putFile,
  SIZE,
  startPublicFiles,
} from '../../support/public-files.ts';

let get: PublicFiles['get'];
let etag: string;
let modified: string;
beforeAll(async () => {
  ({ get, etag, modified } = await startPublicFiles());
});

const secondsLater = (date: string, seconds: number) =>
  new Date(Date.parse(date) + seconds * 1000).toUTCString();

describe('a condition', () => {
  type Conditions = (file: { etag: string; modified: string }) => Record<string, string>;
  const conditions: [status: number, conditions: Conditions][] = [
    [304, ({ etag }) => ({ 'If-None-Match': etag })],
    [304, ({ etag }) => ({ 'If-None-Match': `W/${etag}` })],
    [304, ({ etag }) => ({ 'If-None-Match': `"other", W/"more" ,${etag}` })],
    [304, () => ({ 'If-None-Match': '*' })],
    [200, () => ({ 'If-None-Match': '"other"' })],
    [200, () => ({ 'If-None-Match': '"*"' })],
    [200, () => ({ 'If-None-Match': '"0123456789abcdef0123456789abcdef"' })],
    [200, ({ etag }) => ({ 'If-None-Match': etag.replaceAll('"', '') })],
    [304, ({ modified }) => ({ 'If-Modified-Since': modified })],
    [304, ({ modified }) => ({ 'If-Modified-Since': secondsLater(modified, 60) })],
    [200, ({ modified }) => ({ 'If-Modified-Since': secondsLater(modified, -1) })],
    [200, ({ modified }) => ({ 'If-Modified-Since': secondsLater(modified, 86_400) })],
    [200, () => ({ 'If-Modified-Since': 'tomorrow' })],
    [200, () => ({ 'If-Modified-Since': '2099' })],
    [200, ({ modified }) => ({ 'If-Modified-Since': modified, 'If-None-Match': '"other"' })],
    [304, ({ etag }) => ({ 'If-None-Match': etag, 'If-Modified-Since': 'Thu, 01 Jan 1970 00:00:00 GMT' })],
    [200, ({ etag }) => ({ 'If-Match': etag })],
    [200, ({ etag }) => ({ 'If-Match': `"other", ${etag}` })],
    [200, () => ({ 'If-Match': '*' })],
    [412, () => ({ 'If-Match': '"other"' })],
    [412, ({ etag }) => ({ 'If-Match': `W/${etag}` })],
    [412, ({ etag }) => ({ 'If-Match': '"other"', 'If-None-Match': etag })],
    [304, ({ etag }) => ({ 'If-Match': etag, 'If-None-Match': etag })],
    [200, ({ modified }) => ({ 'If-Unmodified-Since': modified })],
    [412, ({ modified }) => ({ 'If-Unmodified-Since': secondsLater(modified, -1) })],
    [200, () => ({ 'If-Unmodified-Since': 'yesterday' })],
    [200, ({ etag, modified }) => ({ 'If-Match': etag, 'If-Unmodified-Since': secondsLater(modified, -9) })],
    // Conditions come before ranges (RFC 9110, section 13.2.2).
    [304, ({ etag }) => ({ 'If-None-Match': etag, Range: 'bytes=0-9' })],
    [304, ({ etag }) => ({ 'If-None-Match': etag, Range: 'bytes=5000-' })],
    [412, () => ({ 'If-Match': '"other"', Range: 'bytes=5000-' })],
  ];
  test.each(conditions)('is answered with %i: %s', async (status, conditionsOf) => {
    const response = await get(LOGO, conditionsOf({ etag, modified }));
    expect(response.status).toBe(status);
    if (status === 412) return expectError(response, 412, 'PRECONDITION_FAILED');
    expect(headersOf(response, 'etag', 'last-modified', 'cache-control', 'content-security-policy')).toEqual([
      etag,
      modified,
      DAY,
      "sandbox; default-src 'none'",
    ]);
    expect((await bytesOf(response)).length).toBe(status === 200 ? SIZE : 0);
    if (status === 304) expect(headersOf(response, 'content-type', 'content-length')).toEqual([null, null]);
  });
});

describe('a range', () => {
  const ranges: [range: string, first: number, last: number][] = [
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['BYTES=10-19', 10, 19],
    ['bytes=990-', 990, 999],
    ['bytes=0-', 0, 999],
    ['bytes=990-99999', 990, 999],
    ['bytes=990-99999999999999999999999999', 990, 999],
    ['bytes=-10', 990, 999],
    ['bytes=-1000', 0, 999],
    ['bytes=-5000', 0, 999],
    ['bytes=-99999999999999999999999999', 0, 999],
  ];
  test.each(ranges)('%s is the bytes from %i to %i', async (Range, first, last) => {
    const response = await get(LOGO, { Range });
    expect(response.status).toBe(206);
    expect(await bytesOf(response)).toEqual(BYTES.slice(first, last + 1));
    expect(headersOf(response, 'content-range', 'content-length', 'etag', 'content-type')).toEqual([
      `bytes ${first}-${last}/${SIZE}`,
      String(last - first + 1),
      etag,
      'image/png',
    ]);
  });

  test.each(['bytes=1000-', 'bytes=1000-1000', 'bytes=5000-6000', 'bytes=-0', 'bytes=99999999999999999999-'])(
    '%s is beyond the end',
    async (Range) => {
      const response = await get(LOGO, { Range });
      expect(response.headers.get('content-range')).toBe(`bytes */${SIZE}`);
      await expectError(response, 416, 'RANGE_NOT_SATISFIABLE');
    },
  );

  test.each([
    'bytes=9-5',
    'bytes=-',
    'bytes=',
    'bytes',
    'bytes=a-b',
    'bytes=0-9,20-29',
    'bytes=0x1-5',
    'bytes=1.5-5',
    'bytes=+1-5',
    'lines=0-9',
    'none',
  ])('%s is ignored', async (Range) => {
    const response = await get(LOGO, { Range });
    expect([response.status, response.headers.get('content-range')]).toEqual([200, null]);
    expect(await bytesOf(response)).toEqual(BYTES);
  });

  test('counts only while the file is the one that If-Range names', async () => {
    const ifRanges: [number, string][] = [
      [206, etag],
      [206, modified],
      [200, `W/${etag}`],
      [200, '"other"'],
      [200, secondsLater(modified, 1)],
      [200, secondsLater(modified, -1)],
      [200, 'nonsense'],
    ];
    for (const [status, ifRange] of ifRanges) {
      const response = await get(LOGO, { Range: 'bytes=10-19', 'If-Range': ifRange });
      expect([ifRange, response.status]).toEqual([ifRange, status]);
      expect(await bytesOf(response)).toEqual(status === 206 ? BYTES.slice(10, 20) : BYTES);
    }
    const beyond = await get(LOGO, { Range: 'bytes=5000-', 'If-Range': '"other"' });
    expect([beyond.status, (await bytesOf(beyond)).length]).toEqual([200, SIZE]);
  });

  test('of an empty file is beyond its end, but for the end itself', async () => {
    await putFile('static/empty.css', 'text/css', new Uint8Array());
    const whole = await get('static/empty.css');
    expect([whole.status, whole.headers.get('content-length'), await whole.text()]).toEqual([200, '0', '']);
    expect((await get('static/empty.css', { Range: 'bytes=-5' })).status).toBe(200);
    for (const Range of ['bytes=0-', 'bytes=0-0', 'bytes=-0']) {
      const response = await get('static/empty.css', { Range });
      expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */0']);
    }
  });
});

describe('the bucket', () => {
  const gatewayOver = async (bucket: Partial<R2Bucket>) =>
    startGateway(await createMarket(), {
      STORAGE: bucketWith(bucket),
    });
  const fails = async () => {
    throw new Error('get: We encountered an internal error. Please try again. (10001)');
  };

  test('is asked once for each answer, and not at all for what is not public', async () => {
    const calls: string[] = [];
    const counted = await gatewayOver({
      get: ((key: string, options: R2GetOptions) => {
        calls.push('get');
        return env.STORAGE.get(key, options);
      }) as R2Bucket['get'],
      head: (key) => {
        calls.push('head');
        return env.STORAGE.head(key);
      },
    });
    const callsFor = async (path: string, headers: Record<string, string> = {}) => {
      calls.length = 0;
      await counted.fetch(`/files/${path}`, { headers });
      return calls.join(' ');
    };
    expect(await callsFor(LOGO)).toBe('get');
    expect(await callsFor(LOGO, { Range: 'bytes=0-9' })).toBe('get');
    expect(await callsFor(LOGO, { Range: 'bytes=0-9', 'If-Range': etag })).toBe('get');
    expect(await callsFor(LOGO, { 'If-None-Match': etag })).toBe('get');
    expect(await callsFor('static/none.png')).toBe('get');
    expect(await callsFor(LOGO, { Range: 'bytes=5000-' })).toMatch(/^get( head)?$/);
    expect(await callsFor(LOGO, { Range: 'bytes=0-9', 'If-Range': '"other"' })).toBe('get get');
    for (const key of PRIVATE_KEYS) expect(await callsFor(key)).toBe('');
  });

  test('fails: the client may ask again, and no cache keeps that', async () => {
    const broken = await gatewayOver({ get: fails as R2Bucket['get'] });
    for (const headers of [{}, { Range: 'bytes=0-9' }]) {
      const response = await broken.fetch(`/files/${LOGO}`, { headers });
      expect(response.headers.get('retry-after')).toBe('5');
      await expectError(response, 503, 'SERVICE_UNAVAILABLE');
    }
    const whollyBroken = await gatewayOver({
      get: fails as R2Bucket['get'],
      head: fails as R2Bucket['head'],
    });
    const response = await whollyBroken.fetch(`/files/${LOGO}`, { headers: { Range: 'bytes=5000-' } });
    await expectError(response, 503, 'SERVICE_UNAVAILABLE');
  });

  test('is read only as far as the client reads', async () => {
    const size = 1024 ** 3;
    let reads = 0;
    let isCancelled = false;
    const { httpEtag, uploaded } = await putFile('static/video.webm', 'video/webm');
    const body = () =>
      new ReadableStream({
        pull(part) {
          reads += 1;
          part.enqueue(new Uint8Array(65_536));
        },
        cancel() {
          isCancelled = true;
        },
      });
    const STORAGE = { get: async () => ({ httpEtag, uploaded, size, body: body() }) };
    const ask = async (method: string) => {
      const request = new Request('https://gateway.test/files/static/video.webm', { method });
      return gatewayWorker.fetch(
        request as Parameters<typeof gatewayWorker.fetch>[0],
        { ...env, STORAGE } as unknown as Env,
        createExecutionContext(),
      );
    };
    const reader = (await ask('GET')).body?.getReader();
    expect((await reader?.read())?.value.length).toBeGreaterThan(0);
    await reader?.cancel();
    expect(reads).toBeLessThan(10);
    await vi.waitUntil(() => isCancelled);

    isCancelled = false;
    const head = await ask('HEAD');
    expect([head.status, head.headers.get('content-length'), head.body]).toEqual([200, String(size), null]);
    expect(reads).toBeLessThan(10);
    await vi.waitUntil(() => isCancelled);
  });

  const parts: [end: string, finish: (part: ReadableStreamDefaultController) => void][] = [
    ['fails', (part) => part.error(new Error('Network connection lost.'))],
    ['ends early', (part) => part.close()],
  ];
  test.each(parts)('that %s in the middle of a file breaks the answer off', async (_, finish) => {
    const { httpEtag, uploaded } = await putFile('static/broken-off.png', 'image/png');
    const halfSent = () => {
      let sent = false;
      return new ReadableStream({
        pull(part) {
          if (sent) finish(part);
          else part.enqueue(BYTES.slice(0, SIZE / 2));
          sent = true;
        },
      });
    };
    const breaking = await gatewayOver({
      get: (async () => ({ httpEtag, uploaded, size: SIZE, body: halfSent() })) as unknown as R2Bucket['get'],
    });
    await expect(breaking.fetch('/files/static/broken-off.png')).rejects.toThrow();
    await expect(
      breaking.fetch('/files/static/broken-off.png', { headers: { Range: 'bytes=0-899' } }),
    ).rejects.toThrow();
  });
});
