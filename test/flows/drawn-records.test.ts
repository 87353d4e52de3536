/** Upstream may send any JSON: no list is lost, and every value that is not shown as it was sent is named. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createIsolates } from '../../src/app/isolate.ts';
import { createWorker } from '../../src/app/worker.ts';
import {
  asSent,
  candle,
  DETAIL,
  detail,
  draws,
  INDEXES,
  INVESTMENT,
  investment,
  POOL,
  PRICE,
  PROJECT,
  pool,
  price,
  project,
  VIEWER,
} from '../support/drawn-market.ts';
import { type DrawnRecord, type Fields, jsonOf } from '../support/drawn-records.ts';
import { CRONS, type GraphQLAnswer } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';
import { authorizationOf, viewerOfTests } from '../support/signed-in.ts';

const RUNS = 12;

const globalId = (type: string, id: string) => btoa(`${type}:${id}`).replace(/=+$/, '');
const idsOf = (type: string, name: string) =>
  INDEXES.map((index) => `"${globalId(type, `${name}-${index}`)}"`).join(' ');

const QUERIES = [
  `{ projects(first: 20) { totalCount nodes { id ${PROJECT} price(currency: JPY) { ${PRICE} } ${DETAIL} } } }`,
  `{ projects(first: 20, orderBy: { field: NAME, direction: ASC }, filter: { search: "pro" }) { nodes { id ${PROJECT} } } }`,
  `{ searchProjects(query: "sy") { ${PROJECT} price { ${PRICE} } }
     trendingProjects(first: 20) { ${PROJECT} } projectCategories { name projectCount } }`,
  `{ idoPools(first: 20, orderBy: { field: PROGRESS, direction: DESC }) { totalCount nodes { ${POOL} project { name } } } }`,
  `{ prices(symbols: ["BTC", "SYM1", "SYM2", "SYM3", "SYM4", "NOPE"], currency: KRW) { ${PRICE} }
     comparePrices(symbols: ["BTC", "SYM1", "SYM2", "SYM3", "SYM4"], period: WEEK) {
       averageChangePercent totalMarketCap entries { rank changePercent relativePerformance price { ${PRICE} } } } }`,
  `{ candles(symbol: "SYM1", interval: DAY) { time open high low close volume }
     hours: candles(symbol: "SYM1") { time open high low close volume } }`,
  `{ projects: nodes(ids: [${idsOf('Project', 'p')}]) { id ... on Project { ${PROJECT} } } }`,
  `{ pools: nodes(ids: [${idsOf('IdoPool', 'pool')}]) { id ... on IdoPool { ${POOL} } } }`,
  `{ viewer { investments(first: 20) { totalCount nodes { id ${INVESTMENT} pool { ${POOL} } } } } }`,
  `{ investments: nodes(ids: [${idsOf('Investment', 'inv')}]) { id ... on Investment { ${INVESTMENT} } } }`,
];

/** A price or a detail that upstream gives in no usable form, and of which no copy is stored. */
const EXPECTED_CODES = ['UPSTREAM_UNAVAILABLE'];

async function ask({ market }: Serving, query: string): Promise<GraphQLAnswer['data']> {
  const bindings = {
    ...env,
    MAIN_API_URL: market.mainApiUrl,
    PRICE_API_URL: market.priceApiUrl,
  } as unknown as Env;
  const authorization = authorizationOf({ user: VIEWER, session: 's', expiresAt: 4_102_444_800 });
  const request = new Request('https://gateway.test/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: authorization },
    body: JSON.stringify({ query }),
  });
  const ctx = createExecutionContext();
  const worker = createWorker(createIsolates({ viewerOf: viewerOfTests }));
  const response = await worker.fetch(request as Parameters<typeof worker.fetch>[0], bindings, ctx);
  const { data, errors = [] } = (await response.json()) as GraphQLAnswer;
  await waitOnExecutionContext(ctx);
  for (const { path, extensions } of errors)
    expect([path, EXPECTED_CODES]).toEqual([path, expect.arrayContaining([extensions.code])]);
  const isUpstreams = (name: string) => errors.some(({ path }) => path?.[0] === name && path.length === 1);
  for (const [name, value] of Object.entries(data))
    if (!isUpstreams(name)) expect([name, value]).not.toEqual([name, null]);
  return data;
}

const timeOf = (shown: unknown) => (typeof shown === 'string' ? Date.parse(shown) / 1000 : Number.NaN);
const textOf = (sent: unknown) =>
  typeof sent === 'string' ? sent.toWellFormed().replaceAll('\0', '') : undefined;

/** True if the answer says no less than what was sent. */
function isShown(sent: unknown, shown: unknown): boolean {
  if (shown === null) return sent === null || sent === undefined || textOf(sent) === '';
  if (Array.isArray(sent) && Array.isArray(shown))
    return sent.length === shown.length && sent.every((item, index) => isShown(item, shown[index]));
  const number = typeof sent === 'string' ? Number(/^@bare:(.*)$/.exec(sent)?.[1] ?? Number.NaN) : sent;
  if (Object.is(shown, number) || (shown === 0 && number === 0) || timeOf(shown) === number) return true;
  const text = textOf(sent);
  return text !== undefined && [text, text.toUpperCase()].includes(String(shown));
}

const valueAt = (record: unknown, path: string) =>
  path.split('.').reduce<unknown>((value, name) => Object(value)[name], record);

interface Refused {
  id?: string;
  reason: string;
}

const NAMES = { Project: 'p', IdoPool: 'pool', Investment: 'inv' };
/** Sent anew with every drawn record. */
const CHANGED_FIELDS = { Project: 'tagline', IdoPool: 'description', Investment: 'transaction_hash' };

/** Each drawn value of a record that the API shows is shown as it was sent, or is named as refused. */
function expectShownOrNamed(
  drawn: DrawnRecord[],
  nodes: (Fields | null)[],
  type: 'Project' | 'IdoPool' | 'Investment',
  refused: readonly Refused[],
) {
  const timesSent = new Map<unknown, number>();
  for (const { record } of drawn) timesSent.set(record.id, (timesSent.get(record.id) ?? 0) + 1);
  for (const [index, { record, drawn: fields }] of drawn.entries()) {
    const id = `${NAMES[type]}-${index}`;
    const named = (field: string) => refused.some((each) => each.id === id && each.reason.startsWith(field));
    // A record may be sent twice: the newer one counts.
    if (record.id !== id || timesSent.get(id) !== 1) continue;
    // Another user's investment is not shown.
    if (fields.includes('user_id')) continue;
    // A record of another time may be older than the stored one, which then stays.
    if (fields.includes('updated_at') && !named('updated_at')) continue;
    const node = nodes[index];
    expect([id, node]).not.toEqual([id, null]);
    for (const field of new Set([...fields, CHANGED_FIELDS[type]])) {
      const shown = valueAt(asSent(type, Object(node)), field);
      if (['id', 'pool_id', 'user_id', 'project_id'].includes(field) || field.startsWith('social')) continue;
      const sent = valueAt(record, field);
      if (!isShown(sent, shown) && !named(field))
        throw new Error(
          `${field} of ${id} is shown as ${JSON.stringify(shown)}, not as ${JSON.stringify(sent)}, and not named as refused in ${JSON.stringify(refused)}`,
        );
    }
  }
}

test('any record may hold any value in any field', { timeout: 180_000 }, async () => {
  const serving = await startServing({ crons: [] });
  const { market, gateway } = serving;
  const sync = async (answers: Record<string, unknown>) => {
    for (const [route, answer] of Object.entries(answers))
      await market.writeAnswer(route as Parameters<typeof market.writeAnswer>[0], jsonOf(answer));
    serving.complaints();
    for (const cron of [CRONS.projects, CRONS.prices, CRONS.pools, CRONS.hourly, CRONS.nightly])
      await gateway.scheduled(cron);
    return serving.complaints();
  };
  const bySymbol = (prices: Fields[]) =>
    Object.fromEntries(prices.map((each, index) => [price(index).symbol, each]));
  const good = {
    ...{ 'projects-sync': INDEXES.map(project), 'pools-sync': INDEXES.map(pool) },
    ...{ 'investments-sync': INDEXES.map(investment), 'prices-batch': bySymbol(INDEXES.map(price)) },
    ...{
      'price-history': INDEXES.map(candle),
      'project-detail': detail(),
      prices: bySymbol(INDEXES.map(price)),
    },
  };
  await fc.assert(
    fc.asyncProperty(draws, async ({ projects, pools, investments, prices, candles, details }) => {
      for (const table of [
        'project_cache',
        'ido_pool_cache',
        'user_investment_cache',
        'candle',
        'project_detail_cache',
      ])
        await env.DB.exec(`DELETE FROM ${table}`);
      await sync(good);
      await gateway.advance(3_600);
      const sent = (records: DrawnRecord[]) => records.map(({ record }) => record);
      const complaints = await sync({
        ...{
          'projects-sync': sent(projects),
          'pools-sync': sent(pools),
          'investments-sync': sent(investments),
        },
        ...{
          'prices-batch': bySymbol(sent(prices)),
          prices: bySymbol(sent(prices)),
          'price-history': sent(candles),
        },
        'project-detail': sent(details)[0],
      });
      const refused = complaints
        .filter(({ event }) => event === 'sync.values_refused')
        .flatMap(({ values }) => JSON.parse(String(values)) as Refused[]);
      expect(complaints.filter(({ event }) => event === 'sync.failed')).toEqual([]);
      const answers: Fields = {};
      for (const query of QUERIES) Object.assign(answers, await ask(serving, query));
      const nodes = (name: string) => (answers as Record<string, (Fields | null)[]>)[name] ?? [];
      expectShownOrNamed(projects, nodes('projects'), 'Project', refused);
      expectShownOrNamed(pools, nodes('pools'), 'IdoPool', refused);
      expectShownOrNamed(investments, nodes('investments'), 'Investment', refused);
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
});
