/** The public files of R2 over HTTP: their headers and types, and which paths have none. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { keyOf, PATHS_OF_NOTHING } from '../../support/private-paths.ts';
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

const YEAR = 'public, max-age=31536000, immutable';

let files: PublicFiles;
let get: PublicFiles['get'];
let etag: string;
beforeAll(async () => {
  files = await startPublicFiles();
  ({ get, etag } = files);
});

describe('a public file', () => {
  test.each([
    'projects/media/prj_a/videos/a.webm',
    'static/images/deep/er/logo@2x (1).png',
    'users/avatars/usr_ann.webp',
    'static/ü/日本.webp',
  ])('is its bytes: %s', async (key) => {
    await putFile(key);
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
      'cache-tag': 'files,project:prj_bitcoin',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      'x-request-id': expect.any(String),
      'x-trace-id': expect.any(String),
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
      const without = (all: Headers) => ({
        ...Object.fromEntries(all),
        'x-request-id': '',
        'x-trace-id': '',
      });
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
    await putFile(key);
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
    await putFile('static/typed.png', stored);
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
      await putFile(key, 'application/pdf');
      expect(headersOf(await get(encodeURI(key)), 'content-disposition')).toEqual([disposition]);
    }
  });
});

describe('nothing else is there', () => {
  test.each(PATHS_OF_NOTHING)('%j', async (path) => {
    const response = await get(path);
    expect(response.headers.get('etag')).toBeNull();
    await expectError(response, 404, 'NOT_FOUND');
  });

  test('but a key as long as R2 allows', async () => {
    const key = keyOf(1_024);
    await putFile(key, 'image/png');
    expect((await get(key)).status).toBe(200);
  });

  test('without the slash and in another case of the route', async () => {
    for (const path of [
      '/files',
      '/FILES/static/none.css',
      '//files/static/none.css',
      '/files%2Fstatic/none.css',
    ])
      await expectError(await files.fetch(path), 404, 'NOT_FOUND');
  });
});
