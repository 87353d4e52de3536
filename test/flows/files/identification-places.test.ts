import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CHUNK_BYTES } from '../../../src/files/sealed-chunks.ts';
import {
  documentOf,
  expectRefused,
  type IdentificationBench,
  loggedLines,
  type OpenedUpload,
  startIdentification,
} from '../../support/identification.ts';

let bench: IdentificationBench;
beforeAll(async () => {
  bench = await startIdentification();
});
beforeEach(() => {
  loggedLines();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** It sends some bytes, and then none. */
function silentStream() {
  const begun = Promise.withResolvers<void>();
  let cut: (() => void) | undefined;
  let isSent = false;
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        cut = () => controller.error(new Error('the connection was cut'));
      },
      pull(controller) {
        if (isSent) return begun.resolve();
        isSent = true;
        controller.enqueue(documentOf(1_000).subarray(0, 10));
      },
    },
    { highWaterMark: 0 },
  );
  return { body, begun: begun.promise, cut: () => cut?.() };
}

describe('an isolate', () => {
  test('takes two uploads at once, and tells others when to come again', async () => {
    const uploads = await Promise.all([1, 2, 3].map((user) => bench.openUpload(`usr_many_${user}`)));
    const streams = uploads.map(() => new TransformStream<Uint8Array, Uint8Array>());
    const [first, second] = uploads
      .slice(0, 2)
      .map((upload, at) => bench.put(upload, (streams[at]?.readable ?? '') as BodyInit));
    const writers = streams.slice(0, 2).map(({ writable }) => writable.getWriter());
    // Written as soon as it is read.
    for (const writer of writers) await writer.write(documentOf(1_000).subarray(0, 500));
    const third = uploads[2] as OpenedUpload;
    const refused = await bench.put(third, documentOf(1_000));
    expect(refused.headers.get('retry-after')).toBe('5');
    await expectRefused(third, refused, 503, 'SERVICE_UNAVAILABLE');
    for (const writer of writers) {
      void writer.write(documentOf(1_000).subarray(500));
      void writer.close();
    }
    expect([(await first)?.status, (await second)?.status]).toEqual([200, 200]);
    expect((await bench.put(third, documentOf(1_000))).status).toBe(200);
  });

  test('gives the second place of a user to another user', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: Date.now() });
    const silent = [silentStream(), silentStream()];
    const answers: Promise<Response>[] = [];
    for (const { body, begun } of silent) {
      answers.push(bench.put(await bench.openUpload('usr_greedy'), body));
      await begun;
    }
    const own = await bench.openUpload('usr_greedy');
    await expectRefused(own, await bench.put(own, documentOf(1_000)), 503, 'SERVICE_UNAVAILABLE');
    const other = await bench.openUpload('usr_modest');
    expect((await bench.put(other, documentOf(1_000))).status).toBe(200);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await answers[1])?.status).toBe(408);
    silent[0]?.cut();
    expect((await answers[0])?.status).toBe(503);
  });

  test.each([
    ['an upload that is slow to one that wants it, and ends the slow one', 20, [408, 503]],
    ['each upload after five minutes, also if the platform runs its request no more', 300, [408, 408]],
  ])('frees the place of %s', async (_name, seconds, statuses) => {
    const silent = [silentStream(), silentStream()];
    const put = async (user: string) =>
      (await bench.put(await bench.openUpload(user), documentOf(1_000))).status;
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: Date.now() });
    const answers: Promise<Response>[] = [];
    for (const [at, { body }] of silent.entries())
      answers.push(bench.put(await bench.openUpload(`usr_silent_${at}`), body));
    await Promise.all(silent.map(({ begun }) => begun));
    await bench.gateway.advance(19);
    expect(await put('usr_waiting')).toBe(503);
    await bench.gateway.advance(seconds - 19);
    expect(await put('usr_waiting')).toBe(200);
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await answers[0])?.status).toBe(statuses[0]);
    // Nobody has wanted the place of a slow one that goes on.
    silent[1]?.cut();
    expect((await answers[1])?.status).toBe(statuses[1]);
  });
});

test('an upload whose bytes do not arrive in five minutes ends, and frees its place', async () => {
  const upload = await bench.openUpload('usr_slow', { sizeBytes: 2 * CHUNK_BYTES });
  const started = Promise.withResolvers<void>();
  let isSent = false;
  const slow = new ReadableStream(
    {
      pull(controller) {
        if (isSent) return started.resolve();
        isSent = true;
        controller.enqueue(documentOf(2 * CHUNK_BYTES).subarray(0, CHUNK_BYTES + 1));
      },
    },
    { highWaterMark: 0 },
  );
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: Date.now() });
  const response = bench.put(upload, slow);
  await started.promise;
  await vi.advanceTimersByTimeAsync(300_000);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  await expectRefused(upload, await response, 408, 'BAD_USER_INPUT');
  for (const next of [1, 2].map(() => bench.openUpload('usr_slow')))
    expect((await bench.put(await next, documentOf(1_000))).status).toBe(200);
});
