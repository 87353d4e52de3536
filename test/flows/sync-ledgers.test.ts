/** The job that hands ledgers what the main API says of their pools and investments. */
import { describe, expect, test } from 'vitest';
import type { PoolLedgerCalls, PoolTerms, UpstreamInvestment } from '../../src/investing/pool-ledger.ts';
import { edgeId, giveLedger } from '../support/edge-rows.ts';
import { type Bench, createBench, type Row, syncOf } from './sync-bench.ts';

const JOB = 'ledgers';
const [POOL, OTHER, WITHOUT] = ['pool_0001', 'pool_0006', 'pool_0011'];

type Handed = { pool: string; records: readonly UpstreamInvestment[] } | { pool: string; terms: PoolTerms };

/** A bench whose ledgers note their calls. `POOL` and `OTHER` have one. */
async function benchWithLedgers() {
  const bench = await createBench();
  await bench.sync.runJob('pools');
  for (const pool of [POOL, OTHER]) await giveLedger(pool);
  const handed: Handed[] = [];
  const failing = new Map<string, 'records' | 'terms'>();
  const note = async (call: Handed) => {
    if (failing.get(call.pool) === ('records' in call ? 'records' : 'terms'))
      throw new Error('the ledger is busy');
    handed.push(call);
  };
  const ofPool = (pool: string) =>
    ({
      applyRecords: (records) => note({ pool, records }),
      applyTerms: (terms) => note({ pool, terms }),
    }) as Partial<PoolLedgerCalls> as PoolLedgerCalls;
  const sync = syncOf({ ...bench.deps, ledgers: { ofPool, ofInvestment: () => null } });
  await bench.calls();
  return { bench, sync, failing, take: () => handed.splice(0) };
}

const put = (bench: Bench, id: string, pool: string, fields: Row = {}) =>
  bench.control('PUT', `/investments/${id}`, {
    ...{ user_id: 'usr_0001', pool_id: pool, investment_amount: '10', token_amount: '10', token_price: '1' },
    ...{ payment_token: 'USDT', status: 'confirmed', total_claimed: '0', claimable_amount: '0' },
    ...{ invested_at: bench.now(), sequence: 2, ...fields },
  });
const poolsOf = (handed: Handed[]) =>
  handed.map((call) => [call.pool, 'records' in call ? 'records' : 'terms']);

describe('the job of ledgers', () => {
  test('asks nobody for anything while there is no ledger', async () => {
    const bench = await createBench();
    await bench.sync.runJob('pools');
    await bench.calls();
    expect(await bench.sync.runJob(JOB)).toMatchObject({ outcome: 'ok', read: 0 });
    expect((await bench.calls()).byRoute).toEqual({});
  });

  test('hands a ledger its investments, then its snapshot with the time at which it was asked for', async () => {
    const { bench, sync, take } = await benchWithLedgers();
    const id = edgeId(POOL);
    await put(bench, id, POOL);
    await bench.control('PATCH', `/pools/${POOL}`, {
      payment_token: 'USDT',
      blockchain: 'bsc',
      sold_tokens: '7.5',
    });
    await bench.control('PATCH', `/pools/${OTHER}`, {
      payment_decimals: 3,
      status: 'upcoming',
      sale_start: 1,
    });
    expect(await sync.runJob(JOB)).toMatchObject({ outcome: 'ok', read: 3, written: 3 });
    expect((await bench.calls()).last.map(({ path }) => path)).toEqual([
      '/internal/ido/pools/sync',
      '/internal/ido/investments/sync',
    ]);
    const handed = take();
    expect(poolsOf(handed).filter(([pool]) => pool === POOL)).toEqual([
      [POOL, 'records'],
      [POOL, 'terms'],
    ]);
    const records = handed.flatMap((call) => ('records' in call ? call.records : []));
    expect(records).toEqual([
      expect.objectContaining({ id, sequence: 2, status: 'confirmed', confirmed_at: null }),
    ]);
    const terms = handed.flatMap((call) => ('terms' in call ? call.terms : []));
    expect(terms.find((each) => each.id === POOL)).toMatchObject({
      ...{
        payment_decimals: 18,
        upstream_sold_tokens: '7.5',
        askedAtMs: bench.now() * 1000,
        askedAtRevision: 1,
      },
      updated_at: bench.now(),
    });
    // Its status is the main API's, although its sale has begun by the clock.
    expect(terms.find((each) => each.id === OTHER)).toMatchObject({
      payment_decimals: 3,
      status: 'upcoming',
    });
  });

  test('tells a ledger of a cancelled pool before the investments that failed for that reason', async () => {
    const { bench, sync, take } = await benchWithLedgers();
    await put(bench, edgeId(POOL), POOL, { status: 'failed' });
    await bench.control('PATCH', `/pools/${POOL}`, { status: 'cancelled' });
    await sync.runJob(JOB);
    expect(poolsOf(take()).filter(([pool]) => pool === POOL)).toEqual([
      [POOL, 'terms'],
      [POOL, 'records'],
    ]);
  });

  test('leaves the edge its own investments out of D1, and nothing else', async () => {
    const { bench, sync } = await benchWithLedgers();
    const id = edgeId(POOL);
    await put(bench, id, POOL);
    await put(bench, 'inv_with_sequence', POOL);
    await sync.runJob('investments');
    const ids = (await bench.rows('user_investment_cache')).map((row) => row.id);
    expect([ids.includes(id), ids.includes('inv_with_sequence')]).toEqual([false, true]);
    expect(ids.length).toBeGreaterThan(100);
  });

  test('reaches an investment whose pool is not known to have a ledger, and none that lies about its pool', async () => {
    const { bench, sync, take } = await benchWithLedgers();
    await put(bench, edgeId(WITHOUT), WITHOUT);
    const lying = edgeId(POOL);
    await put(bench, lying, OTHER);
    const result = await sync.runJob(JOB);
    expect(result).toMatchObject({ outcome: 'partial', skipped: 0 });
    expect(result.firstError).toContain(lying);
    expect(poolsOf(take()).sort()).toEqual([
      [POOL, 'terms'],
      [OTHER, 'terms'],
      [WITHOUT, 'records'],
    ]);
  });

  test('gives no snapshot to a ledger that does not take its investments, and hands it both again', async () => {
    const { bench, sync, failing, take } = await benchWithLedgers();
    await sync.runJob(JOB);
    take();
    await bench.advance(900);
    const ids = [edgeId(POOL), edgeId(OTHER)];
    await put(bench, ids[0] ?? '', POOL);
    await put(bench, ids[1] ?? '', OTHER);
    for (const pool of [POOL, OTHER]) await bench.control('PATCH', `/pools/${pool}`, { description: 'new' });
    failing.set(POOL, 'records');
    const result = await sync.runJob(JOB);
    expect(result).toMatchObject({
      outcome: 'partial',
      written: 2,
      skipped: 2,
      firstError: 'the ledger is busy',
    });
    expect(poolsOf(take())).toEqual([
      [OTHER, 'records'],
      [OTHER, 'terms'],
    ]);

    failing.set(POOL, 'terms');
    await bench.advance(900);
    expect(await sync.runJob(JOB)).toMatchObject({ outcome: 'partial', skipped: 2 });
    failing.clear();
    take();
    await bench.advance(9_000);
    expect(await sync.runJob(JOB)).toMatchObject({ outcome: 'ok' });
    expect(poolsOf(take()).filter(([pool]) => pool === POOL)).toEqual([
      [POOL, 'records'],
      [POOL, 'terms'],
    ]);
    await bench.advance(9_000);
    await bench.calls();
    await sync.runJob(JOB);
    const { last } = await bench.calls();
    expect(Number(last[0]?.query.since)).toBeGreaterThan(bench.now() - 20_000);
  });

  test('gives no snapshot while nobody answers for the investments', async () => {
    const { bench, sync, take } = await benchWithLedgers();
    await bench.fault('investments-sync', '500');
    expect(await sync.runJob(JOB)).toMatchObject({ outcome: 'failed' });
    expect(take()).toEqual([]);
  });

  test('is partial for the bad values that a ledger would have got, and for no others', async () => {
    const { bench, sync, take } = await benchWithLedgers();
    await put(bench, edgeId(POOL), POOL);
    await bench.fault('pools-sync', 'bad-record', { recordId: WITHOUT, times: 1 });
    expect(await sync.runJob(JOB)).toMatchObject({ outcome: 'ok' });
    await bench.fault('pools-sync', 'bad-record', { recordId: POOL, times: 1 });
    take();
    expect(await sync.runJob(`${JOB}-full`)).toMatchObject({ outcome: 'partial', skipped: 1 });
    expect(poolsOf(take()).sort()).toEqual([
      [POOL, 'records'],
      [OTHER, 'terms'],
    ]);
  });

  test('hands a thousand investments in calls of 500', async () => {
    const { bench, sync, take } = await benchWithLedgers();
    const record = { user_id: 'usr_0001', investment_amount: '1', token_amount: '1', token_price: '1' };
    const rows = Array.from({ length: 1_001 }, () => ({
      ...record,
      ...{ id: edgeId(POOL), pool_id: POOL, payment_token: 'USDT', status: 'pending', total_claimed: '0' },
      ...{ claimable_amount: '0', invested_at: 1, updated_at: 1, sequence: 1 },
    }));
    await bench.control('PUT', '/answers', { route: 'investments-sync', json: JSON.stringify(rows) });
    await sync.runJob(JOB);
    const sizes = take().flatMap((call) => ('records' in call ? [call.records.length] : []));
    expect(sizes).toEqual([500, 500, 1]);
  });
});
