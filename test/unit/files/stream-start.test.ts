import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamStart } from '../../../src/files/stream-start.ts';

const streamOf = (chunks: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(part) {
      for (const chunk of chunks) part.enqueue(chunk);
      part.close();
    },
  });
const bytesOf = async (stream: ReadableStream<Uint8Array>) =>
  new Uint8Array(
    await new Response(stream as unknown as ConstructorParameters<typeof Response>[0]).arrayBuffer(),
  );

test('the first bytes are those of the stream, and the whole stream is still all of it', async () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 100 }), async (pieces, count) => {
      const all = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
      const { start, whole } = await streamStart(streamOf(pieces), count);
      expect([...start]).toEqual([...all.subarray(0, count)]);
      expect([...(await bytesOf(whole))]).toEqual([...all]);
    }),
  );
});

test('a failure of the source is one of the whole stream, and a cancelled stream cancels its source', async () => {
  let cancelled: unknown;
  const source = new ReadableStream<Uint8Array>({
    start: (part) => part.enqueue(new Uint8Array(10)),
    pull: (part) => part.error(new Error('lost')),
  });
  const { whole } = await streamStart(source, 4);
  await expect(bytesOf(whole)).rejects.toThrow();
  const endless = new ReadableStream<Uint8Array>({
    pull: (part) => part.enqueue(new Uint8Array(10)),
    cancel: (reason) => {
      cancelled = reason;
    },
  });
  await (await streamStart(endless, 4)).whole.cancel('enough');
  expect(cancelled).toBe('enough');
});
