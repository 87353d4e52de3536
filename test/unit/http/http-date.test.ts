import fc from 'fast-check';
import { expect, test } from 'vitest';
import { httpDateSeconds } from '../../../src/http/http-date.ts';

const NOW_MS = Date.UTC(2026, 10, 26);
const SUNDAY = 784_111_777;

test.each(['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994'])(
  'the three forms of RFC 9110 are read: %s',
  (text) => {
    expect(httpDateSeconds(text, NOW_MS)).toBe(SUNDAY);
  },
);

test('a year of two digits is at most 50 years ahead', () => {
  const yearOf = (text: string) => new Date((httpDateSeconds(text, NOW_MS) ?? 0) * 1000).getUTCFullYear();
  expect(yearOf('Thursday, 26-Nov-26 00:00:00 GMT')).toBe(2026);
  expect(yearOf('Thursday, 26-Nov-76 00:00:00 GMT')).toBe(2076);
  expect(yearOf('Saturday, 26-Nov-77 00:00:00 GMT')).toBe(1977);
});

test('a date that a server sends is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (seconds) => {
      expect(httpDateSeconds(new Date(seconds * 1000).toUTCString(), NOW_MS)).toBe(seconds);
    }),
  );
});

test.each([
  '',
  '0',
  '1994',
  '1994-11-06T08:49:37Z',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 CET',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Mon, 06 Nov 1994 08:49:37 GMT',
  'Wed, 31 Feb 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 25:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 GMT, Mon, 07 Nov 1994 08:49:37 GMT',
])('anything else is no date: %j', (text) => {
  expect(httpDateSeconds(text, NOW_MS)).toBeNull();
});
