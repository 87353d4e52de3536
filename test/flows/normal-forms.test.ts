/** Registered documents in other texts than their own, where documents must be registered. */

import { parse, print } from 'graphql';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { encodeGlobalId } from '../../schema/global-ids.ts';
import sentDocuments from '../clients/sent-documents.json' with { type: 'json' };
import { ADMIN_KEY, adminOf, sha256Of } from '../support/admin.ts';
import { usesSeen } from '../support/counted-uses.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
let admin: ReturnType<typeof adminOf>;
const VARS = { ADMIN_KEY, OPERATIONS_MODE: 'safelist' };
const gatewayIn = (mode: string) => startGateway(serving.market, { ...VARS, OPERATIONS_MODE: mode });

beforeEach(async () => {
  serving = await startServing({ vars: VARS });
  admin = adminOf(serving.gateway);
});

const TEXT = `query Prices($currency: Currency = USD) {
  btc: price(symbol: "BTC", currency: $currency) { symbol ...Line }
  candles(symbol: "BTC", interval: HOUR) { close time }
}

fragment Line on Price { price ... on Price { currency } }`;
const COMPACT = print(parse(TEXT)).replaceAll(/\s+/g, ' ');
const WITH_TYPENAMES = `fragment Line on Price { price ... on Price { currency __typename } __typename }
query Prices($currency: Currency = USD) {
  btc: price(symbol: "BTC", currency: $currency) { symbol ...Line __typename }
  candles(symbol: "BTC", interval: HOUR) { close time __typename }
}`;

const operationOf = async (document: string) => ({ id: await sha256Of(document), document });

/** The status; a sunset or a code where there is one. */
async function run(query: string, gateway: TestGateway = serving.gateway) {
  const { status, data, errors, headers } = await gateway.post({ query });
  if (status === 200) expect(Object.keys(data ?? {}).length, JSON.stringify(errors)).toBeGreaterThan(0);
  const [code, sunset] = [errors?.[0]?.extensions.code, headers.get('sunset')];
  return [status, ...(code === undefined ? [] : [code]), ...(sunset === null ? [] : [sunset])];
}
const REFUSED = [403, 'QUERY_NOT_IN_SAFELIST'];

const VARIABLES: Record<string, Record<string, unknown>> = {
  CandleChart: { symbol: 'BTC' },
  ChatRoomPage: { of: { projectId: encodeGlobalId('Project', 'prj_bitcoin') } },
  ChatViewer: { of: { projectId: encodeGlobalId('Project', 'prj_bitcoin') } },
  ClientForms: { id: 'bm90aGluZw' },
  InvestScreen: { id: 'bm90aGluZw' },
  PoolPage: { id: 'bm90aGluZw' },
  PriceCard: { symbol: 'BTC' },
  PriceCompare: { symbols: ['BTC', 'ETH'] },
  ProjectFiles: { by: { slug: 'bitcoin' } },
  ProjectPage: { by: { slug: 'bitcoin' } },
  Search: { query: 'bit' },
  WatchlistPrices: { symbols: ['BTC', 'ETH'] },
};

describe('the texts that clients send are found', () => {
  const BUNDLED = new Set(manifest.operations.map(({ name }) => name));

  test.each([...new Set(sentDocuments.map(({ client }) => client))])('from %s', async (client) => {
    const records = sentDocuments.filter((record) => record.client === client);
    expect(records.length).toBeGreaterThan(9);
    const own = records.filter(({ operation }) => !BUNDLED.has(operation));
    const ofApollo = client.startsWith('apollo') ? ['ClientDirectives'] : [];
    expect(own.map(({ operation }) => operation)).toEqual(['PriceCard', 'ClientForms', ...ofApollo]);
    await admin.publish('web', '1.0.0', await Promise.all(own.map(({ source }) => operationOf(source))));
    for (const { operation, source, sent } of records) {
      const variables = VARIABLES[operation] ?? {};
      const answer = await serving.gateway.post({ query: sent, variables, operationName: operation });
      expect([operation, answer.status, answer.errors]).toEqual([operation, 200, undefined]);
      // The answer has what the client selects, in its order, and nothing else.
      const open = await gatewayIn('open').post({ query: sent, variables });
      expect(JSON.stringify(answer.data)).toBe(JSON.stringify(open.data));
      expect(await serving.gateway.post({ query: source, variables })).toMatchObject({ status: 200 });
    }
  });
});

describe('a document is found', () => {
  beforeEach(async () => {
    await admin.publish('web', '1.0.0', [await operationOf(TEXT)]);
  });

  test.each([
    ['in another layout', COMPACT],
    ['with comments and commas', `# a comment\n${TEXT.replace('close time', 'close, time # another\n')}`],
    ['with its definitions in another order', TEXT.split('\n\n').reverse().join('\n\n')],
    ['with the fields that a cache adds', WITH_TYPENAMES],
    ['with them in another layout', WITH_TYPENAMES.replaceAll(/\s+/g, ' ')],
  ])('%s', async (_, text) => {
    expect(await run(text)).toEqual([200]);
  });

  test.each([
    ['one field more', TEXT.replace('close time', 'close time open')],
    ['one field less', TEXT.replace('close time', 'close')],
    ['its fields in another order', TEXT.replace('close time', 'time close')],
    ['a field twice', TEXT.replace('close time', 'close time time')],
    ['another alias', TEXT.replace('btc:', 'other:')],
    ['one argument more', TEXT.replace('interval: HOUR', 'interval: HOUR, to: null')],
    [
      'another order of arguments',
      TEXT.replace('symbol: "BTC", interval: HOUR', 'interval: HOUR, symbol: "BTC"'),
    ],
    ['another enum value', TEXT.replace('HOUR', 'DAY')],
    ['an enum value as a string', TEXT.replace('HOUR', '"HOUR"')],
    ['another string', TEXT.replace('symbol: "BTC", interval', 'symbol: "ETH", interval')],
    ['a string with a space more', TEXT.replace('symbol: "BTC", interval', 'symbol: "BTC ", interval')],
    ['another default value', TEXT.replace('= USD', '= EUR')],
    ['another type of a variable', TEXT.replace('Currency = USD', 'Currency! = USD')],
    ['a directive', TEXT.replace('symbol ...Line', 'symbol @skip(if: false) ...Line')],
    ['another name', TEXT.replace('query Prices', 'query Price')],
    ['no name', TEXT.replace('query Prices', 'query')],
    ['one fragment more', `${TEXT} fragment Other on Price { price }`],
    ['an operation more', `${TEXT} query Other { __typename }`],
    ['__typename at the root', WITH_TYPENAMES.replace('candles(', '__typename candles(')],
    ['__typename in one place only', TEXT.replace('close time', 'close time __typename')],
    [
      '__typename as the first field',
      WITH_TYPENAMES.replace('close time __typename', '__typename close time'),
    ],
    ['an alias of __typename', WITH_TYPENAMES.replace('time __typename', 'time type: __typename')],
    ['no document at all', 'query Prices {'],
  ])('but not with %s', async (_, text) => {
    expect(await run(text)).toEqual(REFUSED);
  });

  test('by GET and beside its own hash', async () => {
    const hash = (await sha256Of(WITH_TYPENAMES)).replace('sha256:', '');
    const extensions = { persistedQuery: { version: 1, sha256Hash: hash } };
    const posted = { query: WITH_TYPENAMES, extensions };
    expect(await serving.gateway.post(posted)).toMatchObject({ status: 200, errors: undefined });
    for (const query of [COMPACT, WITH_TYPENAMES]) {
      const answer = await serving.gateway.fetch(`/graphql?query=${encodeURIComponent(query)}`, {
        headers: { 'x-graphql-csrf': '1' },
      });
      expect([answer.status, await answer.json()]).toMatchObject([200, { data: { btc: { symbol: 'BTC' } } }]);
    }
  });

  test('and what was registered runs: one answer in the cache for all its texts, and uses of the operation', async () => {
    const { id } = await operationOf(TEXT);
    const states = async (texts: string[]) => {
      const seen: (string | null)[] = [];
      for (const query of texts) seen.push((await serving.gateway.post({ query })).headers.get('x-cache'));
      return seen;
    };
    expect(await states([COMPACT, TEXT, `${COMPACT} `])).toEqual(['MISS', 'HIT', 'HIT']);
    expect(await states([WITH_TYPENAMES, `${WITH_TYPENAMES} `])).toEqual(['MISS', 'HIT']);
    expect(await states([WITH_TYPENAMES, WITH_TYPENAMES])).toEqual(['HIT', 'HIT']);
    expect((await serving.gateway.post({ documentId: id })).headers.get('x-cache')).toBe('HIT');
    await serving.gateway.advance(61);
    await serving.gateway.post({ query: COMPACT });
    expect((await usesSeen()).map(({ operationId, count }) => [operationId, count])).toEqual([[id, 9]]);
  });

  test('by the hash of a form, as Apollo sends it, and never where only ids of releases run', async () => {
    const [fragment = '', ...operation] = WITH_TYPENAMES.split('\n');
    const form = print(parse([...operation, fragment].join('\n')));
    const documentId = await sha256Of(form);
    expect(await serving.gateway.post({ documentId })).toMatchObject({
      status: 200,
      data: { btc: { __typename: 'Price' } },
    });
    expect((await gatewayIn('audit').post({ documentId })).status).toBe(200);
    expect((await gatewayIn('audit').post({ documentId })).errors).toBeUndefined();
    const idOnly = gatewayIn('id_only');
    expect(await idOnly.post({ documentId })).toMatchObject({ status: 404, data: undefined });
    for (const query of [TEXT, COMPACT, WITH_TYPENAMES]) {
      expect(await run(query, idOnly)).toEqual([400, 'PERSISTED_QUERY_ID_REQUIRED']);
    }
    await serving.gateway.advance(60);
    await admin.retire('web', ['1.0.0'], true);
    await serving.gateway.advance(60);
    expect((await serving.gateway.post({ documentId })).status).toBe(410);
  });
});
