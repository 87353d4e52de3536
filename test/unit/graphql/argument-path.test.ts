import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';
import { createArgumentPathFinder } from '../../../src/graphql/argument-path.ts';

const schema = buildSchema(`
  input Where { name: String, any: [Where!], all: [[Int]] }
  type Query { list(where: Where, first: Int): [Query], name: String }
`);

const pathsIn = (document: string) => validate(schema, parse(document)).map(createArgumentPathFinder());

test.each([
  ['{ list(first: "x") { name } }', ['first']],
  ['{ list { list { list(where: { name: 5 }) { name } } } }', ['where', 'name']],
  [
    '{ list(where: { any: [{ name: "a" }, { any: [{ name: 5 }] }] }) { name } }',
    ['where', 'any', 1, 'any', 0, 'name'],
  ],
  ['{ list(where: { all: [[1], [2, "x"]] }) { name } }', ['where', 'all', 1, 1]],
  ['{ list(where: { nothing: 1 }) { name } }', ['where', 'nothing']],
  ['{ list(nothing: 1) { name } }', ['nothing']],
  ['{ list(first: 1) { name @include(if: 5) } }', ['if']],
  ['query ($where: Where = { name: 5 }) { list(where: $where) { name } }', undefined],
  ['{ nothing }', undefined],
])('%s', (document, path) => {
  expect(pathsIn(document)).toEqual([path]);
});

test('finds each of several errors', () => {
  expect(pathsIn('{ a: list(first: "x") { name } b: list(where: { name: 5 }) { name } }')).toEqual([
    ['first'],
    ['where', 'name'],
  ]);
});
