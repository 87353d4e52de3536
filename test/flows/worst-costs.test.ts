/**
 * The most that one anonymous client can make the gateway spend: each bound of the table in docs/limits.md, approached
 * as closely as a request can.
 */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { LIST_MAX_ITEMS, ON_DEMAND_MISSES_PER_MINUTE, ON_DEMAND_PUTS_PER_MINUTE } from '../../src/config.ts';
import { type GraphQLAnswer, startGateway, type TestGateway } from '../support/gateway.ts';
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
