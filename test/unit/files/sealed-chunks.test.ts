/** Sealed files: they come out as they went in, or not at all. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHUNK_BYTES, open, openedSize, seal, sealedSize } from '../../../src/files/sealed-chunks.ts';

const HEADER = 33;
const SEALED_CHUNK = CHUNK_BYTES + 16;
const KEY = new Uint8Array(32).fill(1);
const FILE = 'usr_a/file_1';

/** Each byte differs from those around it, and each chunk from the others. */
const fileOf = (size: number) => {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 1) bytes[at] = (at * 31 + (at >> 11)) & 255;
  return bytes;
};

async function through(
  stream: TransformStream<Uint8Array, Uint8Array>,
  bytes: Uint8Array,
  pieceBytes = 64 * 1024,
): Promise<Uint8Array> {
  let from = 0;
  const source = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (from >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.slice(from, from + pieceBytes));
      from += pieceBytes;
    },
  });
  return new Uint8Array(await new Response(source.pipeThrough(stream)).arrayBuffer());
}

const sealed = (bytes: Uint8Array, key = KEY, file = FILE) => through(seal(key, file), bytes);
const opened = (bytes: Uint8Array, key = KEY, file = FILE) => through(open(key, file), bytes);
async function refused(bytes: Uint8Array, key = KEY, file = FILE): Promise<void> {
  await expect(opened(bytes, key, file)).rejects.toThrow(/not a sealed file|a chunk is not the one/);
}

const joined = (...parts: Uint8Array[]) => Uint8Array.from(Buffer.concat(parts));
const chunksOf = (file: Uint8Array) => {
  const chunks = [];
  for (let at = HEADER; at < file.byteLength; at += SEALED_CHUNK)
    chunks.push(file.subarray(at, at + SEALED_CHUNK));
  return { header: file.subarray(0, HEADER), chunks };
};

describe('a sealed file', () => {
  test.each([0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 2 * CHUNK_BYTES + 7])(
    'of %d bytes is opened byte for byte, and has the size that was foretold',
    async (size) => {
      const bytes = fileOf(size);
      const file = await sealed(bytes);
      expect([file.byteLength, openedSize(file.byteLength)]).toEqual([sealedSize(size), size]);
      expect(Buffer.compare(await opened(file), bytes)).toBe(0);
    },
  );

  test('is the same however its bytes are cut on their way', async () => {
    const bytes = fileOf(CHUNK_BYTES + 1_000);
    const piece = fc.integer({ min: 500, max: 2 * CHUNK_BYTES });
    await fc.assert(
      fc.asyncProperty(piece, piece, async (into, outOf) => {
        const file = await through(seal(KEY, FILE), bytes, into);
        expect(Buffer.compare(await through(open(KEY, FILE), file, outOf), bytes)).toBe(0);
      }),
      { numRuns: 20 },
    );
    const small = await through(seal(KEY, FILE), bytes.subarray(0, 100), 1);
    expect(Buffer.compare(await through(open(KEY, FILE), small, 1), bytes.subarray(0, 100))).toBe(0);
  });

  test('never has the same bytes twice, nor those that were sealed', async () => {
    const bytes = new TextEncoder().encode('a canary that no sealed file may show');
    const [one, other] = [await sealed(bytes), await sealed(bytes)];
    expect(Buffer.from(one).includes('canary')).toBe(false);
    expect(Buffer.compare(one.subarray(HEADER), other.subarray(HEADER))).not.toBe(0);
  });

  test('is read no further ahead than two chunks', async () => {
    const total = 12 * CHUNK_BYTES;
    const piece = fileOf(64 * 1024);
    let written = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (written === total) return controller.close();
          written += piece.byteLength;
          controller.enqueue(piece);
        },
      },
      { highWaterMark: 0 },
    );
    let read = 0;
    for await (const bytes of source.pipeThrough(seal(KEY, FILE)).pipeThrough(open(KEY, FILE))) {
      read += bytes.byteLength;
      expect(written - read).toBeLessThanOrEqual(2 * SEALED_CHUNK + 3 * piece.byteLength);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBe(total);
  });
});

describe('a file is refused', () => {
  test('with one bit changed, anywhere', async () => {
    const file = await sealed(fileOf(CHUNK_BYTES + 50));
    const anyBit = fc.record({
      at: fc.oneof(
        fc.integer({ min: 0, max: HEADER + 40 }),
        fc.integer({ min: 0, max: file.byteLength - 1 }),
        fc.integer({ min: file.byteLength - 80, max: file.byteLength - 1 }),
      ),
      bit: fc.integer({ min: 0, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(anyBit, async ({ at, bit }) => {
        const changed = file.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        await refused(changed);
      }),
      { numRuns: 40 },
    );
  });

  test('cut at any byte', async () => {
    const file = await sealed(fileOf(2 * CHUNK_BYTES));
    const edges = [0, 1, HEADER - 1, HEADER, HEADER + 15, HEADER + SEALED_CHUNK, file.byteLength - 1];
    for (const end of edges) await refused(file.subarray(0, end));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: file.byteLength - 1 }), (end) =>
        refused(file.subarray(0, end)),
      ),
      { numRuns: 20 },
    );
  });

  test('whose chunks are not those, or not in that order', async () => {
    const { header, chunks } = chunksOf(await sealed(fileOf(3 * CHUNK_BYTES)));
    expect(chunks).toHaveLength(3);
    const order = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 5 });
    const orders = [[0, 1], [0, 2], [1, 0, 2], [0, 0, 1, 2], [0, 1, 2, 2], [2], []];
    const isWhole = (places: number[]) => places.join() === '0,1,2';
    const inOrder = (places: number[]) => joined(header, ...places.flatMap((at) => chunks[at] ?? []));
    await fc.assert(
      fc.asyncProperty(
        order.filter((places) => !isWhole(places)),
        (places) => refused(inOrder(places)),
      ),
      { numRuns: 30, examples: orders.map((places) => [places] as [number[]]) },
    );
    expect((await opened(inOrder([0, 1, 2]))).byteLength).toBe(3 * CHUNK_BYTES);
  });

  test('with bytes behind its end', async () => {
    for (const size of [0, 10, CHUNK_BYTES]) {
      const file = await sealed(fileOf(size));
      for (const more of [new Uint8Array(1), new Uint8Array(SEALED_CHUNK), file])
        await refused(joined(file, more));
    }
  });

  test('with a chunk or a header of another file of the same user', async () => {
    const one = chunksOf(await sealed(fileOf(2 * CHUNK_BYTES)));
    const other = chunksOf(await sealed(fileOf(2 * CHUNK_BYTES)));
    const [first = new Uint8Array(), last = new Uint8Array()] = one.chunks;
    await refused(joined(one.header, other.chunks[0] ?? first, last));
    await refused(joined(one.header, first, other.chunks[1] ?? last));
    await refused(joined(other.header, first, last));
  });

  test('under another key, another name or none', async () => {
    const file = await sealed(fileOf(100));
    await refused(file, new Uint8Array(32).fill(2));
    for (const name of ['usr_b/file_1', 'usr_a/file_2', '']) await refused(file, KEY, name);
  });

  test('that never was one', async () => {
    for (const bytes of [new Uint8Array(), fileOf(200), new Uint8Array(2 * SEALED_CHUNK)])
      await refused(bytes);
  });
});

test('a key of another length seals nothing', async () => {
  for (const length of [0, 16, 31, 33])
    await expect(sealed(fileOf(1), new Uint8Array(length))).rejects.toThrow('a key has 32 bytes');
});
