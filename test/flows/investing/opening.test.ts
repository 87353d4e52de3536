/** The second in which a sale opens: everybody asks at once, before it and in it. */
import { env } from 'cloudflare:workers';
import { afterEach, expect, test, vi } from 'vitest';
import { CRONS } from '../../support/gateway.ts';
import { accountsOf, booksOf, nameInLedger } from '../../support/investing/books.ts';
import { type HttpSale, openHttpSale } from '../../support/investing/http-sale.ts';
import { createInvestors, type Investor } from '../../support/investors.ts';
import { coldIsolate } from '../../support/isolates.ts';
import type { PoolRecord } from '../../support/upstream/records.ts';

/** They ask before the sale is open. */
const EARLY = 50;
const OPENS_IN_SECONDS = 60;
/** On a machine that others use too. */
const TEST_TIMEOUT_MS = 180_000;
/** For 100 USDT. */
const TOKENS_OF_ORDER = 50;

afterEach(() => {
  vi.useRealTimers();
  coldIsolate();
});

const ROOMS: [number, number, string, Partial<PoolRecord>, string][] = [
  [500, 300, 'tokens', { total_tokens: String(300 * TOKENS_OF_ORDER) }, 'SOLD_OUT'],
  [150, 100, 'places', { total_tokens: '100000', max_participants: 100 }, 'POOL_FULL'],
];

test.each(ROOMS)(
  '%i people are answered rightly where %i of them find %s',
  async (count, room, _, terms, refusal) => {
    const sale = await openHttpSale({ ...terms, status: undefined });
    const now = Math.floor(Date.now() / 1000);
    await sale.market.patchPool(sale.poolId, { sale_start: now + OPENS_IN_SECONDS });
    await sale.gateway.scheduled(CRONS.pools);
    const people = await createInvestors(Array.from({ length: count }, (_, at) => `person-${at}`));

    await sale.gateway.advance(OPENS_IN_SECONDS - 1);
    expect(await outcomes(sale, people.slice(0, EARLY))).toEqual({ POOL_NOT_OPEN: EARLY });
    vi.setSystemTime(Date.now() + 999);
    expect(await outcomes(sale, people.slice(0, EARLY))).toEqual({ POOL_NOT_OPEN: EARLY });

    // With the keys of before: a refusal that does not stick leaves them free.
    vi.setSystemTime(Date.now() + 1);
    expect(await outcomes(sale, people)).toEqual({ PENDING: room, [refusal]: count - room });

    await sale.settle();
    const { ledger, d1, mainApi, notices } = await booksOf(sale);
    expect(ledger.fault).toBeNull();
    expect(d1).toHaveLength(room);
    expect(new Set(d1.map(({ user_id }) => user_id)).size).toBe(room);
    expect(mainApi).toEqual(d1);
    const accounts = d1.map(async (row) => [await nameInLedger(row.id), accountsOf(row)] as const);
    expect(ledger.investments).toEqual(new Map(await Promise.all(accounts)));
    expect(notices).toEqual([]);
    const figures = await env.DB.prepare(
      'SELECT participant_count, sold_tokens FROM ido_pool_cache WHERE id = ?',
    )
      .bind(sale.poolId)
      .first();
    expect(figures).toEqual({ participant_count: room, sold_tokens: String(room * TOKENS_OF_ORDER) });
  },
  TEST_TIMEOUT_MS,
);

/** How often each status or code was answered to orders of 100 USDT, everybody's under a key of their own. */
async function outcomes(sale: HttpSale, people: readonly Investor[]): Promise<Record<string, number>> {
  const answers = await Promise.all(
    people.map((person) => sale.invest(person, { amount: '100', key: `opening-of-${person.id}` })),
  );
  const names = answers.map((answer) => ('code' in answer ? answer.code : answer.investment.status));
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, { length }]) => [name, length]),
  );
}
