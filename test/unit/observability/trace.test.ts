import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { traceIn, traceOf } from '../../../src/observability/trace.ts';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const id = (length: number) => hex(length).filter((digits) => /[^0]/.test(digits));

describe('a header', () => {
  test('gives its trace, and is passed on with its own span and flags', () => {
    fc.assert(
      fc.property(id(32), id(16), hex(2), (traceId, parentId, flags) => {
        const traceparent = `00-${traceId}-${parentId}-${flags}`;
        expect(traceIn(traceparent)).toEqual({ traceId, traceparent });
      }),
    );
  });

  test('of a later version is read as far as version 00 knows it', () => {
    const [traceId, rest] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7-01'];
    const known = { traceId, traceparent: `00-${traceId}-${rest}` };
    expect(traceIn(`cc-${traceId}-${rest}`)).toEqual(known);
    expect(traceIn(`cc-${traceId}-${rest}-what-the-future-will-be-like`)).toEqual(known);
    expect(traceIn(`ff-${traceId}-${rest}`)).toBeNull();
    expect(traceIn(`00-${traceId}-${rest}-more`)).toBeNull();
  });

  test('that is not valid gives none, whatever is wrong', () => {
    const valid = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const change = fc.tuple(
      fc.nat(valid.length - 1),
      fc.constantFrom('', 'G', 'A', ' ', '\n', '--', '0\r\nx: y'),
    );
    fc.assert(
      fc.property(change, ([at, put]) => {
        expect(traceIn(valid.slice(0, at) + put + valid.slice(at + 1))).toBeNull();
      }),
    );
    for (const wrong of [
      null,
      '',
      valid.replace(/4bf\w+/, '0'.repeat(32)),
      valid.replace(/00f\w+/, '0'.repeat(16)),
    ])
      expect([wrong, traceIn(wrong)]).toEqual([wrong, null]);
  });
});

test('a request without a trace begins one, which its id names', () => {
  fc.assert(
    fc.property(fc.uuid({ version: 4 }), (requestId) => {
      const trace = traceOf(requestId);
      expect(trace.traceId).toBe(requestId.replaceAll('-', ''));
      expect(traceIn(trace.traceparent)).toEqual(trace);
    }),
  );
});
