/**
 * The most that one anonymous client can make the gateway spend: each bound of the table in docs/limits.md, approached
 * as closely as a request can.
 */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { KV_PUTS } from '../../src/cache/response-cache.ts';
import {
  CANDLES_MAX,
  DETAIL_MAX_FETCHES,
  LIST_MAX_ITEMS,
  ON_DEMAND_CALLS_MAX,
  ON_DEMAND_MISSES_PER_MINUTE,
  ON_DEMAND_PUTS_PER_MINUTE,
  UPSTREAM_REQUEST_MAX_ATTEMPTS,
} from '../../src/config.ts';
import { OnDemandPrices } from '../../src/loaders/on-demand-prices.ts';
import { createPriceLoader, PriceSnapshotMemory } from '../../src/loaders/prices.ts';
import { BoundedMemory } from '../../src/storage/bounded-memory.ts';
import { RecentlyAbsent } from '../../src/storage/recently-absent.ts';
import { operationId } from '../support/cache-bench.ts';
import { CRONS, type GraphQLAnswer, startGateway, type TestGateway } from '../support/gateway.ts';
import { createMarket, type TestMarket } from '../support/market.ts';

const PRICES = 'query ($symbols: [String!]!) { prices(symbols: $symbols) { symbol } }';
type Prices = GraphQLAnswer<{ prices: ({ symbol: string } | null)[] }>;

let market: TestMarket;
let gateway: TestGateway;
/** Symbols that the price API knows and no sync has copied. */
let known: string[];

beforeEach(async () => {
  await env.PRICES_KV.delete('prices:on-demand');
  market = await createMarket({ projectCount: 250, poolCount: 0, investmentCount: 0 });
  gateway = startGateway(market);
  known = [...new Set((await market.records()).projects.map(({ symbol }) => String(symbol)))];
  await market.resetCalls();
});

const madeUp = (at: number) => Array.from({ length: LIST_MAX_ITEMS }, (_, index) => `NONE${at}X${index}`);
const ask = (symbols: string[]): Promise<Prices> => gateway.query(PRICES, { symbols });
const found = ({ data }: Prices) => data.prices.filter((price) => price !== null).length;
const upstreamCalls = async () => (await market.calls()).total;

describe('prices on demand', () => {
  test('of a hundred known symbols cost a request two KV reads, one KV write and one upstream call', async () => {
    expect(found(await ask(known.slice(0, LIST_MAX_ITEMS)))).toBe(LIST_MAX_ITEMS);
    // The generations of the cache are a third read.
    expect(gateway.counts).toMatchObject({ kvReads: 3, kvWrites: 1 });
    expect(await upstreamCalls()).toBe(1);
  });

  test('of a hundred made-up symbols cost a request two KV reads, no KV write and one upstream call', async () => {
    expect(found(await ask(madeUp(0)))).toBe(0);
    expect(gateway.counts).toMatchObject({ kvReads: 3, kvWrites: 0 });
    expect(await upstreamCalls()).toBe(1);
  });

  test('of ever other known symbols cost an isolate few KV writes a minute, which carry all of them', async () => {
    const asked = known.slice(0, 120);
    for (const symbol of asked) expect(found(await ask([symbol]))).toBe(1);
    expect(gateway.counts.kvWrites).toBe(ON_DEMAND_PUTS_PER_MINUTE);
    await gateway.advance(60);
    await ask(known.slice(120, 121));
    expect(gateway.counts.kvWrites).toBe(ON_DEMAND_PUTS_PER_MINUTE + 1);
    await market.resetCalls();
    gateway.coldIsolate();
    for (const symbol of asked) expect(found(await ask([symbol]))).toBe(1);
    expect(await upstreamCalls()).toBe(0);
  });

  test('cost an isolate one read of their KV value in 15 s, whatever is asked for', async () => {
    for (let at = 0; at < 10; at += 1) await ask([...madeUp(at).slice(1), known[at] ?? '']);
    const first = gateway.counts.kvReads;
    await gateway.advance(14);
    for (let at = 10; at < 20; at += 1) await ask(madeUp(at));
    // Without a snapshot, KV is asked for one each second; the generations are renewed as well.
    expect(gateway.counts.kvReads - first).toBeLessThanOrEqual(2);
    await gateway.advance(1);
    await ask(madeUp(20));
    expect(gateway.counts.kvReads - first).toBeLessThanOrEqual(4);
  });

  test('of made-up symbols cost an isolate few upstream calls a minute, and nobody else a price', async () => {
    await ask(known.slice(0, 10));
    await market.resetCalls();
    for (let at = 0; at < ON_DEMAND_MISSES_PER_MINUTE; at += 1) {
      const answer = await ask(madeUp(at));
      expect([answer.errors, found(answer)]).toEqual([undefined, 0]);
    }
    const beyond = await ask([...madeUp(999).slice(0, 2), ...known.slice(0, 2)]);
    expect(await upstreamCalls()).toBe(ON_DEMAND_MISSES_PER_MINUTE);
    expect(found(beyond)).toBe(2);
    expect(beyond.errors?.map(({ extensions }) => extensions.code)).toEqual([
      'UPSTREAM_UNAVAILABLE',
      'UPSTREAM_UNAVAILABLE',
    ]);
    // Guesses that were looked up are remembered, and cost nothing.
    expect((await ask(madeUp(ON_DEMAND_MISSES_PER_MINUTE - 1))).errors).toBeUndefined();
    await gateway.advance(60);
    expect((await ask([...madeUp(999).slice(0, 2), known[20] ?? ''])).errors).toBeUndefined();
    expect(await upstreamCalls()).toBe(ON_DEMAND_MISSES_PER_MINUTE + 1);
  });

  test('of real symbols are never refused for their number', async () => {
    for (const symbol of known.slice(0, 3 * ON_DEMAND_MISSES_PER_MINUTE)) {
      const answer = await ask([symbol]);
      expect([answer.errors, found(answer)]).toEqual([undefined, 1]);
    }
  });

  test('of the longest symbols are asked for in one call', async () => {
    const longest = Array.from({ length: LIST_MAX_ITEMS }, (_, at) => `${at}`.padEnd(64, '\u4e00'));
    const { errors } = await ask(longest);
    expect(new Set(errors?.map(({ extensions }) => extensions.code))).toEqual(
      new Set(['OPERATION_TOO_COMPLEX']),
    );
    expect(await upstreamCalls()).toBe(1);
  });
});

describe('one request', () => {
  const FIRST_SYNC = [CRONS.projects, CRONS.prices, CRONS.pools];

  async function syncedWithoutDetails(): Promise<void> {
    for (const cron of FIRST_SYNC) await gateway.scheduled(cron);
    await gateway.forgetDetails();
    gateway.coldIsolate();
    // The isolate has written its counts of this minute.
    await gateway.fetch('/health');
    gateway.resetCounts();
    await market.resetCalls();
  }

  /** Details of a hundred projects, and at several levels of fields prices outside the snapshot. */
  const GREEDY = `query ($symbols: [String!]!) {
    projects(first: 100) { totalCount nodes { detail { about } price(currency: EUR) { price history { price } } } }
    prices(symbols: $symbols) { price }
    idoPools(first: 20) { totalCount nodes { project { price { price } } } }
    searchProjects(query: "in") { price { price } }
    trendingProjects(first: 5) { idoPools(first: 2) { project { idoPools(first: 2) { project { price { price } } } } } }
  }`;
  const codes = ({ errors }: { errors: GraphQLAnswer['errors'] }) =>
    new Set(errors?.map(({ extensions }) => extensions.code));

  test('makes a bounded number of upstream calls while upstream fails, and writes nothing', async () => {
    await syncedWithoutDetails();
    await env.PRICES_KV.delete('prices');
    for (const route of ['prices-batch', 'project-detail'] as const)
      await market.fault({ route, kind: '503' });
    const answer = await gateway.query(GREEDY, { symbols: madeUp(0) });
    expect(codes(answer)).toEqual(new Set(['UPSTREAM_UNAVAILABLE']));
    const { byRoute } = await market.calls();
    expect(byRoute['project-detail']).toBe(DETAIL_MAX_FETCHES * UPSTREAM_REQUEST_MAX_ATTEMPTS);
    expect(byRoute['prices-batch']).toBeLessThanOrEqual(ON_DEMAND_CALLS_MAX * UPSTREAM_REQUEST_MAX_ATTEMPTS);
    expect(gateway.counts).toMatchObject({ kvWrites: 0, durableObjectCalls: 0 });
  });

  test('makes six KV reads, a few KV writes for prices, and writes five rows of details', async () => {
    await syncedWithoutDetails();
    await env.PRICES_KV.delete('prices');
    await gateway.query(GREEDY, { symbols: madeUp(0) });
    const { byRoute } = await market.calls();
    expect(byRoute['project-detail']).toBe(DETAIL_MAX_FETCHES);
    expect(byRoute['prices-batch']).toBeLessThanOrEqual(ON_DEMAND_CALLS_MAX);
    const { kvReads, kvWrites, durableObjectCalls } = gateway.counts;
    expect(kvReads).toBeLessThanOrEqual(6);
    expect(kvWrites).toBeLessThanOrEqual(ON_DEMAND_PUTS_PER_MINUTE);
    expect(durableObjectCalls).toBe(0);
    const details = await env.DB.prepare('SELECT count(*) AS held FROM project_detail_cache').first('held');
    expect(details).toBe(DETAIL_MAX_FETCHES);
  });

  test('calls the price API no more often than it may, however many levels of fields ask for symbols', async () => {
    const fetchPrices = vi.fn(async () => ({ prices: new Map(), skipped: [] }));
    const loader = createPriceLoader({
      kv: env.PRICES_KV,
      memory: new PriceSnapshotMemory(),
      onDemand: new OnDemandPrices({
        kv: env.PRICES_KV,
        memory: new BoundedMemory(10_000),
        unknownSymbols: new RecentlyAbsent(60, new BoundedMemory(10_000)),
        fetchPrices,
      }),
      nowMs: Date.now(),
      waitUntil: () => undefined,
    });
    for (let level = 0; level < ON_DEMAND_CALLS_MAX; level += 1) {
      expect(await loader.bySymbol(`LEVEL${level}`)).toBeNull();
    }
    await expect(loader.bySymbol('ONE MORE')).rejects.toMatchObject({
      extensions: { code: 'OPERATION_TOO_COMPLEX' },
    });
    expect(fetchPrices).toHaveBeenCalledTimes(ON_DEMAND_CALLS_MAX);
  });

  test('reads a row for each candle and one call of D1 for all candles of a kind, 120,000 at most', async () => {
    await syncedWithoutDetails();
    await env.DB.prepare(
      `WITH RECURSIVE place (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM place WHERE at < 1099)
       INSERT OR REPLACE INTO candle
       SELECT symbol, '1h', at * 3600, 1.25, 2.5, 0.125, 1.75, 1234567.875 FROM place, project_cache
       WHERE status = 'live' AND owns_symbol = 1`,
    ).run();
    const costOf = async (first: number, fields: string) => {
      gateway.resetCounts();
      const answer = await gateway.query<{ projects: { nodes: { candles: unknown[] }[] } }>(
        `{ projects(first: ${first}) { nodes { ${fields} } } }`,
      );
      expect(answer.errors).toBeUndefined();
      const candles = answer.data.projects.nodes.reduce((sum, node) => sum + node.candles.length, 0);
      return { candles, calls: gateway.counts.d1Calls, rows: gateway.counts.d1RowsRead };
    };
    for (const first of [2, 20]) {
      const day = 'days: candles(interval: DAY) { close }';
      const cost = await costOf(first, `candles { time } again: candles(last: 24) { open } ${day}`);
      expect(cost).toMatchObject({ candles: 24 * first, calls: 3 });
    }
    const most = await costOf(LIST_MAX_ITEMS, `candles(last: ${CANDLES_MAX}) { time }`);
    expect(most).toMatchObject({ candles: LIST_MAX_ITEMS * CANDLES_MAX, calls: 2 });
    // The list has a row an item and one more, and each key is a row.
    expect(most.rows).toBeLessThanOrEqual(most.candles + 2 * LIST_MAX_ITEMS + 1);
    const twice = `a: candles(last: ${CANDLES_MAX}) { time } b: candles(last: ${CANDLES_MAX - 1}) { time }`;
    const beyond = await gateway.query(`{ projects(first: 100) { nodes { ${twice} } } }`);
    expect(codes(beyond)).toEqual(new Set(['OPERATION_TOO_COMPLEX']));
  });

  test('asks D1 once for the projects of a hundred prices', async () => {
    await syncedWithoutDetails();
    const query = `query ($symbols: [String!]!) { prices(symbols: $symbols) { project { symbol } } }`;
    const symbols = known.slice(0, LIST_MAX_ITEMS);
    const { data } = await gateway.query<{ prices: { project: { symbol: string } }[] }>(query, { symbols });
    expect(data.prices.map(({ project }) => project.symbol)).toEqual(symbols);
    expect(gateway.counts.d1Calls).toBe(1);
    // Of each: its key, once as it is listed, its entry of the index, its row, and its place in the order.
    expect(gateway.counts.d1RowsRead).toBeLessThanOrEqual(5 * LIST_MAX_ITEMS);
  });

  test('fetches the details of a project once for all isolates', async () => {
    await syncedWithoutDetails();
    const detail = '{ project(by: { slug: "bitcoin" }) { detail { about } } }';
    for (let isolate = 0; isolate < 5; isolate += 1) {
      gateway.coldIsolate();
      expect((await gateway.query(detail)).errors).toBeUndefined();
    }
    expect((await market.calls()).byRoute['project-detail']).toBe(1);
  });

  test('writes at most ten answers of a registered operation to KV in a minute, and none of its own', async () => {
    await syncedWithoutDetails();
    for (let at = 0; at < 25; at += 1) {
      const slug = `no-such-project-${at}`;
      for (const name of ['ProjectPage', 'CandleChart']) {
        const variables = name === 'ProjectPage' ? { by: { slug } } : { symbol: slug };
        await gateway.post({ documentId: operationId(name), variables });
      }
      await gateway.query('query ($at: Int!) { trendingProjects(first: $at) { name } }', { at: at + 1 });
    }
    expect(gateway.counts.kvWrites).toBeLessThanOrEqual(KV_PUTS.times + ON_DEMAND_PUTS_PER_MINUTE);
    expect(gateway.counts.d1RowsWritten).toBeLessThanOrEqual(1);
  });
});
