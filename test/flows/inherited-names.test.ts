/** Names that members of every object have are names like any other, wherever they come from. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADMIN_KEY, adminOf, sha256Of } from '../support/admin.ts';
import { INHERITED } from '../support/drawn-values.ts';
import { FIRST_SYNC, type Serving, startServing } from '../support/serving-bench.ts';

/** JSON with that one property; an object literal would set the prototype. */
const objectOf = (name: string, value: unknown) =>
  JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);

describe.each(INHERITED)('%s', (name) => {
  let serving: Serving;
  beforeAll(async () => {
    serving = await startServing({ crons: FIRST_SYNC });
  });

  test('names an operation, a variable, an alias and a fragment', async () => {
    const query = `query ${name}($${name}: String!) {
      ${name}: price(symbol: $${name}) { ...${name} } BTC: price(symbol: "BTC") { ...${name} }
    } fragment ${name} on Price { ${name}: priceUsd }`;
    const { data, errors } = await serving.gateway.query(query, objectOf(name, 'BTC'));
    expect(errors).toBeUndefined();
    const [priced, other] = Object.values(data);
    expect(Object.keys(data)).toEqual([name, 'BTC']);
    expect(Object.keys(priced as object)).toEqual([name]);
    expect(Object.values(priced as object)).toEqual([expect.any(Number)]);
    expect(priced).toEqual(other);
    const missing = await serving.gateway.query(query, {});
    expect(missing.errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });

  test('is a variable that may be left out, with its default', async () => {
    const query = `query ($${name}: Int = 2) { projects(first: $${name}) { nodes { id } } }`;
    const count = async (variables: Record<string, unknown>) =>
      ((await serving.gateway.query(query, variables)).data.projects as { nodes: [] }).nodes.length;
    expect([await count({}), await count(objectOf(name, 3)), await count({ other: 3 })]).toEqual([2, 3, 2]);
  });

  test('is a symbol, a slug and an id that nobody has, and a filter that nothing meets', async () => {
    const query = `query ($text: String!, $id: ID!) {
      price(symbol: $text) { symbol } prices(symbols: [$text, "BTC"]) { symbol }
      candles(symbol: $text) { close } slug: project(by: { slug: $text }) { id }
      symbol: project(by: { symbol: $text }) { id } node(id: $id) { id } idoPool(id: $id) { id }
      projects(filter: { tag: $text, blockchain: $text, category: $text }) { totalCount }
      comparePrices(symbols: [$text, "BTC"]) { unknownSymbols }
    }`;
    const { data, errors } = await serving.gateway.query(query, { text: name, id: name });
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      ...{
        price: null,
        prices: [null, { symbol: 'BTC' }],
        candles: [],
        slug: null,
        symbol: null,
        node: null,
      },
      ...{
        idoPool: null,
        projects: { totalCount: 0 },
        comparePrices: { unknownSymbols: [name.toUpperCase()] },
      },
    });
  });

  test('is no variable’s value, no enum’s and no field of an input object', async () => {
    for (const [definition, value] of [
      ['$v: Currency) { price(symbol: "BTC", currency: $v) { price } }', name],
      ['$v: ProjectFilter) { projects(filter: $v) { totalCount } }', objectOf(name, 'x')],
      ['$v: ProjectOrder) { projects(orderBy: $v) { totalCount } }', { field: name, direction: 'ASC' }],
    ] as const) {
      const { errors } = await serving.gateway.query(`query (${definition}`, { v: value });
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
    }
  });
});

describe('an app, a version and an operation', () => {
  let serving: Serving;
  beforeEach(async () => {
    serving = await startServing({ crons: [], vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  });

  test.each(INHERITED)('that are called %s are published, used, deprecated and retired', async (name) => {
    const admin = adminOf(serving.gateway);
    const document = `query ${name}($${name}: Int) { projects(first: $${name}) { totalCount } }`;
    const id = name === '__proto__' ? await sha256Of(document) : name;
    const ask = () =>
      serving.gateway.post(
        { documentId: id, variables: objectOf(name, 2) },
        { 'graphql-client-name': name, 'graphql-client-version': name },
      );
    expect((await ask()).status).toBe(404);
    expect((await admin.publish(name, name, [{ id, document }])).status).toBe(200);
    await serving.gateway.advance(120);
    expect((await ask()).errors).toBeUndefined();
    expect((await admin.get(`/operations/${encodeURIComponent(id)}`)).body).toMatchObject({
      name,
      releases: [{ client: name, version: name, state: 'published' }],
      usage: [{ client: name, version: name, count: 1 }],
    });
    await admin.deprecate(name, [name], '2027-06-01');
    await serving.gateway.advance(120);
    expect((await ask()).headers.get('sunset')).toBe('Tue, 01 Jun 2027 00:00:00 GMT');
    await admin.retire(name, [name], true);
    await serving.gateway.advance(120);
    expect((await ask()).status).toBe(410);
  });
});
