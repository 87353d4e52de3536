/** docs/files.md as it is written: a picture and a document for identification by `curl`, from a user to the main API. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { RunningStart } from '../browser/running-start.ts';
import { hasText, PLACE, photo } from '../support/files/hostile-files.ts';
import { PDF } from '../support/files/sample-files.ts';
import { localBucketOf } from '../support/local-bucket.ts';
import { type BashSession, openBash } from './bash-session.ts';

export interface Walk {
  start: RunningStart;
  /** The code of a section of a page, a block each. */
  blocksOf(page: 'README.md' | 'docs/files.md', heading: string, language: string): Promise<string[]>;
}

/** @param walkOf once tests run */
export function testFileWalks(walkOf: () => Walk): void {
  /** The functions of README. */
  async function openWalk(): Promise<BashSession> {
    const bash = openBash();
    const [life = ''] = await walkOf().blocksOf('README.md', 'Accounts', 'sh');
    await bash.answerTo(life.split('\n\n')[0] ?? '');
    return bash;
  }

  test('a photo and a passport go by curl to where they belong, and no place is left in the bucket', async (t) => {
    const { start, blocksOf } = walkOf();
    const folder = await mkdtemp(path.join(tmpdir(), 'com2000-walk-'));
    const bash = await openWalk();
    t.after(async () => {
      await bash.close();
      await rm(folder, { recursive: true });
    });
    // Both have a place in them: the one loses it, and the other is sealed.
    for (const name of ['me.jpg', 'passport.jpg']) await writeFile(path.join(folder, name), photo());
    const walked = async (block = '') => bash.answerTo(block.replaceAll('~/', `${folder}/`));

    const [picture = ''] = await blocksOf('docs/files.md', 'Send a file', 'sh');
    const shown = await walked(picture);
    const [, avatarUrl = ''] = /"avatarUrl":"([^"]+)"/.exec(shown) ?? [];
    assert.match(avatarUrl, /\/files\/users\/avatars\/[^/]+\.webp\?v=[\da-f]{8}$/, shown);
    assert.match(shown, /HTTP\/1\.1 200 OK\r\n(.*\r\n)*content-type: image\/webp\r\n/i);

    const [passport = '', read = ''] = await blocksOf('docs/files.md', 'Identification', 'sh');
    assert.match(await walked(passport), /"kind":"PASSPORT",.*"url":null/);
    assert.match(await walked(read), /^the same bytes$/m);

    const bucket = localBucketOf(start.gatewayUrl);
    const keys = await untilNone(bucket.keys, 'pending/');
    assert.ok(keys.some((key) => /^users\/kyc-documents\/[^/]+\/passport$/.test(key)));
    for (const key of keys) {
      const { bytes = Buffer.alloc(0) } = (await bucket.get(key)) ?? {};
      assert.ok(!hasText(bytes, PLACE), `${key} has the place`);
    }
    const avatar = await bucket.get(new URL(avatarUrl).pathname.replace('/files/', ''));
    const served = Buffer.from(await (await fetch(avatarUrl)).arrayBuffer());
    assert.ok(avatar !== null && served.equals(avatar.bytes));
  });

  test('an attachment is taken as announced alone, read by its signed URL alone, and gone once deleted', async (t) => {
    const bash = await openWalk();
    t.after(() => bash.close());
    const take = async (name: string) => (await bash.answerTo(`take ${name}`)).trim();
    await bash.answerTo(CLEO_SIGNS_IN);
    const input = { kind: 'ATTACHMENT', contentType: 'application/pdf', sizeBytes: PDF.byteLength };
    await bash.answerTo(`answer=$(ask CreateUpload '${JSON.stringify({ input })}')`);
    const [uploadId, uploadUrl] = [await take('id'), await take('url')];
    const put = async (body: Uint8Array<ArrayBuffer>, contentType = 'application/pdf', url = uploadUrl) =>
      (await fetch(url, { method: 'PUT', body, headers: { 'content-type': contentType } })).status;
    assert.equal(await put(Uint8Array.of(...PDF, 10)), 403);
    assert.equal(await put(PDF.slice(1)), 403);
    assert.equal(await put(PDF, 'text/html'), 403);
    assert.equal(await put(PDF, undefined, uploadUrl.replace(/Signature=./, 'Signature=_')), 403);
    assert.equal(await put(PDF, undefined, uploadUrl.replace('Expires=900', 'Expires=9000')), 403);
    assert.equal(await put(PDF), 200);

    await bash.answerTo(`answer=$(ask CompleteUpload '${JSON.stringify({ uploadId })}')`);
    const [fileId, url] = [await take('id'), new URL(await take('url'))];
    const read = async (address: URL | string, init: RequestInit = {}) => {
      const { status, headers, body } = await fetch(address, init);
      return { status, headers, bytes: Buffer.from(await new Response(body).arrayBuffer()) };
    };
    const whole = await read(url);
    assert.deepEqual([whole.status, whole.bytes.equals(PDF)], [200, true]);
    assert.equal(whole.headers.get('cache-control'), 'private, no-store');
    assert.match(whole.headers.get('content-disposition') ?? '', /^attachment/);
    const part = await read(url, { headers: { range: 'bytes=0-4' } });
    assert.deepEqual([part.status, part.bytes.toString()], [206, '%PDF-']);
    const head = await read(url, { method: 'HEAD' });
    assert.deepEqual([head.status, head.bytes.length], [200, 0]);
    const later = new URL(url);
    later.searchParams.set('expires', String(Number(url.searchParams.get('expires')) + 60));
    for (const address of [`${url.origin}${url.pathname}`, later, `${url}0`])
      assert.equal((await read(address)).status, 404, String(address));

    await bash.answerTo(`ask DeleteFile '${JSON.stringify({ id: fileId })}'`);
    assert.equal((await read(url)).status, 404);
    const { keys } = localBucketOf(url.origin);
    await untilNone(keys, url.pathname.replace('/files/', ''));
  });
}

const CLEO_SIGNS_IN = `answer=$(ask LogIn '{"input":{"email":"cleo@example.com","password":"four paper whales drift"}}')
auth="Bearer $(take accessToken)"`;

const DELETED_WITHIN_MS = 30_000;

/** The keys, once none begins so: objects are deleted behind answers. */
async function untilNone(keysOf: () => Promise<string[]>, prefix: string): Promise<string[]> {
  const deadlineMs = Date.now() + DELETED_WITHIN_MS;
  for (;;) {
    const keys = await keysOf();
    const left = keys.filter((key) => key.startsWith(prefix));
    if (left.length === 0) return keys;
    assert.ok(Date.now() < deadlineMs, `not deleted: ${left}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
