import { describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { CACHE_HINTS } from '../../schema/cache-hints.ts';
import { schema } from '../../schema/schema.ts';
import { OPERATION_MAX_COST } from '../../src/config.ts';
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
    ['idoPools { nodes { name } }', 300, 'public', ['pools']],
    ['idoPools { nodes { ...on IdoPool { soldTokens } } }', 15, 'public', ['pools']],
    ['idoPool(id: "a") { name viewerState { invested } }', null, 'private', ['pools']],
    ['project(by: { slug: "a" }) { name detail { about } }', 600, 'public', ['projects']],
    ['project(by: { slug: "a" }) { idoPools { status } }', 15, 'public', ['pools', 'projects']],
    ['candles(symbol: "A") { close }', 3600, 'public', ['candles']],
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

  test('counts what stands in fragments', async () => {
    const document =
      'query Q { projects { nodes { ...Tile } } } fragment Tile on Project { name idoPools { progressPercent } }';
    expect((await registered(document)).cachePolicy).toMatchObject({ maxAgeSeconds: 15 });
  });

  test('hints are of fields and types that exist, and every field of the query has one', () => {
    for (const coordinate of Object.keys(CACHE_HINTS)) {
      const [typeName = '', fieldName] = coordinate.split('.');
      const type = schema.getType(typeName);
      expect(type, coordinate).toBeDefined();
      if (fieldName === undefined || type === undefined || !('getFields' in type)) continue;
      expect(type.getFields()[fieldName], coordinate).toBeDefined();
    }
    for (const name of Object.keys(schema.getQueryType()?.getFields() ?? {})) {
      expect(CACHE_HINTS[`Query.${name}`], name).toBeDefined();
    }
  });
});

describe('the bounds of variables', () => {
  test('are those of the lists that they size', async () => {
    const document = `query Q($first: Int, $inner: Int = 3, $symbols: [String!]!, $few: [String!]!, $ids: [ID!]!, $after: String) {
      projects(first: $first, after: $after) { nodes { ...Tile } }
      prices(symbols: $symbols) { price }
      comparePrices(symbols: $few) { period }
      nodes(ids: $ids) { id }
    } fragment Tile on Project { idoPools(first: $inner) { name } }`;
    const { variableBounds } = await registered(document);
    expect(variableBounds).toEqual({ few: 10, first: 100, ids: 100, inner: 100, symbols: 100 });
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

test('what the build bundles is what registering says, within the limit', async () => {
  for (const operation of manifest.operations) {
    const { id, document } = operation;
    expect(await registerOperation(schema, manifest.schemaHash, { id, document })).toEqual({ operation });
    expect(operation.cost).toBeLessThanOrEqual(OPERATION_MAX_COST);
  }
});
