/** Documents for identification on their way in: at which URL, and with which bytes. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CHUNK_BYTES, sealedSize } from '../../../src/files/sealed-chunks.ts';
import { JPEG, PDF, PNG } from '../../support/files/sample-files.ts';
import {
  bytesOf,
  CANARY,
  documentOf,
  expectRefused,
  type IdentificationBench,
  isPending,
  loggedLines,
  rowsOf,
  sameBytes,
  startIdentification,
} from '../../support/identification.ts';

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

describe('a document', () => {
  test.each([JPEG.byteLength + 100, 4_096, CHUNK_BYTES, 2 * CHUNK_BYTES + 5])(
    'of %d bytes is sealed on its way to R2, and read byte for byte',
    async (size) => {
      const bytes = documentOf(size);
      const upload = await bench.openUpload('usr_sizes', { sizeBytes: size });
      const response = await bench.put(upload, bytes);
      expect([response.status, await response.text()]).toEqual([200, '']);
      const pending = await env.STORAGE.get(`pending/${upload.id}`);
      expect(pending?.size).toBe(sealedSize(size));
      expect(new TextDecoder('latin1').decode(await pending?.arrayBuffer())).not.toContain(CANARY);
      expect(await bench.identification.complete(upload)).toMatchObject({ ok: true });
      expect(await isPending(upload)).toBe(true);
      const read = await bench.read('usr_sizes');
      expect([read.status, read.headers.get('content-length')]).toEqual([200, String(size)]);
      expect(sameBytes(await bytesOf(read), bytes)).toBe(true);
    },
  );

  test('may be a PDF', async () => {
    const upload = await bench.openUpload('usr_pdf', {
      ...{ kind: 'address_proof', contentType: 'application/pdf', sizeBytes: PDF.byteLength },
    });
    expect((await bench.put(upload, PDF)).status).toBe(200);
    expect(await bench.identification.complete(upload)).toMatchObject({ ok: true });
    const read = await bench.read('usr_pdf', 'address_proof');
    expect([read.headers.get('content-type'), await bytesOf(read)]).toEqual(['application/pdf', PDF]);
  });

  test('is sent again until it is completed', async () => {
    const upload = await bench.openUpload('usr_again');
    for (const bytes of [documentOf(1_000), new Uint8Array(documentOf(1_000)).fill(7, 900)])
      expect((await bench.put(upload, bytes)).status).toBe(200);
    expect(await bench.identification.complete(upload)).toMatchObject({ ok: true });
    expect((await bytesOf(await bench.read('usr_again')))[950]).toBe(7);
  });
});

describe('its URL', () => {
  const forged: [string, (url: URL) => void][] = [
    ['without a signature', ({ searchParams }) => searchParams.delete('signature')],
    ['with an empty signature', ({ searchParams }) => searchParams.set('signature', '')],
    ['with a changed signature', ({ searchParams }) => change(searchParams)],
    ['with a later expiry', ({ searchParams }) => searchParams.set('expires', '4000000000')],
    ['with no expiry', ({ searchParams }) => searchParams.delete('expires')],
    ['with an expiry that is no number', ({ searchParams }) => searchParams.set('expires', 'Infinity')],
    ['of another key', ({ searchParams }) => searchParams.set('signature', `other.${'a'.repeat(43)}`)],
  ];
  const change = (parameters: URLSearchParams) => {
    const signature = parameters.get('signature') ?? '';
    parameters.set('signature', `${signature.slice(0, -1)}${signature.endsWith('A') ? 'B' : 'A'}`);
  };
  test.each(forged)('%s stores nothing, and D1 is not asked', async (_name, forge) => {
    const upload = await bench.openUpload('usr_forged');
    const url = new URL(upload.url);
    forge(url);
    bench.gateway.resetCounts();
    const response = await bench.put({ ...upload, url: url.href }, documentOf(1_000));
    expect(bench.gateway.counts.d1Calls).toBe(0);
    await expectRefused(upload, response, 403, 'FORBIDDEN');
  });

  test('is of one upload, and of no other one of the same user', async () => {
    const [one, other] = [await bench.openUpload('usr_two'), await bench.openUpload('usr_two')];
    const url = one.url.replace(one.id, other.id);
    await expectRefused(other, await bench.put({ ...other, url }, documentOf(1_000)), 403, 'FORBIDDEN');
  });

  test('is of the announced type and length', async () => {
    const upload = await bench.openUpload('usr_announced');
    for (const headers of [
      { 'Content-Type': 'image/png' },
      { 'Content-Type': 'text/html' },
      { 'Content-Type': '' },
      { 'Content-Length': '999' },
      { 'Content-Length': '1001' },
      { 'Content-Length': '' },
    ])
      await expectRefused(upload, await bench.put(upload, documentOf(1_000), headers), 403, 'FORBIDDEN');
  });

  test('is no other route’s, whose keys are the same', async () => {
    const upload = await bench.openUpload('usr_routes');
    for (const path of ['/graphql', '/files/pending', '/admin/kyc'])
      expect(
        (await bench.put({ ...upload, url: upload.url.replace('/uploads', path) }, documentOf(1_000))).status,
      ).toBeGreaterThanOrEqual(400);
    expect(await isPending(upload)).toBe(false);
  });

  test('ends after 15 minutes', async () => {
    const upload = await bench.openUpload('usr_late');
    await bench.gateway.advance(899);
    expect((await bench.put(upload, documentOf(1_000))).status).toBe(200);
    const late = await bench.openUpload('usr_late');
    await bench.gateway.advance(900);
    await expectRefused(late, await bench.put(late, documentOf(1_000)), 403, 'FORBIDDEN');
  });

  test('ends when the upload is completed, or is gone', async () => {
    const upload = await bench.openUpload('usr_over');
    expect((await bench.put(upload, documentOf(1_000))).status).toBe(200);
    expect(await bench.identification.complete(upload)).toMatchObject({ ok: true });
    await env.STORAGE.delete(`pending/${upload.id}`);
    await expectRefused(upload, await bench.put(upload, documentOf(1_000)), 404, 'NOT_FOUND');
    const avatar = await bench.openUpload('usr_over', { kind: 'avatar' as 'selfie' });
    await expectRefused(avatar, await bench.put(avatar, documentOf(1_000)), 404, 'NOT_FOUND');
  });

  test('is not in the log, whatever is wrong with the upload', async () => {
    const upload = await bench.openUpload('usr_logged');
    await bench.put(upload, documentOf(900));
    await bench.put(upload, brokenStream(500));
    expect(lines.join('\n')).toContain('identification.not_received');
    const signature = new URL(upload.url).searchParams.get('signature') ?? '';
    for (const secret of [signature, signature.split('.')[1] ?? '', upload.id, CANARY])
      expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  });
});

/** A connection that is cut after so many bytes. */
function brokenStream(bytes: number): ReadableStream {
  let isSent = false;
  return new ReadableStream({
    pull(controller) {
      if (isSent) return controller.error(new Error('the connection was cut'));
      isSent = true;
      controller.enqueue(documentOf(1_000).subarray(0, bytes));
    },
  });
}

describe('bytes', () => {
  test('of another number than announced leave nothing', async () => {
    const upload = await bench.openUpload('usr_bytes', { sizeBytes: 2 * CHUNK_BYTES });
    for (const size of [1_000, 2 * CHUNK_BYTES - 1, 2 * CHUNK_BYTES + 1, 4 * CHUNK_BYTES])
      await expectRefused(upload, await bench.put(upload, documentOf(size)), 400, 'BAD_USER_INPUT');
    const empty = await bench.put(upload, new Uint8Array());
    expect(empty.status).toBeGreaterThanOrEqual(400);
    expect(await isPending(upload)).toBe(false);
  });

  test('whose connection is cut leave nothing, and free their place', async () => {
    const upload = await bench.openUpload('usr_bytes');
    for (const sent of [0, 500, 500, 999])
      await expectRefused(upload, await bench.put(upload, brokenStream(sent)), 503, 'SERVICE_UNAVAILABLE');
    expect((await bench.put(upload, documentOf(1_000))).status).toBe(200);
  });

  test('of another type than announced leave nothing', async () => {
    const html = new TextEncoder().encode('<!DOCTYPE html><script>alert(1)</script>');
    for (const bytes of [PNG, PDF, html, new Uint8Array(100), JPEG.subarray(0, 2)]) {
      const upload = await bench.openUpload('usr_types', { sizeBytes: bytes.byteLength });
      await expectRefused(upload, await bench.put(upload, bytes), 400, 'BAD_USER_INPUT');
    }
  });
});

describe('pages of other origins', () => {
  test('may send what the URL is for, and browsers are told so', async () => {
    const upload = await bench.openUpload('usr_pages');
    const asked = {
      Origin: 'https://app.example',
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'content-type',
    };
    const preflight = await bench.gateway.fetch(upload.url, { method: 'OPTIONS', headers: asked });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PUT');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Content-Type');
    const sent = await bench.put(upload, documentOf(1_000), { Origin: 'https://app.example' });
    expect([sent.status, sent.headers.get('access-control-allow-origin')]).toEqual([
      200,
      'https://app.example',
    ]);
  });

  test('read nothing there', async () => {
    const upload = await bench.openUpload('usr_pages');
    await bench.put(upload, documentOf(1_000));
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE', 'PATCH']) {
      const response = await bench.gateway.fetch(upload.url, { method });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'PUT']);
      expect(await response.text()).not.toContain(CANARY);
    }
    expect(await isPending(upload)).toBe(true);
  });
});

test('an upload whose account is closed while its bytes arrive keeps nothing', async () => {
  const upload = await bench.openUpload('usr_closing');
  const gone = new ReadableStream(
    {
      async pull(controller) {
        expect((await rowsOf('kyc_key')).map(({ user_id }) => user_id)).toContain('usr_closing');
        await env.DB.prepare('DELETE FROM user_account WHERE id = ?1').bind('usr_closing').run();
        controller.enqueue(documentOf(1_000));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  await expectRefused(upload, await bench.put(upload, gone), 404, 'NOT_FOUND');
  expect((await rowsOf('kyc_key')).map(({ user_id }) => user_id)).not.toContain('usr_closing');
});
