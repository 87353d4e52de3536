import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchingForm, plainForm } from '../../../../src/chat/rules/matching-form.ts';
import { skeletonWords } from '../../../../src/chat/rules/skeleton.ts';

describe('forms for matching', () => {
  it('are the same for what looks the same', () => {
    expect(matchingForm('рауpаl ＰＡＹＰＡＬ 𝓹𝓪𝔂𝓹𝓪𝓵 pa\u200by\u0301pal')).toBe('paypal paypal paypal paypal');
    expect(plainForm('АВс')).toBe('ABc');
    expect(skeletonWords('W4ll3t s.e.e.d V E R I F Y  n o w corn')).toEqual(
      skeletonWords('wallet seed verify now com'),
    );
  });

  it('are forms of themselves', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), (text) => {
        expect(matchingForm(matchingForm(text))).toBe(matchingForm(text));
        expect(plainForm(plainForm(text))).toBe(plainForm(text));
      }),
      { numRuns: 3_000 },
    );
  });
});
