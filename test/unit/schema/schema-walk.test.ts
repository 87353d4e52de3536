/** The walk through the schema that `docs/rights.md` is made of: no field is left out. */
import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { coordinatesOf, waysThrough } from '../../support/rights/schema-walk.ts';

const SCHEMA = `
  type Query { viewer: User price(symbol: String!): Price }
  type Price { usd: Float }
  type User { email: String letters: [Letter!] }
  type Letter { text: String from: User stamp: Price }
`;
const ENTRIES = [
  { title: 'public', type: 'Query' },
  { title: 'own', type: 'User' },
];
const walk = (more = '', given = ['Query.price']) =>
  waysThrough(buildSchema(SCHEMA + more), ENTRIES, new Set(given));

describe('the walk', () => {
  test('reaches each field once, from the first entry that leads to it', () => {
    const reached = walk().map(
      ({ entry, steps }) => `${entry.title}: ${steps.map(({ name }) => name).join('.')}`,
    );
    expect(reached).toEqual([
      ...['public: viewer', 'public: price', 'public: price.usd'],
      ...['own: email', 'own: letters', 'own: letters.text', 'own: letters.from', 'own: letters.stamp'],
    ]);
  });

  test('fails for a field that no entry reaches, and for one whose arguments nobody gave', () => {
    expect(() => walk('type Secret { word: String } interface Hidden { word: String }')).toThrow(
      'no entry reaches Secret.word, Hidden.word',
    );
    expect(() => walk('', [])).toThrow('nobody has given the arguments of Query.price');
    expect(() => walk('extend type Letter { copy(to: ID!): String }')).toThrow(
      'the arguments of Letter.copy',
    );
  });

  test('reaches a field that is new', () => {
    const schema = buildSchema(
      `${SCHEMA} extend type Letter { secret: Secret } type Secret { word: String }`,
    );
    const reached = waysThrough(schema, ENTRIES, new Set(['Query.price']));
    expect(new Set(reached.map(({ steps }) => steps.at(-1)?.coordinate))).toEqual(
      new Set(coordinatesOf(schema)),
    );
  });
});
