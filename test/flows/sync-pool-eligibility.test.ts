/** Who may take part in whitelist and private pools: the job that asks each quarter of an hour, and single requests. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { ELIGIBILITY_REFRESH_SECONDS } from '../../src/config.ts';
import { EligibilityRefresh } from '../../src/investing/eligibility-refresh.ts';
import { type Bench, createBench, type Row } from './sync-bench.ts';

const JOB = 'pool-eligibility';
const ELIGIBLE = '/internal/ido/pools/:id/eligible';

async function benchWithPools(): Promise<{ bench: Bench; restricted: string[] }> {
  const bench = await createBench();
  await bench.sync.runJob('pools');
  const restricted = (await bench.rows('ido_pool_cache'))
    .filter((pool) => pool.pool_type !== 'public' && Number(pool.sale_end) > bench.now())
    .filter((pool) => pool.status !== 'cancelled' && pool.status !== 'completed')
    .map(({ id }) => String(id));
  await bench.calls();
  return { bench, restricted };
}

const decisions = (bench: Bench) => bench.rows('pool_eligibility', 'pool_id, user_id');
const decide = (bench: Bench, pool: string, user: string, eligible: boolean) =>
  bench.control('PUT', `/pools/${pool}/eligible/${user}`, { eligible });
const askedPools = async (bench: Bench) => {
  const { last } = await bench.calls();
  return last
    .filter(({ path }) => path.endsWith('/eligible'))
    .map(({ path, query }) => ({ id: path.split('/')[4] ?? '', since: query.since }));
};

describe('the job', () => {
  test('asks for the pools that are not public and not over, and stores every decision', async () => {
    const { bench, restricted } = await benchWithPools();
    expect(restricted.length).toBeGreaterThan(5);
    await decide(bench, restricted[0] ?? '', 'usr_no', false);
    const result = await bench.sync.runJob(JOB);
    expect((await askedPools(bench)).map(({ id }) => id).sort()).toEqual([...restricted].sort());
    const rows = await decisions(bench);
    expect(result).toMatchObject({ outcome: 'ok', read: rows.length, written: rows.length });
    expect(new Set(rows.map(({ eligible }) => eligible))).toEqual(new Set([0, 1]));
    expect(rows).toContainEqual({
      ...{ pool_id: restricted[0], user_id: 'usr_no', eligible: 0, updated_at: bench.now() },
    });
    expect(await bench.sync.runJob(`${JOB}-full`)).toMatchObject({ outcome: 'ok', written: 0 });
  });

  test('asks for what is new, but for everything of a pool that is new here', async () => {
    const { bench, restricted } = await benchWithPools();
    await decide(bench, restricted[0] ?? '', 'usr_new', true);
    await bench.sync.runJob(JOB);
    await env.DB.prepare('DELETE FROM pool_eligibility WHERE pool_id = ?1').bind(restricted[1]).run();
    await bench.calls();
    const since = String(bench.now() - 600);
    await bench.sync.runJob(JOB);
    const asked = new Map((await askedPools(bench)).map((each) => [each.id, each.since]));
    expect([asked.get(restricted[0] ?? ''), asked.get(restricted[1] ?? '')]).toEqual([since, undefined]);
  });

  test('never lets an older decision overwrite a newer one', async () => {
    const { bench, restricted } = await benchWithPools();
    await decide(bench, restricted[0] ?? '', 'usr_x', true);
    await bench.sync.runJob(JOB);
    await env.DB.prepare(
      "UPDATE pool_eligibility SET updated_at = updated_at + 1, eligible = 0 WHERE user_id = 'usr_x'",
    ).run();
    await bench.advance(1);
    expect(await bench.sync.runJob(`${JOB}-full`)).toMatchObject({ outcome: 'ok', written: 0 });
  });

  test('keeps the decisions of a pool whose call fails, and asks from the same time again', async () => {
    const { bench, restricted } = await benchWithPools();
    await decide(bench, restricted[0] ?? '', 'usr_x', true);
    await bench.sync.runJob(JOB);
    await bench.calls();
    const since = bench.now() - 600;
    await bench.advance(900);
    await bench.fault('pool-eligible', '500');
    const before = await decisions(bench);
    const failed = await bench.sync.runJob(JOB);
    expect(failed).toMatchObject({ outcome: 'partial', read: 0, written: 0, skipped: restricted.length });
    expect(failed.firstError).toContain(ELIGIBLE);
    expect(await decisions(bench)).toEqual(before);
    await bench.clearFaults();
    await bench.calls();
    await bench.sync.runJob(JOB);
    const known = new Set(before.map(({ pool_id }) => pool_id));
    for (const { id, since: from } of await askedPools(bench))
      if (known.has(id)) expect(Number(from)).toBe(since);
  });

  test('costs one bad decision that decision alone', async () => {
    const { bench, restricted } = await benchWithPools();
    const pool = restricted[0] ?? '';
    for (const user of ['usr_x', 'usr_y']) await decide(bench, pool, user, true);
    await bench.fault('pool-eligible', 'bad-record', { recordId: 'usr_x' });
    expect(await bench.sync.runJob(JOB)).toMatchObject({ outcome: 'partial', skipped: 1 });
    const users = (await decisions(bench))
      .filter(({ pool_id }) => pool_id === pool)
      .map((row: Row) => row.user_id);
    expect([users.includes('usr_x'), users.includes('usr_y')]).toEqual([false, true]);
  });
});

describe('a request that would be refused', () => {
  async function refreshed() {
    const { bench, restricted } = await benchWithPools();
    const { db, mainApi } = bench.deps;
    const refresh = new EligibilityRefresh({ db, mainApi, nowMs: () => bench.now() * 1000 });
    return { bench, refresh, pool: restricted[0] ?? '' };
  }

  test('learns the newest decision by one call, which leaves it in D1', async () => {
    const { bench, refresh, pool } = await refreshed();
    expect(await refresh.decision(pool, 'usr_x')).toBeNull();
    await decide(bench, pool, 'usr_x', true);
    await bench.advance(ELIGIBILITY_REFRESH_SECONDS);
    expect(await refresh.decision(pool, 'usr_x')).toBe(true);
    expect((await bench.calls()).byRoute['pool-eligible']).toBe(2);
    expect(await decisions(bench)).toContainEqual({
      ...{
        pool_id: pool,
        user_id: 'usr_x',
        eligible: 1,
        updated_at: bench.now() - ELIGIBILITY_REFRESH_SECONDS,
      },
    });
    await decide(bench, pool, 'usr_x', false);
    expect(await refresh.decision(pool, 'usr_x')).toBe(true);
    await bench.advance(ELIGIBILITY_REFRESH_SECONDS);
    expect(await refresh.decision(pool, 'usr_x')).toBe(false);
  });

  test('asks no more often, however often people try', async () => {
    const { bench, refresh, pool } = await refreshed();
    for (let user = 0; user < 20; user += 1) await refresh.decision(pool, `usr_${user}`);
    expect((await bench.calls()).byRoute['pool-eligible']).toBe(1);
    bench.advanceSync(-100);
    await refresh.decision(pool, 'usr_x');
    expect((await bench.calls()).byRoute['pool-eligible']).toBe(1);
  });

  test('fails if the main API does, and is answered from D1 until it may ask again', async () => {
    const { bench, refresh, pool } = await refreshed();
    await bench.fault('pool-eligible', '500');
    await expect(refresh.decision(pool, 'usr_x')).rejects.toThrow(ELIGIBLE);
    expect(await refresh.decision(pool, 'usr_x')).toBeNull();
  });
});
