import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageText } from '../../../../src/chat/rules/message-text.ts';

const REFUSED = { code: 'VALIDATION_FAILED', field: ['input', 'text'] };
const FORBIDDEN = /(?!\n)[\p{Cc}\p{Cs}\u00ad\u200b\u2028-\u202e\u2060-\u206f\ufeff]/u;

describe('the text of a message', () => {
  it('is trimmed, stored as NFC, and has no more than one empty line between two others', () => {
    expect(messageText('  cafe\u0301\r\n\r\n\n\u2029ok\tnow ')).toBe('café\n\nok now');
  });

  it.each([
    ['a family and a flag of emoji', '👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👩🏽‍🚀 ❤️ 1️⃣'],
    ['Arabic and Hebrew', 'مرحبا بالجميع، שָׁלוֹם'],
    ['Persian with a non-joiner', 'می\u200cخواهم'],
    ['Thai', 'ที่นี่มีคนไทยไหม'],
    ['Hindi', 'क्या आप ठीक हैं? श्री'],
    ['Vietnamese', 'Khi nào mở bán vậy mọi người?'],
    ['Japanese', '明日は上場ですか？'],
  ])('keeps %s', (_, text) => {
    expect(messageText(text)).toBe(text.normalize('NFC'));
  });

  it('counts an emoji family as one of 500 characters', () => {
    expect(messageText('👩‍👧'.repeat(371))).toBe('👩‍👧'.repeat(371));
    expect(messageText('e\u0301'.repeat(500))).toBe('é'.repeat(500));
    expect(messageText('a'.repeat(501))).toMatchObject(REFUSED);
    expect(messageText('👩‍👧'.repeat(373))).toMatchObject(REFUSED);
  });

  it.each([
    ['nothing', ' \n '],
    ['nothing that one sees', '\u200b\u2060\u2800\u3164'],
    ['zalgo', 'h\u0310\u0311\u0312\u0313ello'],
    ['a heap of marks of its own script', 'ก\u0e38\u0e38\u0e38\u0e38\u0e38\u0e38'],
    ['an override of direction', 'send to \u202emoc.live'],
    ['an embedding', 'a\u202bb'],
    ['a control character', 'a\u0007b'],
    ['half of a pair', 'a\ud83d'],
    ['a private character', 'a\ue000'],
    ['a cluster without end', `👩${'\u200d👩'.repeat(20)}`],
    ['eleven lines', `${'a\n'.repeat(10)}b`],
  ])('is refused with %s', (_, text) => {
    expect(messageText(text)).toMatchObject(REFUSED);
  });

  it('loses isolates and hidden characters', () => {
    expect(messageText('a\u2066b\u2069 c\u200bd\ufeff e\u200df \u{e0041}g\u00adh')).toBe('ab cd ef gh');
  });

  it('is normalised once for all, whatever is given', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u200d',
        '\u200c',
        '\ufe0f',
        '\u0301',
        '\u202e',
        '\u2067',
        '\n',
        ' ',
        '\u212a',
        'क',
        '्',
        '👩',
        '\u{1f3f4}',
        '\u{e0067}',
      ),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 30 }), (parts) => {
        const text = messageText(parts.join(''));
        if (typeof text !== 'string') return;
        expect(messageText(text)).toBe(text);
        expect(text).not.toMatch(FORBIDDEN);
        expect(text).toBe(text.normalize('NFC').trim());
      }),
      { numRuns: 2_000 },
    );
  });
});
