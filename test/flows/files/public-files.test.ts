/** The public files of R2 over HTTP: paths, headers, conditions, ranges, and a bucket that fails. */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import gatewayWorker from '../../../src/index.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';

const LOGO = 'projects/logos/prj_bitcoin.png';
const SIZE = 1_000;
const BYTES = Uint8Array.from({ length: SIZE }, (_, at) => (at * 7) % 251);
const DAY = 'public, max-age=86400';
const YEAR = 'public, max-age=31536000, immutable';

const PRIVATE = [
  'backups/database/2026-11-25/users.ndjson.gz',
  'backups/ledger/2026-11-25.json',
  'pending/0123456789abcdef',
  'users/uploads/usr_ann/contract.pdf',
  'users/kyc-documents/usr_ann/passport',
];

let gateway: TestGateway;
let etag: string;
let modified: string;

const put = (key: string, contentType?: string, body: Uint8Array = BYTES) =>
  env.STORAGE.put(key, body, contentType === undefined ? {} : { httpMetadata: { contentType } });

beforeAll(async () => {
  gateway = startGateway(await createMarket());
  const { httpEtag, uploaded } = await put(LOGO, 'image/png');
  etag = httpEtag;
  modified = new Date(uploaded).toUTCString();
  vi.setSystemTime(uploaded.getTime() + 3_600_000);
  for (const key of [...PRIVATE, 'static/.env']) await put(key, 'application/pdf');
});

const get = (key: string, headers: Record<string, string> = {}, method = 'GET') =>
  gateway.fetch(`/files/${key}`, { method, headers });
const bytesOf = async (response: Response) => new Uint8Array(await response.arrayBuffer());
const headersOf = (response: Response, ...names: string[]) => names.map((name) => response.headers.get(name));
const secondsLater = (date: string, seconds: number) =>
  new Date(Date.parse(date) + seconds * 1000).toUTCString();

async function expectError(response: Response, status: number, code: string) {
  expect([response.status, response.headers.get('cache-control')]).toEqual([status, 'no-store']);
  const requestId = response.headers.get('x-request-id');
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code, requestId } }] });
}

describe('a public file', () => {
  test.each([
    'projects/media/prj_a/videos/a.webm',
    'static/images/deep/er/logo@2x (1).png',
    'users/avatars/usr_ann.webp',
    'static/ü/日本.webp',
  ])('is its bytes: %s', async (key) => {
    await put(key);
    const response = await get(key);
    expect(response.status).toBe(200);
    expect(await bytesOf(response)).toEqual(BYTES);
  });

  test('carries its validators, a policy that runs nothing, and is open to every origin', async () => {
    const response = await get(LOGO, { Origin: 'https://elsewhere.example', Cookie: 'a=b' });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(SIZE),
      'accept-ranges': 'bytes',
      etag,
      'cache-control': DAY,
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      'x-request-id': expect.any(String),
    });
    expect(headersOf(response, 'vary', 'content-disposition', 'access-control-allow-credentials')).toEqual([
      null,
      null,
      null,
    ]);
    expect(response.headers.get('access-control-expose-headers')).toContain('Content-Range');
  });

  test('is the same by HEAD, which has no ranges', async () => {
    const { headers } = await get(LOGO);
    for (const asked of [{}, { Range: 'bytes=0-9' }, { Range: 'bytes=9999-', 'If-Range': etag }]) {
      const head = await get(LOGO, asked, 'HEAD');
      expect([head.status, head.body]).toEqual([200, null]);
      const without = (all: Headers) => ({ ...Object.fromEntries(all), 'x-request-id': '' });
      expect(without(head.headers)).toEqual(without(headers));
    }
    expect((await get(LOGO, { 'If-None-Match': etag }, 'HEAD')).status).toBe(304);
    expect((await get('static/none.png', {}, 'HEAD')).status).toBe(404);
  });

  test('has one answer whatever the query', async () => {
    const response = await get(`${LOGO}?v=2&key=backups/ledger/2026-11-25.json`);
    expect([response.status, response.headers.get('etag')]).toEqual([200, etag]);
  });

  test.each([
    ['static/css/site.0a1b2c3d.css', YEAR],
    [`static/images/logo.${'0f'.repeat(32)}.png`, YEAR],
    ['static/css/site.0a1b2c3.css', DAY],
    ['static/css/0a1b2c3d.css', DAY],
    ['static/css/site.0a1b2c3d', DAY],
    ['static/css/site.0A1B2C3D.css', DAY],
    ['static/site.0a1b2c3d.d/main.css', DAY],
    ['projects/documents/prj_a/report.20261126.pdf', DAY],
  ])('named %s may be kept for %j', async (key, cacheControl) => {
    await put(key);
    expect((await get(key)).headers.get('cache-control')).toBe(cacheControl);
  });

  test('is read, and nothing else', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'PROPFIND']) {
      const response = await get(LOGO, {}, method);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
      await expectError(response, 405, 'BAD_USER_INPUT');
    }
    const preflight = await get(
      LOGO,
      { Origin: 'https://elsewhere.example', 'Access-Control-Request-Headers': 'range' },
      'OPTIONS',
    );
    expect(headersOf(preflight, 'access-control-allow-origin')).toEqual(['*']);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Range');
  });
});

describe('its type', () => {
  const types: [stored: string | undefined, sent: string, isAttachment: boolean][] = [
    ['image/png', 'image/png', false],
    ['IMAGE/JPEG; q=1', 'image/jpeg', false],
    ['video/mp4', 'video/mp4', false],
    ['font/woff2', 'font/woff2', false],
    ['text/css', 'text/css; charset=utf-8', false],
    ['image/svg+xml', 'image/svg+xml', true],
    ['application/pdf', 'application/pdf', true],
    ['text/html', 'application/octet-stream', true],
    ['text/javascript', 'application/octet-stream', true],
    ['application/xhtml+xml', 'application/octet-stream', true],
    ['text/xml', 'application/octet-stream', true],
    ['image/png, text/html', 'application/octet-stream', true],
    ['constructor', 'application/octet-stream', true],
    ['', 'application/octet-stream', true],
    [undefined, 'application/octet-stream', true],
  ];
  test.each(types)('of an object stored as %j is %j', async (stored, sent, isAttachment) => {
    await put('static/typed.png', stored);
    const response = await get('static/typed.png');
    expect(headersOf(response, 'content-type', 'content-disposition', 'x-content-type-options')).toEqual([
      sent,
      isAttachment ? 'attachment; filename="typed.png"' : null,
      'nosniff',
    ]);
  });

  test('is unknown where its bytes are encoded', async () => {
    await env.STORAGE.put('static/encoded.css', BYTES, {
      httpMetadata: { contentType: 'text/css', contentEncoding: 'gzip' },
    });
    const response = await get('static/encoded.css');
    expect(headersOf(response, 'content-type', 'content-encoding')).toEqual([
      'application/octet-stream',
      null,
    ]);
  });

  test('comes with a name that no header is broken by', async () => {
    const names: [string, string][] = [
      ['white paper (v2).pdf', 'attachment; filename="white paper (v2).pdf"'],
      [
        "Übersicht 'neu'.pdf",
        "attachment; filename=\"_bersicht 'neu'.pdf\"; filename*=UTF-8''%C3%9Cbersicht%20%27neu%27.pdf",
      ],
    ];
    for (const [name, disposition] of names) {
      const key = `projects/documents/prj_a/${name}`;
      await put(key, 'application/pdf');
      expect(headersOf(await get(encodeURI(key)), 'content-disposition')).toEqual([disposition]);
    }
  });
});

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
    await put('static/empty.css', 'text/css', new Uint8Array());
    const whole = await get('static/empty.css');
    expect([whole.status, whole.headers.get('content-length'), await whole.text()]).toEqual([200, '0', '']);
    expect((await get('static/empty.css', { Range: 'bytes=-5' })).status).toBe(200);
    for (const Range of ['bytes=0-', 'bytes=0-0', 'bytes=-0']) {
      const response = await get('static/empty.css', { Range });
      expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */0']);
    }
  });
});

describe('nothing else is there', () => {
  const long = (bytes: number) => `static/${'a'.repeat(bytes - 'static/'.length)}`;
  const paths = [
    ...PRIVATE,
    ...PRIVATE.map((key) => key.toUpperCase()),
    ...PRIVATE.map((key) => key.replace('/', '%2F')),
    ...PRIVATE.map((key) => `static/../${key}`),
    ...PRIVATE.map((key) => `static/%2e%2E/${key}`),
    ...PRIVATE.map((key) => `static/..%2f${key}`),
    ...PRIVATE.map((key) => `static/%252e%252e/${key}`),
    ...PRIVATE.map((key) => `static/..\\${key}`),
    ...PRIVATE.map((key) => `static/..%5c${key}`),
    ...PRIVATE.map((key) => `static%00/../${key}`),
    ...PRIVATE.map((key) => `static/..;/${key}`),
    ...PRIVATE.map((key) => `/${key}`),
    ...PRIVATE.map((key) => `./${key}`),
    ...PRIVATE.map((key) => `%20${key}`),
    'users/avatars/../kyc-documents/usr_ann/passport',
    'users/kyc%2Ddocuments/usr_ann/passport',
    'users/%6byc-documents/usr_ann/passport',
    // Letters of other scripts that look the same, and a slash of full width.
    'b\u0430ckups/ledger/2026-11-25.json',
    'pr\u043ejects/logos/prj_bitcoin.png',
    'projects\uff0flogos\uff0fprj_bitcoin.png',
    'projects%2Flogos%2Fprj_bitcoin.png',
    'projects//logos/prj_bitcoin.png',
    'projects/logos/prj_bitcoin.png/',
    'Projects/logos/prj_bitcoin.png',
    'PROJECTS/LOGOS/PRJ_BITCOIN.PNG',
    'projects\\logos\\prj_bitcoin.png%00',
    'projects/logos/prj_bitcoin.png%00',
    'projects/logos/prj_bitcoin.png%0d%0aSet-Cookie:a',
    'projects/logos/prj_bitcoin.png%',
    'projects/logos/prj_bitcoin.png%ff',
    'projects/logos/%E2%80%AEgnp.exe',
    'projects/logos',
    'projects/logos/',
    'projects/',
    'projects',
    'static/.env',
    'static/none.css',
    '',
    '%2e',
    long(1_025),
    `static/${'%C3%BC'.repeat(510)}`,
  ];
  test.each(paths)('%j', async (path) => {
    const response = await get(path);
    expect(response.headers.get('etag')).toBeNull();
    await expectError(response, 404, 'NOT_FOUND');
  });

  test('but a key as long as R2 allows', async () => {
    await put(long(1_024), 'image/png');
    expect((await get(long(1_024))).status).toBe(200);
  });

  test('without the slash and in another case of the route', async () => {
    for (const path of [
      '/files',
      '/FILES/static/none.css',
      '//files/static/none.css',
      '/files%2Fstatic/none.css',
    ])
      await expectError(await gateway.fetch(path), 404, 'NOT_FOUND');
  });
});

describe('the bucket', () => {
  const gatewayOver = async (bucket: Partial<R2Bucket>) =>
    startGateway(await createMarket(), {
      STORAGE: {
        get: env.STORAGE.get.bind(env.STORAGE),
        head: env.STORAGE.head.bind(env.STORAGE),
        ...bucket,
      },
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
    for (const key of PRIVATE) expect(await callsFor(key)).toBe('');
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
    const { httpEtag, uploaded } = await put('static/video.webm', 'video/webm');
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
    const { httpEtag, uploaded } = await put('static/broken-off.png', 'image/png');
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
