import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteRangeOf, sliceOf } from '../../../src/http/byte-range.ts';

const size = fc.nat({ max: 40 });
const position = fc.oneof(fc.nat({ max: 50 }), fc.constantFrom(2 ** 53, 2 ** 64, 10 ** 30));
const digits = (value: number | null) => (value === null ? '' : BigInt(value).toString());

/** The bytes that a range selects, one by one; null where the header means nothing. */
function selected(first: number | null, last: number | null, of: number): number[] | null {
  const all = Array.from({ length: of }, (_, at) => at);
  if (first === null) return last === null ? null : all.filter((at) => at >= of - last);
  if (last !== null && last < first) return null;
  return all.filter((at) => at >= first && (last === null || at <= last));
}

test('a range is exactly the bytes of the file that it selects', () => {
  fc.assert(
    fc.property(size, fc.option(position), fc.option(position), (of, first, last) => {
      const range = byteRangeOf(`bytes=${digits(first)}-${digits(last)}`);
      const bytes = selected(first, last, of);
      const slice = range && sliceOf(range, of);
      const isEndOfNothing = of === 0 && first === null && last !== 0;
      if (bytes === null) expect(range).toBeNull();
      else if (bytes.length > 0) expect(slice).toEqual({ offset: bytes[0], length: bytes.length });
      else expect([range !== null, slice]).toEqual([true, isEndOfNothing ? 'whole' : null]);
    }),
  );
});

test('R2 is never given a number that is not exact', () => {
  fc.assert(
    fc.property(fc.option(position), fc.option(position), (first, last) => {
      const range = byteRangeOf(`bytes=${digits(first)}-${digits(last)}`);
      for (const value of Object.values(range ?? {})) expect(Number.isSafeInteger(value)).toBe(true);
    }),
  );
});
