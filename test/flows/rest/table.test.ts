/** Every endpoint of `/api` × its parameters: good ones, defaults, and everything that is none. */
import { beforeAll, describe, expect, test } from 'vitest';
import { restRelease } from '../../../src/operations/manifest.ts';
import { type Endpoint, isProtected } from '../../../src/rest/endpoint.ts';
import { ENDPOINTS } from '../../../src/rest/endpoints.ts';
import { PARAMETER_PLACES, parameterNames } from '../../../src/rest/parameter-places.ts';
import { atFault, type RestBench, refused, startRest } from '../../support/rest-bench.ts';
import { type BadCall, badCalls, CANARY, goodCall, nameOf, rowOf } from '../../support/rest-calls.ts';
import { ENDPOINT_ROWS } from '../../support/rest-rows.ts';

let bench: RestBench;
beforeAll(async () => {
  bench = await startRest();
});

/** One for each parameter, and one of those that name no parameter; another one for each endpoint. */
function sampled(endpoint: Endpoint): BadCall[] {
  const row = rowOf(endpoint);
  const known = PARAMETER_PLACES.flatMap((place) => Object.keys(row[place] ?? {}));
  const groups = Map.groupBy(badCalls(endpoint), ({ atFault }) =>
    known.some((name) => atFault.join().endsWith(` ${name}`)) ? atFault.join() : 'another name',
  );
  const at = ENDPOINTS.indexOf(endpoint);
  return [...groups.values()].flatMap((same) => same.slice(at % same.length).slice(0, 1));
}

const without = (pairs: readonly (readonly [string, string])[], name: string) =>
  pairs.filter(([sent]) => sent !== name);
const ofMethod = (method: string) => ENDPOINTS.filter((endpoint) => endpoint.method === method);
const TOO_LONG = CANARY.repeat(600);

describe('the table', () => {
  test('has a row of each endpoint, and of each of its parameters', () => {
    for (const endpoint of ENDPOINTS) {
      const row = rowOf(endpoint);
      for (const place of PARAMETER_PLACES) {
        const taken = parameterNames(endpoint.parameters[place]);
        expect([nameOf(endpoint), place, Object.keys(row[place] ?? {}).sort()]).toEqual([
          nameOf(endpoint),
          place,
          taken.sort(),
        ]);
      }
    }
    const names = ENDPOINTS.map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(ENDPOINT_ROWS).sort()).toEqual(names.sort());
  });

  test('has an operation for each endpoint and no other, private if the endpoint is', () => {
    expect(ENDPOINTS.map(({ operation }) => operation).sort()).toEqual(
      restRelease.operations.map(({ name }) => name).sort(),
    );
    for (const endpoint of ENDPOINTS) {
      const operation = restRelease.operations.find(({ name }) => name === endpoint.operation);
      expect(operation?.kind, nameOf(endpoint)).toBe(endpoint.method === 'GET' ? 'query' : 'mutation');
      const isPublic = endpoint.method === 'GET' && !isProtected(endpoint);
      expect([nameOf(endpoint), operation?.cachePolicy.scope === 'public']).toEqual([
        nameOf(endpoint),
        isPublic,
      ]);
    }
  });
});

describe.each(ENDPOINTS.map((endpoint) => [nameOf(endpoint), endpoint] as const))('%s', (_, endpoint) => {
  const { query = {} } = rowOf(endpoint);
  const good = goodCall(endpoint);

  if (endpoint.method === 'GET')
    test('defaults left out and written are one question', async () => {
      const first = await bench.call(endpoint);
      const text = await first.text();
      expect([first.status, first.headers.get('content-type')]).toEqual([
        200,
        'application/json; charset=utf-8',
      ]);
      const written = Object.entries(query).flatMap(([name, { byDefault }]) =>
        byDefault === undefined ? [] : [[name, byDefault] as const],
      );
      const backwards = [...written, ...good.query].reverse();
      const second = await bench.call(endpoint, { query: backwards });
      expect([second.status, await second.text()]).toEqual([200, text]);
      if (isProtected(endpoint)) expect(second.headers.get('cache-control')).toBe('private, no-store');
      else
        expect([second.headers.get('x-cache'), second.headers.get('etag')]).toEqual([
          'HIT',
          first.headers.get('etag'),
        ]);
    });

  if (endpoint.method === 'GET')
    test('each good parameter alone, and all of them, are answered', async () => {
      const every = Object.entries(query).map(([name, row]) => [name, row.good] as const);
      for (const pairs of [...every.map((pair) => [...without(good.query, pair[0]), pair]), every]) {
        const response = await bench.call(endpoint, { query: pairs });
        const text = await response.text();
        expect([pairs, response.status, text.slice(0, 200)]).toEqual([pairs, 200, expect.anything()]);
        expect(text).not.toContain('"warnings"');
      }
    });

  // All of them are asked in test/unit/rest/read-request.test.ts.
  test('a bad call of each parameter is refused, and names it', async () => {
    for (const { call, atFault } of sampled(endpoint)) await bench.expectAtFault(endpoint, call, atFault);
  });
});

describe('pages', () => {
  const paged = ofMethod('GET').filter(({ parameters }) => parameterNames(parameters.query).includes('page'));
  test.each(paged.map((endpoint) => [nameOf(endpoint), endpoint] as const))(
    '%s is honest up to 10,000 rows, and says where that ends',
    async (_, endpoint) => {
      for (const [page, limit] of [
        ['100', '100'],
        ['10000', '1'],
        ['500', '20'],
      ] as const) {
        const response = await bench.call(endpoint, {
          query: [
            ['page', page],
            ['limit', limit],
          ],
        });
        const { data, pagination } = (await response.json()) as {
          data: unknown[];
          pagination: Record<string, unknown>;
        };
        expect([page, response.status, data, pagination]).toMatchObject([
          page,
          200,
          [],
          { page: Number(page), limit: Number(limit), hasNext: false, hasPrev: true },
        ]);
      }
      for (const [page, limit] of [
        ['101', '100'],
        ['10000', '2'],
        ['501', '20'],
      ] as const)
        await bench.expectAtFault(
          endpoint,
          {
            query: [
              ['page', page],
              ['limit', limit],
            ],
          },
          ['query page'],
        );
      const query =
        paged[0] &&
        ([
          ['page', '0'],
          ['limit', '0'],
        ] as const);
      if (query) await bench.expectAtFault(endpoint, { query }, ['query page', 'query limit']);
    },
  );
});

test('a query that is no UTF-8, or oddly written, is read or refused as one', async () => {
  const [list] = ENDPOINTS.filter((endpoint) => nameOf(endpoint) === 'GET /api/projects');
  if (list === undefined) throw new Error('no list');
  const at = (query: string) => bench.gateway.fetch(`/api/projects?${query}`);
  for (const query of ['category=%ff', 'category=a%c3%28', 'category=\ud800', 'category=%ed%a0%80'])
    expect(atFault(await refused(await at(query), 400, query))).toEqual(['query category']);
  for (const query of ['limit', 'limit=', 'limit=%2B5', 'limit=+5', 'limit=5%00', 'limit=%35%20'])
    expect(atFault(await refused(await at(query), 400, query))).toEqual(['query limit']);
  for (const query of ['', '&', '&&limit=5&', 'limit=%35', '%6cimit=5', 'limit=5#nothing']) {
    const response = await at(query);
    expect([query, response.status]).toEqual([query, 200]);
  }
  await refused(await at(`category=${TOO_LONG}`), 400, 'a long query');
});
