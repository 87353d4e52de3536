import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addCalls, CALL_NAMES, type CallCounts, noCalls } from '../../../src/observability/call-counts.ts';

const counts: fc.Arbitrary<CallCounts> = fc
  .array(fc.nat(1_000_000), { minLength: CALL_NAMES.length, maxLength: CALL_NAMES.length })
  .map((drawn) => ({
    ...noCalls(),
    ...Object.fromEntries(CALL_NAMES.map((name, index) => [name, drawn[index]])),
  }));

test('the rows of D1 have each count', () => {
  expect(Object.keys(noCalls())).toEqual(CALL_NAMES);
});

test('adding calls adds each count', () => {
  fc.assert(
    fc.property(counts, counts, (first, second) => {
      const sum = { ...first };
      addCalls(sum, second);
      for (const name of CALL_NAMES) expect(sum[name]).toBe(first[name] + second[name]);
    }),
  );
});
