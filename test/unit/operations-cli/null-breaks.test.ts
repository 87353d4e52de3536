import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { findBreaks } from '../../../scripts/operations/find-breaks.ts';

describe('a place that takes no null any more', () => {
  const oldSdl = `
    enum Currency { USD BTC }
    input Filter { tag: String = "a", tags: [String!] = ["a"], inner: Filter }
    directive @shown(in: Currency = USD) on FIELD
    type Price { in(currency: Currency = USD): Float }
    type Query {
      price(currency: Currency = USD): Price
      list(filter: Filter, ids: [ID] = ["a"]): Float
      strict(currency: Currency! = USD): Float
      plain(currency: Currency): Float
    }`;
  const breaksOf = (document: string, from: string, to: string) => {
    const live = [{ id: 'a', name: 'A', document, count: 1, releases: [] }];
    return findBreaks(live, buildSchema(oldSdl), buildSchema(oldSdl.replace(from, to))).flatMap(
      ({ breaks }) => breaks,
    );
  };
  const argument = ['price(currency: Currency = USD)', 'price(currency: Currency! = USD)'] as const;

  it.each([
    ['an argument', 'query A($c: Currency) { price(currency: $c) { in } }', ...argument],
    [
      'an argument, from a variable with a default',
      'query A($c: Currency = BTC) { price(currency: $c) { in } }',
      ...argument,
    ],
    [
      'an argument, from a variable with the default null',
      'query A($c: Currency = null) { price(currency: $c) { in } }',
      ...argument,
    ],
    [
      'an argument without a default, from a variable with one',
      'query A($c: Currency = BTC) { plain(currency: $c) }',
      'plain(currency: Currency)',
      'plain(currency: Currency!)',
    ],
    [
      'an argument in a fragment',
      'query A($c: Currency) { price { ...F } } fragment F on Price { in(currency: $c) }',
      'in(currency: Currency = USD)',
      'in(currency: Currency! = USD)',
    ],
    [
      'an argument of a directive',
      'query A($c: Currency) { strict @shown(in: $c) }',
      '@shown(in: Currency = USD)',
      '@shown(in: Currency! = USD)',
    ],
    [
      'an input field',
      'query A($t: String) { list(filter: { tag: $t }) }',
      'tag: String = "a"',
      'tag: String! = "a"',
    ],
    [
      'an input field of an object in an object',
      'query A($t: String) { list(filter: { inner: { tag: $t } }) }',
      'tag: String = "a"',
      'tag: String! = "a"',
    ],
    [
      'an input field that is a list',
      'query A($t: [String!]) { list(filter: { tags: $t }) }',
      'tags: [String!] = ["a"]',
      'tags: [String!]! = ["a"]',
    ],
    [
      'an input field of a variable',
      'query A($f: Filter) { list(filter: $f) }',
      'tag: String = "a"',
      'tag: String! = "a"',
    ],
    [
      'an item of a list, from a variable with a default',
      'query A($i: ID = "b") { list(ids: [$i]) }',
      'ids: [ID] =',
      'ids: [ID!] =',
    ],
  ])('breaks what may send null to %s', (_what, document, from, to) => {
    expect(breaksOf(document, from, to)).toEqual([
      {
        kind: 'VARIABLES',
        message: expect.stringMatching(/^\$\w: .* was .* and becomes .*!: the app may send null$/),
      },
    ]);
  });

  it('is named', () => {
    const [broken] = breaksOf('query A($c: Currency) { price(currency: $c) { in } }', ...argument);
    expect(broken?.message).toBe(
      '$c: Query.price(currency:) was Currency and becomes Currency!: the app may send null',
    );
  });

  it.each([
    ['null itself', 'query A { price(currency: null) { in } }', ...argument],
    [
      'null in an input object',
      'query A { list(filter: { tag: null }) }',
      'tag: String = "a"',
      'tag: String! = "a"',
    ],
    ['null in a list', 'query A { list(ids: [null]) }', 'ids: [ID] =', 'ids: [ID!] ='],
    [
      'null in the default of a variable',
      'query A($f: Filter = { tag: null }) { list(filter: $f) }',
      'tag: String = "a"',
      'tag: String! = "a"',
    ],
    [
      'a nullable variable as an item of a list',
      'query A($i: ID) { list(ids: [$i]) }',
      'ids: [ID] =',
      'ids: [ID!] =',
    ],
    [
      'a variable that is a list of nullable items',
      'query A($i: [ID]) { list(ids: $i) }',
      'ids: [ID] =',
      'ids: [ID!] =',
    ],
  ])('does not run %s', (_what, document, from, to) => {
    expect(breaksOf(document, from, to)).toContainEqual(expect.objectContaining({ kind: 'DOCUMENT' }));
  });

  it.each([
    ['sends no null', 'query A($c: Currency!) { price(currency: $c) { in } }', ...argument],
    ['leaves it out', 'query A { price { in } }', ...argument],
    ['writes a value', 'query A { price(currency: BTC) { in } }', ...argument],
    ['could send none before', 'query A($c: Currency) { strict(currency: $c) }', ...argument],
  ])('does not break an app that %s', (_what, document, from, to) => {
    expect(breaksOf(document, from, to)).toEqual([]);
  });
});
