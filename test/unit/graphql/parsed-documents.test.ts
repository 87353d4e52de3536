import { type DocumentNode, parse } from 'graphql';
import { expect, test } from 'vitest';
import { ParsedDocuments } from '../../../src/graphql/parsed-documents.ts';

const document: DocumentNode = parse('{ __typename }');
const textOf = (name: string, characters: number) => name.padEnd(characters, '#');

test('gives back what it was given, and nothing else', () => {
  const documents = new ParsedDocuments();
  documents.set('a', document);
  expect(documents.get('a')).toBe(document);
  expect(documents.get('b')).toBeUndefined();
});

test('forgets the oldest texts beyond 100,000 characters', () => {
  const documents = new ParsedDocuments();
  for (const name of ['a', 'b', 'c', 'd']) documents.set(textOf(name, 25_000), document);
  documents.set(textOf('a', 25_000), document);
  expect(documents.get(textOf('a', 25_000))).toBe(document);
  documents.set('one more', document);
  expect(documents.get(textOf('a', 25_000))).toBeUndefined();
  for (const name of ['b', 'c', 'd']) expect(documents.get(textOf(name, 25_000))).toBe(document);
  expect(documents.get('one more')).toBe(document);
});

test('does not keep a text that is too long by itself, nor forget others for it', () => {
  const documents = new ParsedDocuments();
  documents.set('a', document);
  documents.set(textOf('b', 100_001), document);
  expect(documents.get(textOf('b', 100_001))).toBeUndefined();
  expect(documents.get('a')).toBe(document);
});
