import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldText } from '../../../src/storage/d1/fold-text.ts';

const text = fc.string({ unit: 'binary', maxLength: 20 });

test('a folded text is folded already', () => {
  fc.assert(
    fc.property(text, (any) => {
      expect(foldText(foldText(any))).toBe(foldText(any));
    }),
    { numRuns: 5_000 },
  );
});

test('every character folds as its upper case, its lower case and its compositions do', () => {
  const different: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    const folded = foldText(character);
    const variants = [
      character.toLowerCase(),
      character.toUpperCase(),
      ...['NFC', 'NFD', 'NFKC', 'NFKD'].map((form) => character.normalize(form)),
    ];
    // Most characters have no other: their folding is not compared with itself.
    if (variants.some((variant) => variant !== character && foldText(variant) !== folded))
      different.push(code.toString(16));
  }
  expect(different).toEqual([]);
});

test.each([
  ['Straße', 'strasse'],
  ['STRAẞE', 'strasse'],
  ['İstanbul', 'istanbul'],
  ['ISPARTA ısparta', 'isparta isparta'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφοσ'],
  ['ﬁne ﬀ', 'fine ff'],
  ['Ｆｕｌｌ', 'full'],
  ['ſ', 's'],
  ['ŉ', 'ʼn'],
  ['a\u200b\u200d\u2060\ufeff\u00ad\ufe0fb', 'ab'],
  ['\ud800', '\ufffd'],
  ['\u0000 a\tb\n', 'a b'],
  // Marks stay: in many scripts they are letters, and か is not が.
  ['É', 'é'],
  ['ガ', 'ガ'],
])('%j folds to %j', (given, folded) => {
  expect(foldText(given)).toBe(folded);
});
