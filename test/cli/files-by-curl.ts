/** Public files as `curl` asks for them, of a gateway that `npm start` runs: ranges, conditions, downloads that go on. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { RunningStart } from '../browser/running-start.ts';
import { localBucketOf } from '../support/local-bucket.ts';

const run = promisify(execFile);
const KEY = 'projects/media/prj_bitcoin/screenshots/market.png';
const SIZE = 300_000;
const BYTES = Uint8Array.from({ length: SIZE }, (_, at) => (at * 31 + (at >> 8)) % 251);
const part = (from: number, to: number) => Buffer.from(BYTES.subarray(from, to));
const LONG_AGO = 'Mon, 01 Jan 2024 00:00:00 GMT';
const NOTHING = Buffer.alloc(0);

interface Got {
  status: number;
  headers: Headers;
  bytes: Buffer;
}

/** @param startOf the running gateway, once tests run */
export function testFilesByCurl(startOf: () => RunningStart): void {
  describe('public files by curl', () => {
    let folder: string;
    let url: string;

    before(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'com2000-curl-'));
      const { gatewayUrl } = startOf();
      url = `${gatewayUrl}/files/${KEY}`;
      await localBucketOf(gatewayUrl).put(KEY, BYTES, 'image/png');
    });

    after(() => rm(folder, { recursive: true }));

    const inFolder = (name: string) => path.join(folder, name);

    async function curl(...args: string[]): Promise<Got> {
      const [head, body] = [inFolder('head'), inFolder('body')];
      await rm(body, { force: true });
      await run('curl', ['-sS', '-D', head, '-o', body, ...args, url]);
      const [statusLine = '', ...lines] = (await readFile(head, 'latin1')).trim().split('\r\n');
      const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/s, 2) as [string, string]));
      const bytes = await readFile(body).catch(() => NOTHING);
      return { status: Number(statusLine.split(' ')[1]), headers, bytes };
    }

    async function assertGot(args: string[], status: number, bytes: Buffer, contentRange: string | null) {
      const got = await curl(...args);
      assert.deepEqual([args, got.status, got.headers.get('content-range')], [args, status, contentRange]);
      if (status !== 416 && status !== 412) assert.ok(got.bytes.equals(bytes), `${args}: other bytes`);
      return got;
    }

    test('the whole file has its bytes, its length and its validators, and HEAD the same without them', async () => {
      const whole = await assertGot([], 200, Buffer.from(BYTES), null);
      const head = await curl('-I');
      assert.equal(head.status, 200);
      for (const { headers } of [whole, head]) {
        assert.equal(headers.get('content-length'), String(SIZE));
        assert.equal(headers.get('content-type'), 'image/png');
        assert.equal(headers.get('accept-ranges'), 'bytes');
        assert.match(headers.get('etag') ?? '', /^"[\da-f]{32}"$/);
        assert.ok(Date.parse(headers.get('last-modified') ?? '') <= Date.now());
        assert.equal(headers.get('cache-control'), 'public, max-age=86400');
        assert.equal(headers.get('cache-tag'), 'files,project:prj_bitcoin');
      }
    });

    // RFC 9110, sections 14.1.2, 14.2 and 15.5.17.
    const last = SIZE - 1;
    const ranges: [range: string, status: number, bytes: Buffer, contentRange: string | null][] = [
      ['0-0', 206, part(0, 1), `bytes 0-0/${SIZE}`],
      ['1000-99999', 206, part(1000, 100_000), `bytes 1000-99999/${SIZE}`],
      [`${last}-`, 206, part(last, SIZE), `bytes ${last}-${last}/${SIZE}`],
      [`1-${SIZE * 2}`, 206, part(1, SIZE), `bytes 1-${last}/${SIZE}`],
      ['-7', 206, part(SIZE - 7, SIZE), `bytes ${SIZE - 7}-${last}/${SIZE}`],
      [`-${SIZE * 2}`, 206, part(0, SIZE), `bytes 0-${last}/${SIZE}`],
      [`${SIZE}-`, 416, NOTHING, `bytes */${SIZE}`],
      ['-0', 416, NOTHING, `bytes */${SIZE}`],
      ['0-1,5-6', 200, part(0, SIZE), null],
      ['9-5', 200, part(0, SIZE), null],
    ];
    for (const [range, status, bytes, contentRange] of ranges) {
      test(`a range of ${range} is ${status}`, async () => {
        const { headers } = await assertGot(['-H', `Range: bytes=${range}`], status, bytes, contentRange);
        if (status === 206) assert.equal(headers.get('content-length'), String(bytes.length));
      });
    }

    test('a download that broke goes on where it was, and one of another file begins anew', async () => {
      await writeFile(inFolder('download'), BYTES.subarray(0, 123_456));
      await run('curl', ['-sS', '-C', '-', '-o', inFolder('download'), url]);
      assert.ok((await readFile(inFolder('download'))).equals(BYTES));

      const { headers } = await curl('-I');
      const etag = headers.get('etag') ?? '';
      const ifRange = (validator: string) => ['-r', '123456-', '-H', `If-Range: ${validator}`];
      const rest = [206, part(123_456, SIZE), `bytes 123456-${last}/${SIZE}`] as const;
      await assertGot(ifRange(etag), ...rest);
      for (const other of ['"another"', `W/${etag}`, LONG_AGO])
        await assertGot(ifRange(other), 200, part(0, SIZE), null);
    });

    test('what is held already is not sent again', async () => {
      const etagFile = inFolder('etag');
      await curl('--etag-save', etagFile);
      const again = await assertGot(['--etag-compare', etagFile], 304, NOTHING, null);
      assert.equal(`${again.headers.get('etag')}`, (await readFile(etagFile, 'utf8')).trim());
      assert.equal(again.headers.get('cache-control'), 'public, max-age=86400');
      const modified = again.headers.get('last-modified') ?? '';
      await assertGot(['-z', modified], 304, NOTHING, null);
      await assertGot(['-z', LONG_AGO], 200, part(0, SIZE), null);
      await assertGot(['-H', `If-Unmodified-Since: ${modified}`], 200, part(0, SIZE), null);
      await assertGot(['-H', `If-Unmodified-Since: ${LONG_AGO}`], 412, NOTHING, null);
      const etag = again.headers.get('etag') ?? '';
      await assertGot(['-H', `If-Match: ${etag}`], 200, part(0, SIZE), null);
      await assertGot(['-H', 'If-Match: "another"'], 412, NOTHING, null);
      // The tag decides, and the date is not looked at (section 13.2.2).
      await assertGot(
        ['-H', 'If-None-Match: "another"', '-H', `If-Modified-Since: ${modified}`],
        200,
        part(0, SIZE),
        null,
      );
    });

    test('a file that is not public has no answer but 404', async () => {
      const bucket = localBucketOf(startOf().gatewayUrl);
      await bucket.put('users/kyc-documents/usr_1/passport', BYTES, 'image/png');
      for (const spelling of ['', '%2e%2e/', '..%2f']) {
        const hidden = `${startOf().gatewayUrl}/files/static/../${spelling}users/kyc-documents/usr_1/passport`;
        const { stdout } = await run('curl', ['-s', '--path-as-is', '-w', ' %{http_code}', hidden]);
        assert.match(stdout, /"code":"NOT_FOUND".* 404$/);
      }
    });
  });
}
