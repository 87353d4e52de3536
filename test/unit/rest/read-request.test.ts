/** The parameters of each endpoint of `/api`: what is wrong is named, and nothing else. */
import fc from 'fast-check';
import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../../src/rest/endpoint.ts';
import { ENDPOINTS } from '../../../src/rest/endpoints.ts';
import { readParameters } from '../../../src/rest/read-request.ts';
import { RestRefusal, refusalOfError } from '../../../src/rest/rest-refusal.ts';
import { badCalls, goodCall, nameOf, type RestCall, requestOf, rowOf } from '../../support/rest-calls.ts';

const read = (endpoint: Endpoint, call: RestCall = {}) => {
  const [url, init] = requestOf(endpoint, call);
  return readParameters(
    new Request(new URL(url, 'https://gateway.test'), init),
    endpoint,
    goodCall(endpoint).path,
  );
};

/** Rethrows whatever is no refusal. */
async function refusalOf(endpoint: Endpoint, call: RestCall): Promise<RestRefusal | null> {
  try {
    await read(endpoint, call);
    return null;
  } catch (error) {
    const refusal = error instanceof GraphQLError ? refusalOfError(error, endpoint.parameters) : error;
    if (refusal instanceof RestRefusal) return refusal;
    throw error;
  }
}

describe.each(ENDPOINTS.map((endpoint) => [nameOf(endpoint), endpoint] as const))('%s', (_, endpoint) => {
  const { query = {} } = rowOf(endpoint);

  test('takes the good call, and reads defaults that are written as those that are left out', async () => {
    const written = Object.entries(query).flatMap(([name, { byDefault }]) =>
      byDefault === undefined ? [] : [[name, byDefault] as const],
    );
    const leftOut = await read(endpoint);
    expect(await read(endpoint, { query: [...goodCall(endpoint).query, ...written] })).toEqual(leftOut);
  });

  test('names each parameter at fault, and no other', async () => {
    for (const { call, atFault } of badCalls(endpoint)) {
      const about = JSON.stringify(call).slice(0, 200);
      const refusal = await refusalOf(endpoint, call);
      // What is left is the operation's to refuse.
      if (refusal === null) {
        expect([nameOf(endpoint), about]).toEqual([
          'POST /api/protected/ido/pools/:id/invest',
          '{"body":{"amount":"-1"}}',
        ]);
        continue;
      }
      const found = refusal.details.map((detail) => `${detail.in} ${detail.name}`);
      expect([about, refusal.status, found.toSorted()]).toEqual([about, 400, atFault.toSorted()]);
    }
  });

  // Answers of one key of the cache are the same.
  test('asks its operation another question for each other value of a parameter', async () => {
    const variables = async (pairs: RestCall['query'] & object) =>
      JSON.stringify(endpoint.variables(await read(endpoint, { query: pairs })));
    const { query: good } = goodCall(endpoint);
    for (const [name, { good: value, isRequired }] of Object.entries(query)) {
      // Where the limit is written too, the second page begins elsewhere.
      const others = good.filter(([sent]) => sent !== name);
      const changed = await variables([...others, [name, isRequired ? 'SOL,DOT' : value]]);
      expect([name, changed]).not.toEqual([name, await variables(good)]);
    }
  });

  test('answers nothing but a refusal of 400, 413 or 415 to whatever is sent', async () => {
    const names = fc.oneof(fc.constantFrom(...Object.keys(query), 'page', '__proto__'), fc.string());
    const values = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.double().map(String),
      fc.constantFrom('1', 'BTC,ETH', 'true'),
    );
    const pairs = fc.array(fc.tuple(names, values), { maxLength: 4 });
    const texts = fc.oneof(fc.json(), fc.string(), fc.uint8Array({ maxLength: 40 }));
    const members = Object.keys(rowOf(endpoint).body ?? { a: 1 });
    const objects = fc.dictionary(fc.oneof(fc.constantFrom(...members), fc.string()), fc.jsonValue(), {
      maxKeys: 4,
    });
    const bodies = endpoint.method === 'GET' ? fc.constant(undefined) : fc.oneof(texts, objects);
    await fc.assert(
      fc.asyncProperty(pairs, bodies, async (sentPairs, body) => {
        const wellFormed = sentPairs.filter((pair) => pair.every((text) => text.isWellFormed()));
        const refusal = await refusalOf(endpoint, {
          query: wellFormed,
          ...(body === undefined ? {} : { body }),
        });
        if (refusal !== null) expect([400, 413, 415]).toContain(refusal.status);
      }),
      { numRuns: 60 },
    );
  });
});

test('names at most twenty parameters, and the beginning of a long name', async () => {
  const [endpoint] = ENDPOINTS;
  if (endpoint === undefined) throw new Error('no endpoint');
  const many = Array.from({ length: 200 }, (_, at) => [`unknown${at}`, '1'] as const);
  expect((await refusalOf(endpoint, { query: many }))?.details).toHaveLength(20);
  const long = await refusalOf(endpoint, { query: [['n'.repeat(10_000), '1']] });
  expect(long?.details.map(({ name }) => name)).toEqual(['n'.repeat(64)]);
});
