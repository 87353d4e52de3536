import fc from 'fast-check';
import { expect, test } from 'vitest';
import { flatText, repeatedTexts } from '../../../schema/flat-text.ts';

test('a flat text is the same text, also with halves of surrogate pairs', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => flatText(text) === text));
  expect(flatText('\ud83d and \udc0d')).toBe('\ud83d and \udc0d');
});

test('a text is made once for each key, and no more than 4,096 are kept', () => {
  const made: number[] = [];
  const textOf = repeatedTexts((key: number) => {
    made.push(key);
    return `text ${key}`;
  });
  for (const key of [1, 2, 1, 2]) expect(textOf(key)).toBe(`text ${key}`);
  expect(made).toEqual([1, 2]);
  for (let key = 3; key <= 4_097; key += 1) textOf(key);
  expect(textOf(4_097)).toBe('text 4097');
  expect(made).toHaveLength(4_097);
  expect(textOf(1)).toBe('text 1');
  expect(made).toHaveLength(4_098);
});
