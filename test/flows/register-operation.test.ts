import {
  astFromValue,
  getNamedType,
  isObjectType,
  parse,
  resolveSchemaCoordinate,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { CACHE_HINTS } from '../../schema/cache-hints.ts';
import { schema } from '../../schema/schema.ts';
import { OPERATION_MAX_COST } from '../../src/config.ts';
import { greatestOperationCost } from '../../src/operations/operation-cost.ts';
import { OPERATION_RULES_VERSION } from '../../src/operations/operation-facts.ts';
import { registerOperation } from '../../src/operations/register-operation.ts';

async function registered(document: string) {
  const result = await registerOperation(schema, manifest.schemaHash, { id: 'test', document });
  if ('problem' in result) throw new Error(result.problem.message);
  return result.operation;
}

const cached = async (selection: string) => (await registered(`query Q { ${selection} }`)).cachePolicy;

describe('the cache policy', () => {
  const policies: [string, number | null, 'public' | 'private', string[]][] = [
    ['price(symbol: "BTC") { price }', 60, 'public', ['prices']],
    ['trendingProjects { name }', 60, 'public', ['projects']],
    ['projects { nodes { name } }', 300, 'public', ['projects']],
    ['projects { nodes { name price { price } } }', 60, 'public', ['prices', 'projects']],
    ['searchProjects(query: "bit") { name }', 300, 'public', ['projects']],
    ['comparePrices(symbols: ["A"]) { entries { price { price } } }', 300, 'public', ['prices']],
    ['price(symbol: "A") { project { name } }', 60, 'public', ['prices', 'projects']],
    [
      'comparePrices(symbols: ["A"]) { entries { price { project { name } } } }',
      300,
      'public',
      ['prices', 'projects'],
    ],
    ['idoPools { nodes { name } }', 300, 'public', ['pools']],
    ['idoPools { nodes { ...on IdoPool { soldTokens } } }', 15, 'public', ['pools']],
    ['idoPools(filter: { projectSlug: "a" }) { nodes { name } }', 300, 'public', ['pools', 'projects']],
    ['idoPools(filter: { projectSlug: null }) { nodes { name } }', 300, 'public', ['pools']],
    ['idoPool(id: "a") { name viewerState { invested } }', null, 'private', ['pools']],
    ['project(by: { slug: "a" }) { name detail { about } }', 600, 'public', ['projects']],
    ['project(by: { slug: "a" }) { idoPools { status } }', 15, 'public', ['pools', 'projects']],
    ['candles(symbol: "A") { close }', 3600, 'public', ['candles']],
    ['project(by: { slug: "a" }) { candles { close } }', 600, 'public', ['candles', 'projects']],
    ['projectCategories { name }', 3600, 'public', ['projects']],
    ['projectCategories { name } viewer { id }', null, 'private', ['projects']],
    ['node(id: "a") { id }', null, 'private', []],
    ['nodes(ids: ["a"]) { ... on Project { name } }', null, 'private', []],
    ['__typename', null, 'public', []],
    ['__schema { queryType { name } } projectCategories { name }', null, 'public', ['projects']],
  ];
  test.each(policies)('of %s', async (selection, maxAgeSeconds, scope, tags) => {
    expect(await cached(selection)).toMatchObject({ maxAgeSeconds, scope, tags });
  });

  describe('is the sale’s where an argument makes a list depend on it', () => {
    const listed = async (variables: string, selection: string) =>
      (await registered(`query Q${variables} { ${selection} }`)).cachePolicy;
    const names = '{ nodes { name } }';
    test.each<[variables: string, selection: string, otherTags?: string[]]>([
      ['', `idoPools(filter: { status: ACTIVE }) ${names}`],
      ['', 'idoPools(filter: { status: UPCOMING }) { totalCount }'],
      ['', `idoPools(orderBy: { field: PROGRESS, direction: DESC }) ${names}`],
      ['', `idoPools(orderBy: { direction: ASC, field: TOTAL_RAISED }) ${names}`],
      ['($s: IdoPoolStatus)', `idoPools(filter: { type: PUBLIC, status: $s }) ${names}`],
      ['($f: IdoPoolOrderField = SALE_END)', `idoPools(orderBy: { field: $f, direction: ASC }) ${names}`],
      // It may have a slug, which a project of another day may have.
      ['($filter: IdoPoolFilter)', `idoPools(filter: $filter) ${names}`, ['projects']],
      ['($filter: IdoPoolFilter = { type: PUBLIC })', `idoPools(filter: $filter) ${names}`, ['projects']],
      [
        '($order: IdoPoolOrder! = { field: SALE_START, direction: ASC })',
        `idoPools(orderBy: $order) ${names}`,
      ],
      ['', `...F } fragment F on Query { idoPools(filter: { status: COMPLETED }) ${names}`],
      ['', `a: idoPools ${names} constructor: idoPools(filter: { status: CANCELLED }) ${names}`],
    ])('query%s { %s }', async (variables, selection, otherTags = []) => {
      expect(await listed(variables, selection)).toEqual({
        maxAgeSeconds: 15,
        staleWhileRevalidateSeconds: 15,
        staleIfErrorSeconds: 60,
        scope: 'public',
        tags: ['pools', ...otherTags],
      });
    });

    test.each([
      ['', `idoPools ${names}`],
      ['', `idoPools(filter: { type: PUBLIC, blockchain: "Solana" }) ${names}`],
      ['', `idoPools(filter: { status: null }) ${names}`],
      ['', `idoPools(orderBy: { field: SALE_END, direction: DESC }) ${names}`],
      [
        '($t: IdoPoolType, $d: SortDirection!)',
        `idoPools(filter: { type: $t }, orderBy: { field: SALE_START, direction: $d }) ${names}`,
      ],
      ['($first: Int, $after: String)', `idoPools(first: $first, after: $after) ${names}`],
    ])('and not otherwise: query%s { %s }', async (variables, selection) => {
      expect(await listed(variables, selection)).toMatchObject({ maxAgeSeconds: 300, tags: ['pools'] });
    });

    test('a list of projects is ordered by figures of the project sync, however it is ordered', async () => {
      const selection = 'projects(filter: $filter, orderBy: $order) { nodes { name } }';
      expect(await listed('($filter: ProjectFilter, $order: ProjectOrder)', selection)).toMatchObject({
        maxAgeSeconds: 300,
        tags: ['projects'],
      });
    });
  });

  test('no default of an argument has a hint: only what stands in the document counts', () => {
    const coordinates: string[] = [];
    for (const argument of Object.values(schema.getQueryType()?.getFields() ?? {}).flatMap(
      ({ args }) => args,
    )) {
      const literal = argument.default?.literal ?? astFromValue(argument.defaultValue, argument.type);
      if (!literal) continue;
      const types = new TypeInfo(schema, argument.type);
      const EnumValue = ({ value }: { value: string }) => {
        coordinates.push(`${getNamedType(types.getInputType())}.${value}`);
      };
      visit(literal, visitWithTypeInfo(types, { EnumValue }));
    }
    expect(coordinates).toContain('IdoPoolOrderField.SALE_START');
    expect(coordinates.filter((coordinate) => Object.hasOwn(CACHE_HINTS, coordinate))).toEqual([]);
  });

  test('counts what stands in fragments', async () => {
    const document =
      'query Q { projects { nodes { ...Tile } } } fragment Tile on Project { name idoPools { progressPercent } }';
    expect((await registered(document)).cachePolicy).toMatchObject({ maxAgeSeconds: 15 });
  });

  test('hints are of fields and types that exist, and every field of the query has one', () => {
    for (const coordinate of Object.keys(CACHE_HINTS)) {
      expect(resolveSchemaCoordinate(schema, coordinate), coordinate).toBeDefined();
    }
    for (const name of Object.keys(schema.getQueryType()?.getFields() ?? {})) {
      expect(CACHE_HINTS[`Query.${name}`], name).toBeDefined();
    }
  });
});

describe('the bounds of variables', () => {
  test('are those of the lists that they size', async () => {
    const document = `query Q($first: Int, $inner: Int = 3, $symbols: [String!]!, $few: [String!]!, $ids: [ID!]!, $after: String, $candles: Int) {
      projects(first: $first, after: $after) { nodes { ...Tile } }
      prices(symbols: $symbols) { price }
      comparePrices(symbols: $few) { period }
      nodes(ids: $ids) { id }
    } fragment Tile on Project { idoPools(first: $inner) { name } candles(last: $candles) { time } }`;
    const { variableBounds } = await registered(document);
    expect(variableBounds).toEqual({
      candles: 1000,
      few: 10,
      first: 100,
      ids: 100,
      inner: 100,
      symbols: 100,
    });
  });

  test('are the narrowest where a variable stands twice', async () => {
    const document =
      'query Q($s: [String!]!) { prices(symbols: $s) { price } comparePrices(symbols: $s) { period } }';
    expect((await registered(document)).variableBounds).toEqual({ s: 10 });
  });

  test('make the cost what it is with lists as long as they may be', async () => {
    const cost = async (document: string) => (await registered(document)).cost;
    const full = await cost('query Q { projects(first: 100) { nodes { name } } }');
    expect(await cost('query Q($first: Int = 2) { projects(first: $first) { nodes { name } } }')).toBe(full);
    expect(await cost('query Q { projects(first: 2) { nodes { name } } }')).toBeLessThan(full);
    const symbols = Array.from({ length: 100 }, (_, number) => `"S${number}"`).join(' ');
    expect(await cost('query Q($s: [String!]!) { prices(symbols: $s) { price } }')).toBe(
      await cost(`query Q { prices(symbols: [${symbols}]) { price } }`),
    );
  });
});

/**
 * Stored operations are derived anew when the schema's hash changes, and a rule is no part of the printed schema. Where
 * these values change, raise `OPERATION_RULES_VERSION` with them.
 */
test('the rules of cost, bounds and policy are those of their version', async () => {
  const costs: Record<string, number> = {};
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const { name, extensions, args } of Object.values(type.getFields())) {
      if (typeof extensions.complexity !== 'function') continue;
      const variables = args.map((argument) => `${argument.name}: $${argument.name}`).join(' ');
      const document = parse(`{ ...F } fragment F on ${type} { ${name}(${variables}) { __typename } }`);
      const bounds = Object.fromEntries(args.map((argument) => [argument.name, 100]));
      costs[`${type}.${name}`] = greatestOperationCost(schema, document, bounds);
    }
  }
  const { cost, variableBounds, cachePolicy } = await registered(
    `query Q($first: Int, $symbols: [String!]!, $few: [String!]!, $period: Period, $filter: IdoPoolFilter) {
      projects(first: $first) { nodes { price { history(period: $period) { price } } market { marketCap } } }
      prices(symbols: $symbols) { indicators { rsi } }
      comparePrices(symbols: $few) { entries { rank } }
      candles(symbol: "BTC") { close }
      idoPools(filter: $filter) { edges { node { name } } }
    }`,
  );
  const rules = { costs, cost, variableBounds, cachePolicy };
  expect({ version: OPERATION_RULES_VERSION, ...rules }).toEqual({
    version: 3,
    costs: {
      'ChatRoom.messages': 110,
      'Price.history': 31,
      'Project.candles': 2 * (100 / 24),
      'Project.idoPools': 101,
      'Query.idoPools': 101,
      'Query.nodes': 101,
      'Query.prices': 101,
      'Query.projects': 101,
      'Query.searchProjects': 101,
      'Query.trendingProjects': 101,
      'Subscription.priceUpdated': 101,
      'User.investments': 101,
      'User.transactions': 101,
    },
    cost: 3_818,
    variableBounds: { few: 10, first: 100, symbols: 100 },
    cachePolicy: {
      maxAgeSeconds: 15,
      staleWhileRevalidateSeconds: 15,
      staleIfErrorSeconds: 60,
      scope: 'public',
      tags: ['candles', 'pools', 'prices', 'projects'],
    },
  });
});

test('what the build bundles is what registering says, within the limit', async () => {
  for (const operation of manifest.operations) {
    const { id, document } = operation;
    expect(await registerOperation(schema, manifest.schemaHash, { id, document })).toEqual({ operation });
    expect(operation.cost).toBeLessThanOrEqual(OPERATION_MAX_COST);
  }
});
