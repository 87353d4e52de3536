/** Files of a gateway that `npm start` runs, in a page of another origin. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { hasText, PLACE, photo } from '../support/files/hostile-files.ts';
import { PDF } from '../support/files/sample-files.ts';
import { localBucketOf } from '../support/local-bucket.ts';
import { spreadVideo } from '../support/spread-video.ts';
import type { RunningStart } from './running-start.ts';

export interface OpenedBrowser {
  start: RunningStart;
  browser: Browser;
  /** Of pages that are no part of the gateway: the one's may send credentials. */
  listedOrigin: string;
  otherOrigin: string;
}

const VIDEO_KEY = 'projects/media/prj_bitcoin/videos/red-then-blue.mp4';
/** More than a browser reads ahead. */
const GAP_BYTES = 24_000_000;

/** @param opened once tests run */
export function testFilesInBrowser(opened: () => OpenedBrowser): void {
  test('a video plays on a page of another origin, and seeks by ranges', async () => {
    const { start, browser, otherOrigin } = opened();
    const short = await readFile(new URL('../support/files/red-then-blue.mp4', import.meta.url));
    await localBucketOf(start.gatewayUrl).put(VIDEO_KEY, spreadVideo(short, GAP_BYTES), 'video/mp4');
    const page = await browser.newPage();
    const ranges: { from: number; status: number; contentRange: string | undefined }[] = [];
    page.on('response', (response) => {
      const [, from] = /^bytes=(\d+)-/.exec(response.request().headers().range ?? '') ?? [];
      const contentRange = response.headers()['content-range'];
      if (from !== undefined) ranges.push({ from: Number(from), status: response.status(), contentRange });
    });
    await page.goto(otherOrigin);
    const seen = await page.evaluate(async (url) => {
      const video = document.createElement('video');
      const until = (event: string) =>
        new Promise<void>((resolve, reject) => {
          video.addEventListener(event, () => resolve(), { once: true });
          video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true });
        });
      const colour = () => {
        const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
        const context = canvas.getContext('2d');
        context?.drawImage(video, 0, 0, 1, 1);
        const [red = 0, , blue = 0, opacity] = context?.getImageData(0, 0, 1, 1).data ?? [];
        if (opacity === 0) return 'nothing';
        return red > blue ? 'red' : 'blue';
      };
      Object.assign(video, { crossOrigin: 'anonymous', muted: true, preload: 'metadata', src: url });
      await until('loadeddata');
      const colours: string[] = [];
      for (const second of [1, 7, 2]) {
        video.currentTime = second;
        await until('seeked');
        colours.push(colour());
      }
      return [...colours, Math.round(video.duration)];
    }, `${start.gatewayUrl}/files/${VIDEO_KEY}`);
    assert.deepEqual(seen, ['red', 'blue', 'red', 8]);
    const size = short.length + GAP_BYTES;
    const sought = ranges.filter(({ from }) => from > GAP_BYTES / 2);
    assert.ok(sought.length > 0, JSON.stringify(ranges));
    for (const { from, status, contentRange } of sought)
      assert.deepEqual([status, contentRange], [206, `bytes ${from}-${size - 1}/${size}`]);
    await page.close();
  });
  test('a page of another origin sends a picture, a PDF and a passport, and shows the picture', async () => {
    const { start, browser, listedOrigin } = opened();
    const page = await browser.newPage();
    await page.goto(listedOrigin);
    await page.addScriptTag({ content: await scriptOfDocs() });
    const sent = (email: string, password: string, kind: string, contentType: string, bytes: Uint8Array) =>
      page.evaluate(sendInPage, {
        ...{ endpoint: `${start.gatewayUrl}/graphql`, ids: IDS, credentials: { email, password } },
        ...{ kind, contentType, base64: Buffer.from(bytes).toString('base64') },
      });

    const avatar = await sent('ann@example.com', 'nine violet kettles hum', 'AVATAR', 'image/jpeg', photo());
    assert.deepEqual([avatar.file.kind, avatar.file.contentType], ['AVATAR', 'image/webp']);
    const picture = Buffer.from(avatar.base64, 'base64');
    assert.equal(picture.toString('latin1', 0, 4), 'RIFF');
    assert.ok(!hasText(picture, PLACE) && !hasText(picture, 'Exif'));
    assert.ok((await widthShown(page, avatar.file.url ?? '')) > 0);

    const pdf = await sent(
      'ben@example.com',
      'seven copper lanterns sway',
      'ATTACHMENT',
      'application/pdf',
      PDF,
    );
    assert.ok(Buffer.from(pdf.base64, 'base64').equals(PDF));
    const forged = (pdf.file.url ?? '').replace(/signature=./, 'signature=_');
    assert.equal((await fetch(forged)).status, 404);

    const { file } = await sent(
      'cleo@example.com',
      'four paper whales drift',
      'PASSPORT',
      'image/jpeg',
      photo(),
    );
    assert.deepEqual([file.kind, file.url], ['PASSPORT', null]);
    await page.close();
  });
}

interface Sent {
  file: { kind: string; contentType: string; url: string | null };
  /** The bytes that the page reads at the file's URL; empty if it has none. */
  base64: string;
}

interface ToSend {
  endpoint: string;
  ids: Record<string, string>;
  credentials: { email: string; password: string };
  kind: string;
  contentType: string;
  base64: string;
}

const IDS = Object.fromEntries(manifest.operations.map(({ name, id }) => [name, id]));

async function scriptOfDocs(): Promise<string> {
  const text = await readFile(new URL('../../docs/files.md', import.meta.url), 'utf8');
  const [, script = ''] = /^```js\n([\s\S]*?)^```$/m.exec(text) ?? [];
  return script;
}

/** Runs in the page. */
async function sendInPage({ endpoint, ids, credentials, kind, contentType, base64 }: ToSend): Promise<Sent> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const ask = async (operation: string, variables: object) => {
    const body = JSON.stringify({ documentId: ids[operation], variables });
    const response = await fetch(endpoint, { method: 'POST', headers, body });
    const answer = (await response.json()) as { data: { login: { accessToken: string } }; errors?: object[] };
    if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  };
  const { login } = await ask('LogIn', { input: credentials });
  headers.authorization = `Bearer ${login.accessToken}`;
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const { sendFile } = globalThis as unknown as {
    sendFile(asks: typeof ask, kind: string, file: File): Promise<Sent['file']>;
  };
  const file = await sendFile(ask, kind, new File([bytes], 'file', { type: contentType }));
  if (file.url === null) return { file, base64: '' };
  const read = new Uint8Array(await (await fetch(file.url)).arrayBuffer());
  return { file, base64: btoa(String.fromCharCode(...read)) };
}

const widthShown = (page: Page, url: string): Promise<number> =>
  page.evaluate(
    (address) =>
      new Promise<number>((resolve) => {
        const image = new Image();
        image.onload = () => resolve(image.naturalWidth);
        image.onerror = () => resolve(0);
        image.src = address;
      }),
    url,
  );
