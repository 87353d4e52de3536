import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../support/upstream/decimals.ts';
import type { Market } from '../../support/upstream/market.ts';
import type { PoolRecord } from '../../support/upstream/records.ts';
import { ask, useUpstream } from './upstream-caller.ts';

const { market } = useUpstream();
const POOLS = '/internal/ido/pools/sync';
const INVESTMENTS = '/internal/ido/investments/sync';
const ORDER = ['upcoming', 'registration', 'waiting', 'active', 'completed', 'cancelled'];

function stageOf(pool: PoolRecord, now: number): number {
  const waiting = pool.status === 'upcoming' && pool.registration_end != null && now >= pool.registration_end;
  return ORDER.indexOf(waiting ? 'waiting' : pool.status);
}

function expectedStatus(pool: PoolRecord, now: number): string {
  if (now >= pool.sale_end) return 'completed';
  if (now >= pool.sale_start) return pool.sold_tokens === pool.total_tokens ? 'completed' : 'active';
  if (pool.registration_start == null || now < pool.registration_start) return 'upcoming';
  return now < (pool.registration_end ?? pool.sale_start) ? 'registration' : 'upcoming';
}

function poolsOf(one: Market): PoolRecord[] {
  return one.records().pools;
}

describe('pools', () => {
  it('show every status and type from the first moment', () => {
    const pools = poolsOf(market());
    expect(pools).toHaveLength(60);
    const statuses = new Set(pools.map((pool) => pool.status));
    expect(statuses).toEqual(new Set(['upcoming', 'registration', 'active', 'completed', 'cancelled']));
    expect(new Set(pools.map((pool) => pool.pool_type))).toEqual(new Set(['public', 'private', 'whitelist']));
    expect(new Set(pools.map((pool) => pool.project_id)).size).toBeLessThan(40);
    expect(pools.some((pool) => pool.registration_start === null)).toBe(true);
    expect(pools.some((pool) => pool.max_allocation === null)).toBe(true);
    expect(new Set(pools.map((pool) => pool.sale_start)).size).toBeLessThan(60);
  });

  it('pass through their whole life as the clock goes, and never sell less than before or more than all', () => {
    const one = market();
    let before = poolsOf(one);
    const seen = new Map(before.map((pool) => [pool.id, new Set([stageOf(pool, one.now())])]));
    for (let step = 0; step < 290; step++) {
      one.advance(step < 130 ? 60 : 28_800);
      const after = poolsOf(one);
      for (const [index, pool] of after.entries()) {
        const earlier = before[index] as PoolRecord;
        seen.get(pool.id)?.add(stageOf(pool, one.now()));
        expect(stageOf(pool, one.now()), pool.id).toBeGreaterThanOrEqual(stageOf(earlier, one.now()) - 1);
        expect(ORDER.indexOf(pool.status) >= 4 || ORDER.indexOf(earlier.status) < 4, pool.id).toBe(true);
        if (pool.status !== 'cancelled') expect(pool.status, pool.id).toBe(expectedStatus(pool, one.now()));
        const sold = parseDecimal(pool.sold_tokens);
        expect(sold >= parseDecimal(earlier.sold_tokens), pool.id).toBe(true);
        expect(sold <= parseDecimal(pool.total_tokens), pool.id).toBe(true);
        expect(parseDecimal(pool.total_raised), pool.id).toBe(
          (sold * parseDecimal(pool.token_price)) / 10n ** 18n,
        );
        expect(pool.participant_count).toBeGreaterThanOrEqual(earlier.participant_count);
        expect(pool.participant_count).toBeLessThanOrEqual(pool.max_participants ?? Number.MAX_SAFE_INTEGER);
        expect(pool.updated_at).toBeLessThanOrEqual(one.now());
        const { updated_at: updatedAt, ...rest } = pool;
        const { updated_at: earlierAt, ...earlierRest } = earlier;
        if (updatedAt === earlierAt) expect(rest).toEqual(earlierRest);
      }
      before = after;
    }
    expect([...(seen.get('pool_0007') ?? [])].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(before.every((pool) => pool.status === 'completed' || pool.status === 'cancelled')).toBe(true);
    for (const pool of before.filter(({ status }) => status === 'completed')) {
      expect(parseDecimal(pool.sold_tokens), pool.id).toBe(one.pools.plan(pool.id)?.targetTokens);
    }
    const early = before.filter((pool) => pool.sold_tokens === pool.total_tokens);
    expect(early.length).toBeGreaterThan(3);
  });

  it('come with `since` only where they changed', async () => {
    const one = market();
    const since = one.now();
    one.advance(30);
    const changed = (await ask(one, `${POOLS}?since=${since}`)).body;
    expect(changed.length).toBeLessThan(60);
    one.advance(7_200);
    const later = (await ask(one, `${POOLS}?since=${since}`)).body;
    expect(later.length).toBeGreaterThan(changed.length);
    expect(later.every((pool: PoolRecord) => pool.updated_at >= since)).toBe(true);
  });

  it('follow times set by hand, and keep what is set by hand until it is set again', () => {
    const one = market();
    const now = one.now();
    one.patchPool('pool_0007', {
      registration_start: null,
      registration_end: null,
      sale_start: now,
      sale_end: now + 600,
    });
    expect(one.pools.find('pool_0007', one.now())).toMatchObject({
      status: 'active',
      sold_tokens: '0',
      updated_at: now,
    });
    one.advance(300);
    expect(parseDecimal(one.pools.find('pool_0007', one.now())?.sold_tokens ?? '0') > 0n).toBe(true);
    one.patchPool('pool_0007', { status: 'cancelled', pool_name: 'Renamed' });
    one.advance(600);
    expect(one.pools.find('pool_0007', one.now())).toMatchObject({
      status: 'cancelled',
      pool_name: 'Renamed',
    });
  });

  it('list who may take part in private and whitelist sales', async () => {
    const one = market();
    const list = (await ask(one, '/internal/ido/pools/pool_0003/eligible')).body;
    expect(list.length).toBeGreaterThan(5);
    expect(list[0]).toEqual({
      user_id: expect.any(String),
      eligible: expect.any(Boolean),
      updated_at: expect.any(Number),
    });
    expect((await ask(one, `/internal/ido/pools/pool_0003/eligible?since=${one.now()}`)).body).toEqual([]);
    one.setEligible('pool_0003', 'usr_new', true);
    expect((await ask(one, `/internal/ido/pools/pool_0003/eligible?since=${one.now()}`)).body).toEqual([
      { user_id: 'usr_new', eligible: true, updated_at: one.now() },
    ]);
    expect((await ask(one, '/internal/ido/pools/pool_0001/eligible')).body).toEqual([]);
    expect((await ask(one, '/internal/ido/pools/pool_nope/eligible')).status).toBe(404);
  });
});

describe('investments', () => {
  it('are settled as the clock goes, stay within what their pool sold, and can be claimed in time', async () => {
    const one = market();
    const first = (await ask(one, INVESTMENTS)).body;
    expect(first).toHaveLength(200);
    expect(new Set(first.map((row: { status: string }) => row.status))).toEqual(
      new Set(['pending', 'confirmed', 'failed', 'refunded']),
    );
    for (let step = 0; step < 40; step++) {
      const { pools, investments } = one.records();
      for (const pool of pools) {
        const counted = investments.filter(
          (row) => row.pool_id === pool.id && ['pending', 'confirmed'].includes(row.status),
        );
        const sum = counted.reduce((total, row) => total + parseDecimal(row.token_amount), 0n);
        expect(sum <= parseDecimal(pool.sold_tokens), pool.id).toBe(true);
        expect(new Set(counted.map((row) => row.user_id)).size).toBeLessThanOrEqual(pool.participant_count);
      }
      one.advance(86_400);
    }
    const last = (await ask(one, INVESTMENTS)).body;
    expect(last).toHaveLength(220);
    expect(last.some((row: { status: string }) => row.status === 'pending')).toBe(false);
    expect(last.some((row: { claimable_amount: string }) => row.claimable_amount !== '0')).toBe(true);
    expect(last.some((row: { total_claimed: string }) => row.total_claimed !== '0')).toBe(true);
    expect((await ask(one, `${INVESTMENTS}?since=${one.now()}`)).body).toEqual([]);
  });
});
