/** Files of a gateway that `npm start` runs, in a page of another origin. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Browser } from 'playwright-core';
import { localBucketOf } from '../support/local-bucket.ts';
import { spreadVideo } from '../support/spread-video.ts';
import type { RunningStart } from './running-start.ts';

export interface OpenedBrowser {
  start: RunningStart;
  browser: Browser;
  /** Of a page that is no part of the gateway. */
  origin: string;
}

const VIDEO_KEY = 'projects/media/prj_bitcoin/videos/red-then-blue.mp4';
/** More than a browser reads ahead. */
const GAP_BYTES = 24_000_000;

/** @param opened once tests run */
export function testFilesInBrowser(opened: () => OpenedBrowser): void {
  test('a video plays on a page of another origin, and seeks by ranges', async () => {
    const { start, browser, origin } = opened();
    const short = await readFile(new URL('../support/files/red-then-blue.mp4', import.meta.url));
    await localBucketOf(start.gatewayUrl).put(VIDEO_KEY, spreadVideo(short, GAP_BYTES), 'video/mp4');
    const page = await browser.newPage();
    const ranges: { from: number; status: number; contentRange: string | undefined }[] = [];
    page.on('response', (response) => {
      const [, from] = /^bytes=(\d+)-/.exec(response.request().headers().range ?? '') ?? [];
      const contentRange = response.headers()['content-range'];
      if (from !== undefined) ranges.push({ from: Number(from), status: response.status(), contentRange });
    });
    await page.goto(origin);
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
}
