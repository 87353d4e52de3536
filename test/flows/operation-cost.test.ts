import { complexityFromQuery } from '@pothos/plugin-complexity';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { schema } from '../../schema/schema.ts';
import { OPERATION_MAX_COST } from '../../src/config.ts';
import { operationCost } from '../../src/operations/operation-cost.ts';

const VARIABLES = {
  symbol: 'BTC',
  id: 'x',
  by: { slug: 'x' },
  query: 'bit',
  symbols: ['BTC', 'ETH', 'SOL'],
  first: 7,
  pools: 3,
  otherPools: 2,
};
const costOf = (text: string, variables = {}, name?: string) =>
  operationCost(schema, parse(text), variables, name);

describe('the cost is the complexity plugin’s', () => {
  const documents = [
    ...manifest.operations.map(({ document }) => document),
    '{ projects(first: 5) { nodes { id idoPools { id } } edges { node { ...P } } } } fragment P on Project { price { history(period: MONTH) { time } } }',
    'query ($symbols: [String!]!) { prices(symbols: $symbols) { ...F } } fragment F on Price { price ...G ... on Price { symbol } } fragment G on Price { rank }',
    '{ node(id: "x") { id ... on Project { name idoPools(first: 4) { id } } ... on IdoPool { project { tags } } } }',
    '{ nodes(ids: ["a", "b"]) { __typename id } comparePrices(symbols: ["A", "B"]) { entries { rank } } }',
    '{ viewer { investments(first: 3) { nodes { id } pageInfo { endCursor } } portfolio { holdings { symbol invested { token } } } } }',
  ];
  test.each(documents)('%s', (text) => {
    expect(costOf(text, VARIABLES)).toBe(
      complexityFromQuery(text, { schema, variables: VARIABLES }).complexity,
    );
  });
});

test('every operation of the build may be sent as a document, its lists as long as they can be', () => {
  const most = { symbols: Array.from({ length: 100 }, () => 'BTC'), first: 100, pools: 100, otherPools: 100 };
  for (const { document } of manifest.operations) {
    expect(costOf(document, most)).toBeLessThanOrEqual(OPERATION_MAX_COST);
  }
});

test('variables that are missing, or no numbers, are left to execution', () => {
  const text = 'query ($n: Int!) { projects(first: $n) { totalCount } prices(symbols: ["A"]) { price } }';
  expect(costOf(text)).toBe(costOf(text, { n: 20 }));
  for (const n of [0, -1, 2_147_483_647]) expect(costOf(text, { n })).toBeLessThan(OPERATION_MAX_COST);
});

test('the operation that is named is counted', () => {
  const text = 'query A { __typename } query B { projects(first: 50) { totalCount } }';
  expect([costOf(text, {}, 'A'), costOf(text, {}, 'B')]).toEqual([1, 51]);
});

test('a fragment in many others is counted at each place and read once', () => {
  const doubling = Array.from(
    { length: 200 },
    (_, at) => `fragment F${at} on Query { ...F${at + 1} ...F${at + 1} }`,
  );
  const text = `{ ...F0 } ${doubling.join(' ')} fragment F200 on Query { __typename }`;
  expect(costOf(text)).toBe(2 ** 200);
});
