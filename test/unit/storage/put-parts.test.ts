import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { partsOf, putParts } from '../../../src/storage/r2/put-parts.ts';

async function* chunksOf(chunks: readonly Uint8Array[], end?: Error) {
  yield* chunks;
  if (end !== undefined) throw end;
}

const PART = 7;
const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 });

/** A bucket that shows what happened to it. */
function bucket() {
  const events: string[] = [];
  const upload = {
    uploadPart: async (partNumber: number, part: Uint8Array) => {
      events.push(`part ${partNumber}: ${part.byteLength}`);
      return { partNumber, etag: '' };
    },
    complete: async (parts: unknown[]) => {
      events.push(`complete ${parts.length}`);
      return {};
    },
    abort: async () => {
      events.push('abort');
    },
  };
  const fake = {
    put: async (_key: string, bytes: Uint8Array) => {
      events.push(`put ${bytes.byteLength}`);
      return {};
    },
    createMultipartUpload: async () => upload,
  };
  return { events, bucket: fake as unknown as R2Bucket };
}

async function put(lengths: number[], end?: Error) {
  const { events, bucket: target } = bucket();
  const rest = partsOf(
    chunksOf(
      lengths.map((length) => new Uint8Array(length)),
      end,
    ),
    PART,
  );
  const first = (await rest.next()).value;
  if (first === undefined) throw new Error('no part');
  const outcome = await putParts(target, 'key', { first, rest }, {}).catch((error: unknown) => error);
  return { events, outcome };
}

describe('the parts of a file', () => {
  test('are equally long but for the last one, and the file together', async () => {
    await fc.assert(
      fc.asyncProperty(chunks, async (given) => {
        const parts = await Array.fromAsync(partsOf(chunksOf(given), PART));
        expect(parts.flatMap((part) => [...part])).toEqual(given.flatMap((chunk) => [...chunk]));
        for (const part of parts.slice(0, -1)) expect(part.byteLength).toBe(PART);
        expect(parts.every(({ byteLength }) => byteLength > 0 && byteLength <= PART)).toBe(true);
      }),
    );
  });

  test('become one object', async () => {
    expect((await put([3, 4])).events).toEqual(['put 7']);
    expect((await put([20, 1])).events).toEqual(['part 1: 7', 'part 2: 7', 'part 3: 7', 'complete 3']);
    expect((await put([8])).events).toEqual(['part 1: 7', 'part 2: 1', 'complete 2']);
  });

  test('become none where the file breaks off', async () => {
    const broken = new Error('broken');
    expect(await put([7], broken)).toEqual({ events: [], outcome: broken });
    expect(await put([15], broken)).toEqual({ events: ['part 1: 7', 'part 2: 7', 'abort'], outcome: broken });
  });
});
