import { complexityFromQuery } from '@pothos/plugin-complexity';
import { buildSchema, type GraphQLObjectType, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import { schema } from '../../schema/schema.ts';
import { OPERATION_MAX_COST } from '../../src/config.ts';
import { greatestOperationCost, isAllowedCost, operationCost } from '../../src/operations/operation-cost.ts';
import { variableBoundsOf } from '../../src/operations/variable-bounds.ts';
import { ANYTHING, restVariables } from '../support/rest-variables.ts';

const VARIABLES = {
  symbol: 'BTC',
  id: 'x',
  by: { slug: 'x' },
  of: { projectId: 'x' },
  roomId: 'x',
  messageId: 'x',
  reason: 'a',
  query: 'bit',
  symbols: ['BTC', 'ETH', 'SOL'],
  first: 7,
  pools: 3,
  otherPools: 2,
};
/** Names of variables that are members of every object, too. */
const INHERITED = Object.getOwnPropertyNames(Object.prototype);
const greatestCostOf = (text: string, of = schema) =>
  greatestOperationCost(of, parse(text), variableBoundsOf(of, parse(text)));
const costOf = (text: string, variables = {}, name?: string) =>
  operationCost(schema, parse(text), variables, name);

/** The plugin coerces variables. By operation, the input that it takes. */
const INPUTS: Record<string, object> = {
  Register: { email: 'a', password: 'b' },
  LogIn: { email: 'a', password: 'b' },
  CreateWalletChallenge: { address: '0x' },
  ConnectWallet: { message: 'a', signature: '0x' },
  ChangePassword: { currentPassword: 'a', newPassword: 'b' },
  UpdateProfile: {},
  InvestInPool: { poolId: 'x', amount: '1', idempotencyKey: 'a' },
  CreateUpload: { kind: 'AVATAR', contentType: 'image/png', sizeBytes: 1 },
  SubmitPayment: { investmentId: 'x', transactionHash: 'a' },
  PostChatMessage: { roomId: 'x', text: 'a', clientMutationId: 'a' },
  ReactToChatMessage: { messageId: 'x', kind: 'LIKE' },
  ModerateChat: { roomId: 'x', action: 'PIN' },
};

describe('the cost is the complexity plugin’s', () => {
  const documents = [
    ...manifest.operations.map(({ document }) => document),
    '{ projects(first: 5) { nodes { id idoPools { id } } edges { node { ...P } } } } fragment P on Project { price { history(period: MONTH) { time } } }',
    'query ($symbols: [String!]!) { prices(symbols: $symbols) { ...F } } fragment F on Price { price ...G ... on Price { symbol } } fragment G on Price { rank }',
    '{ projects(first: 9) { nodes { candles { time open } few: candles(last: 1) { time } more: candles(interval: DAY, last: 480) { close } } } }',
    '{ node(id: "x") { id ... on Project { name idoPools(first: 4) { id } } ... on IdoPool { project { tags } } } }',
    '{ nodes(ids: ["a", "b"]) { __typename id } comparePrices(symbols: ["A", "B"]) { entries { rank } } }',
    '{ viewer { investments(first: 3) { nodes { id } pageInfo { endCursor } } portfolio { holdings { symbol invested { token } } } } }',
  ];
  test.each(documents)('%s', (text) => {
    const name = /^mutation (\w+)/.exec(text)?.[1] ?? '';
    const ids = { sessionId: 'a', poolId: 'a', investmentId: 'a', uploadId: 'a' };
    const variables = { ...VARIABLES, ...ids, input: INPUTS[name], refreshToken: 'a' };
    expect(costOf(text, variables)).toBe(complexityFromQuery(text, { schema, variables }).complexity);
  });

  test.each(restManifest.operations)('$name', ({ name, document }) => {
    const variables = restVariables(name, ANYTHING, 7);
    expect(costOf(document, variables)).toBe(complexityFromQuery(document, { schema, variables }).complexity);
  });
});

test('every operation of the build may be sent as a document, its lists as long as they can be', () => {
  const most = { symbols: Array.from({ length: 100 }, () => 'BTC'), first: 100, pools: 100, otherPools: 100 };
  for (const { document } of manifest.operations) {
    expect(costOf(document, most)).toBeLessThanOrEqual(OPERATION_MAX_COST);
  }
  // `/api` sends each symbol once.
  const symbols = most.symbols.map((symbol, place) => symbol + place);
  for (const { name, document } of restManifest.operations) {
    const variables = restVariables(name, { ...ANYTHING, symbols }, 100);
    expect(costOf(document, variables)).toBeLessThanOrEqual(OPERATION_MAX_COST);
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

describe.each(INHERITED)('a variable called %s', (name) => {
  const page = `query ($${name}: Int) { projects(first: $${name}) { nodes { idoPools(first: 100) { id } } } }`;
  const literal = (first: number) => page.replace(/\(\$.*?Int\)/, '').replace(`$${name}`, String(first));

  test('counts by its value, or as nothing where it has none', () => {
    for (const variables of [{}, JSON.parse(`{"${name}":null}`)]) {
      expect(costOf(page, variables)).toBe(costOf(literal(20)));
    }
    expect(costOf(page, JSON.parse(`{"${name}":7}`))).toBe(costOf(literal(7)));
    expect(costOf(page.replace('Int)', 'Int = 3)'))).toBe(costOf(literal(3)));
  });

  test('is bounded like any other', () => {
    expect(greatestCostOf(page)).toBe(costOf(literal(100)));
    const unbounded = `query ($${name}: String) { projects(first: 1, after: $${name}) { totalCount } }`;
    expect(greatestCostOf(unbounded)).toBe(costOf('{ projects(first: 1) { totalCount } }'));
    const bounds = variableBoundsOf(schema, parse(page));
    expect(Object.entries(bounds)).toEqual([[name, 100]]);
  });
});

test('an offset sizes no list', () => {
  const LISTS = ['projects', 'idoPools', 'investments', 'transactions'];
  for (const list of LISTS) {
    const operation = (variables: string, args: string) =>
      list === 'projects' || list === 'idoPools'
        ? `query (${variables}) { ${list}(${args}) { nodes { id } } }`
        : `query (${variables}) { viewer { ${list}(${args}) { nodes { id } } } }`;
    const both = operation('$first: Int, $offset: Int', 'first: $first, offset: $offset');
    const sized = operation('$first: Int', 'first: $first');
    const alone = operation('$offset: Int = 10000', 'first: 7, offset: $offset');
    expect(variableBoundsOf(schema, parse(both))).toEqual({ first: 100 });
    expect(variableBoundsOf(schema, parse(alone))).toEqual({});
    expect(greatestCostOf(both)).toBe(greatestCostOf(sized));
    for (const offset of [0, -1, 10_000, 2_147_483_647, 'many', null]) {
      expect(costOf(both, { first: 7, offset })).toBe(costOf(sized, { first: 7 }));
      expect(costOf(alone, { offset })).toBe(costOf(sized, { first: 7 }));
    }
    expect(greatestCostOf(alone)).toBe(costOf(sized, { first: 7 }));
    // One variable in both places is bounded as a size.
    const shared = operation('$n: Int', 'first: $n, offset: $n');
    expect(variableBoundsOf(schema, parse(shared))).toEqual({ n: 100 });
    expect(greatestCostOf(shared)).toBe(greatestCostOf(sized));
  }
});

describe('the greatest cost takes the dearest value of an enum', () => {
  const history = (period: string, variables = '') =>
    `query ${variables} { prices(symbols: ["A", "B"]) { history(period: ${period}) { time price } } }`;
  const dearest = costOf(history('MONTH'));

  test.each(['($p: Period)', '($p: Period = HOUR)', '($p: Period! = HOUR)', '($p: Period!)'])(
    'of a variable %s',
    (variables) => {
      expect(dearest).toBeGreaterThan(costOf(history('WEEK')));
      expect(greatestCostOf(history('$p', variables))).toBe(dearest);
    },
  );

  test('and of no other place', () => {
    expect(greatestCostOf(history('HOUR'))).toBe(costOf(history('HOUR')));
    expect(costOf(history('$p', '($p: Period)'), { p: 'WEEK' })).toBe(costOf(history('WEEK')));
    expect(costOf(history('$p', '($p: Period = WEEK)'))).toBe(costOf(history('WEEK')));
  });

  /** Its costs are those of the enum's values, in lists and input objects as well, and 9 without any. */
  const sizes = buildSchema(`
    type Query { one(size: Size): Item, many(sizes: [Size!]): Item, within(by: By): Item, deep(by: [By!]!): Item }
    type Item { id: ID }
    enum Size { SMALL LARGE MIDDLE }
    input By { size: Size, sizes: [Size], by: By }
  `);
  const COST: Record<string, number> = { SMALL: 1, LARGE: 100, MIDDLE: 10 };
  interface By {
    size?: string;
    sizes?: (string | null)[];
    by?: By;
  }
  const costOfSize = (size: string | null | undefined) => COST[size ?? ''] ?? 9;
  const costOfBy = (by: By | undefined): number =>
    Math.max(costOfSize(by?.size), ...(by?.sizes ?? []).map(costOfSize), by?.by ? costOfBy(by.by) : 0);
  const root = (sizes.getQueryType() as GraphQLObjectType).getFields();
  const complexities: Record<string, (args: never) => number> = {
    one: ({ size }: { size?: string }) => costOfSize(size),
    many: ({ sizes: asked = [] }: { sizes?: string[] }) => Math.max(9, ...asked.map(costOfSize)),
    within: ({ by }: { by?: By }) => costOfBy(by?.by ?? by),
    deep: ({ by }: { by?: By[] }) => Math.max(9, ...(by ?? []).map(({ size }) => costOfSize(size))),
  };
  for (const [name, complexity] of Object.entries(complexities)) {
    Object.assign(root[name]?.extensions ?? {}, { complexity });
  }

  test.each([
    'query ($v: Size) { one(size: $v) { id } }',
    'query ($v: [Size!]) { many(sizes: $v) { id } }',
    'query ($v: Size!) { many(sizes: [SMALL, $v]) { id } }',
    'query ($v: By) { within(by: $v) { id } }',
    'query ($v: Size) { within(by: { size: $v }) { id } }',
    'query ($v: [Size]) { within(by: { size: SMALL, sizes: $v }) { id } }',
    'query ($v: By = { size: SMALL }) { within(by: { by: $v }) { id } }',
    'query ($v: [By!]! = []) { deep(by: $v) { id } }',
  ])('%s', (text) => {
    expect(greatestCostOf(text, sizes)).toBe(101);
  });

  test('also where no value is dearer than the cheapest', () => {
    expect(
      greatestCostOf('query ($v: Size) { within(by: { sizes: [MIDDLE], by: null }) { id } }', sizes),
    ).toBe(11);
    expect(greatestCostOf('{ one { id } }', sizes)).toBe(10);
  });
});

describe('no cost is allowed that is no number up to the limit', () => {
  test.each([
    [Number.NaN, false],
    [Number.POSITIVE_INFINITY, false],
    [OPERATION_MAX_COST + 1, false],
    [OPERATION_MAX_COST, true],
    [0, true],
  ])('%d: %s', (cost, allowed) => {
    expect(isAllowedCost(cost)).toBe(allowed);
  });

  test.each([-1, Number.NaN, { field: -1 }, { multiplier: -5 }, { field: 1, multiplier: Number.NaN }])(
    'a schema that states %j for a field makes up for no other',
    (stated) => {
      const odd = buildSchema('type Query { a: A, b: A } type A { id: ID }');
      const field = (odd.getQueryType() as GraphQLObjectType).getFields().a;
      Object.assign(field?.extensions ?? {}, { complexity: () => stated });
      for (const text of ['{ a { id } }', '{ b { id } a { id } }']) {
        expect(isAllowedCost(operationCost(odd, parse(text), {}))).toBe(false);
      }
    },
  );
});
