import { beforeAll, expect, test } from 'vitest';
import manifest from '../../../operations/manifest.json' with { type: 'json' };
import {
  ask,
  type Caching,
  operationId,
  type Question,
  requestOf,
  send,
  startCaching,
} from '../../support/cache-bench.ts';

let caching: Caching;
beforeAll(async () => {
  caching = await startCaching();
});

const ID = operationId('Search');
const HEX = ID.replace('sha256:', '');
const DOCUMENT = manifest.operations.find(({ id }) => id === ID)?.document ?? '';
const VARIABLES = { query: 'bit', first: 20 };

const post = (body: string): [string, RequestInit] => [
  '/graphql',
  { method: 'POST', headers: { 'Content-Type': 'application/json' }, body },
];
const variables = (text: string) => `variables=${encodeURIComponent(text)}`;
const json = JSON.stringify;

const SAME: [string, [string, RequestInit]][] = [
  ['GET', requestOf({ id: ID, variables: VARIABLES })],
  ['the default left out', requestOf({ id: ID, variables: { query: 'bit' } })],
  ['the keys in another order', [`/graphql?documentId=${ID}&${variables('{"first":20,"query":"bit"}')}`, {}]],
  ['white space', [`/graphql?documentId=${ID}&${variables(' { "query" : "bit",\n"first":20.0 }')}`, {}]],
  ['escapes', [`/graphql?documentId=${ID}&${variables('{"query":"\\u0062it","first":2e1}')}`, {}]],
  [
    'a variable that the operation does not take',
    requestOf({ id: ID, variables: { ...VARIABLES, more: { a: 1 } } }),
  ],
  [
    'a key twice, the last of which counts',
    post(`{"documentId":"${ID}","variables":{"query":"x","query":"bit"}}`),
  ],
  ['the path', [`/graphql/${ID}?${variables(json(VARIABLES))}`, {}]],
  ['the path, encoded', [`/graphql/${encodeURIComponent(ID)}?${variables(json(VARIABLES))}`, {}]],
  ['parameters of nobody', [`/graphql/${ID}?${variables(json(VARIABLES))}&utm_source=mail`, {}]],
  ['the name of the operation', requestOf({ id: ID, variables: VARIABLES, operationName: 'Search' })],
  ['POST', requestOf({ id: ID, variables: VARIABLES, method: 'POST' })],
  ['POST to the path', [`/graphql/${ID}`, post(json({ variables: VARIABLES }))[1]]],
  ['Relay', post(json({ doc_id: ID, variables: VARIABLES }))],
  ['Relay, with id', post(json({ id: ID, variables: VARIABLES }))],
  ['an app release', post(json({ documentId: `app~1.2.3~${ID}`, variables: VARIABLES }))],
  ['a release of another app', requestOf({ id: `other~9~${HEX}`, variables: VARIABLES })],
  [
    'Apollo',
    post(
      json({
        operationName: 'Search',
        variables: VARIABLES,
        extensions: { persistedQuery: { version: 1, sha256Hash: HEX } },
      }),
    ),
  ],
  [
    'Apollo by GET',
    [
      `/graphql?operationName=Search&${variables(json(VARIABLES))}&extensions=${encodeURIComponent(json({ persistedQuery: { version: 1, sha256Hash: HEX } }))}`,
      {},
    ],
  ],
  ['id and document', post(json({ documentId: ID, query: DOCUMENT, variables: VARIABLES }))],
  [
    'other headers',
    requestOf({ id: ID, variables: VARIABLES, headers: { 'User-Agent': 'x', 'graphql-client-name': 'y' } }),
  ],
];

test.each(SAME)('one entry however it is asked for: %s', async (_, [path, init]) => {
  await ask(caching.gateway, { id: ID, variables: VARIABLES });
  caching.executions();
  for (const time of ['first', 'second']) {
    const answer = await send(caching.gateway, path, init);
    expect([time, answer.xCache, answer.body.errors]).toEqual([time, 'HIT', undefined]);
    expect(Object.keys(answer.body.data)).toEqual(['searchProjects']);
  }
  expect(caching.executions()).toBe(0);
});

const RANGE = (from: unknown, to?: unknown): Question => ({
  query: 'query($from: DateTime, $to: DateTime) { candles(symbol: "BTC", from: $from, to: $to) { time } }',
  variables: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
});
const FILTER = (filter: unknown): Question => ({
  query: 'query($filter: ProjectFilter) { projects(filter: $filter, first: 1) { totalCount } }',
  variables: filter === undefined ? {} : { filter },
});
const search = (sent: object): Question => ({ id: ID, variables: sent });
const TWO = 'query A { projects(first: 1) { totalCount } } query B { projects(first: 1) { totalCount } }';

const DIFFERENT: [string, Question, Question][] = [
  ['another value', search({ query: 'bit', first: 19 }), search({ query: 'bit', first: 18 })],
  ['another letter', search({ query: 'bi', first: 20 }), search({ query: 'bI', first: 20 })],
  ['absent and null', RANGE(undefined), RANGE(null)],
  ['which of two is null', RANGE(null), RANGE(undefined, null)],
  ['which of two is given', RANGE('2026-01-01T00:00:00Z'), RANGE(undefined, '2026-01-01T00:00:00Z')],
  ['empty and absent', FILTER({}), FILTER(undefined)],
  ['empty and null', FILTER({}), FILTER(null)],
  [
    'the order of a list',
    { name: 'WatchlistPrices', variables: { symbols: ['BTC', 'ETH'] } },
    { name: 'WatchlistPrices', variables: { symbols: ['ETH', 'BTC'] } },
  ],
  [
    'a list cut elsewhere',
    { name: 'WatchlistPrices', variables: { symbols: ['A,B'] } },
    { name: 'WatchlistPrices', variables: { symbols: ['A', 'B'] } },
  ],
  ['the operation of one document', { query: TWO, operationName: 'A' }, { query: TWO, operationName: 'B' }],
  [
    'a document of other letters',
    { query: '{ projects(first: 2) { totalCount } }' },
    { query: '{  projects(first: 2) { totalCount } }' },
  ],
  [
    'another operation with the same variables',
    { name: 'MarketList', variables: { first: 3 } },
    { name: 'PoolList', variables: { first: 3 } },
  ],
];

test.each(DIFFERENT)('two entries: %s', async (_, one, other) => {
  caching.gateway.coldIsolate();
  const first = await ask(caching.gateway, one);
  const second = await ask(caching.gateway, other);
  expect([first.body.errors, first.xCache, second.body.errors, second.xCache]).toEqual([
    undefined,
    'MISS',
    undefined,
    'MISS',
  ]);
  expect((await ask(caching.gateway, one)).text).toBe(first.text);
  expect((await ask(caching.gateway, other)).text).toBe(second.text);
});

test('a variable that is no list stands for a list of it', async () => {
  const asked = (symbols: unknown) =>
    ask(caching.gateway, { name: 'WatchlistPrices', variables: { symbols } });
  expect((await asked(['SOL'])).xCache).toBe('MISS');
  expect((await asked('SOL')).xCache).toBe('HIT');
});

test.each(['projects', 'idoPools'])('an offset of %s that is left out is that of 0', async (list) => {
  const query = `query ($offset: Int = 0) { ${list}(first: 2, offset: $offset) { nodes { id } } }`;
  const asked = (sent: object) => ask(caching.gateway, { query, variables: sent });
  const first = await asked({});
  expect([first.body.errors, first.xCache]).toEqual([undefined, 'MISS']);
  for (const sent of [{ offset: 0 }, { offset: -0 }, {}]) {
    const again = await asked(sent);
    expect([again.xCache, again.text]).toEqual(['HIT', first.text]);
  }
  const other = await asked({ offset: 1 });
  expect(other.xCache).toBe('MISS');
  expect(other.text).not.toBe(first.text);
});

test('wrong variables are refused as they are without a cache, whatever is kept', async () => {
  for (const method of ['GET', 'POST'] as const) {
    for (const wrong of [{ query: 1 }, { query: 'bit', first: 'x' }, {}, { query: 'bit', first: 101 }, []]) {
      const answer = await ask(caching.gateway, {
        id: ID,
        method,
        variables: wrong,
        headers: { Accept: 'application/graphql-response+json' },
      });
      expect([answer.status, answer.xCache]).toEqual([400, 'BYPASS']);
    }
  }
});
