import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { type Bench, createBench, type Row } from './sync-bench.ts';

const KINDS = [
  { job: 'projects', table: 'project_cache', records: 'projects', change: { category: 'another' } },
  { job: 'pools', table: 'ido_pool_cache', records: 'pools', change: { blockchain: 'another' } },
  {
    job: 'investments',
    table: 'user_investment_cache',
    records: 'investments',
    change: { payment_token: 'OTHER' },
  },
] as const satisfies { job: string; table: string; records: string; change: Row }[];

async function upstreamRecords(bench: Bench, kind: string): Promise<Row[]> {
  const records = (await bench.control('GET', '/records')) as Record<string, Row[]>;
  return [...(records[kind] ?? [])].sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
}

/** What a row says of an upstream record, under the record's own names and with nulls for what is absent. */
function asRecord(row: Row, record: Row): Row {
  const shown = Object.fromEntries(Object.keys(record).map((name) => [name, row[name] ?? null]));
  for (const list of ['tags', 'blockchain', 'social']) {
    const text = shown[list];
    if (typeof text === 'string' && /^[[{]/.test(text)) shown[list] = JSON.parse(text);
  }
  return shown;
}

/** Symbols are stored in upper case, and counts that are null are not stored. */
function asStored(record: Row): Row {
  const stored = Object.fromEntries(Object.entries(record).map(([name, value]) => [name, value ?? null]));
  if (typeof stored.symbol === 'string') stored.symbol = stored.symbol.toUpperCase();
  const { social } = stored;
  if (typeof social === 'object' && social !== null) {
    const known = Object.entries(social).filter(([, count]) => count !== null);
    stored.social = known.length === 0 ? null : Object.fromEntries(known);
  }
  return stored;
}

describe.each(KINDS)('the sync of $job', ({ job, table, records, change }) => {
  test('copies everything the first time and leaves a record of it', async () => {
    const bench = await createBench();
    const sent = await upstreamRecords(bench, records);
    expect(sent.length).toBeGreaterThan(10);

    const result = await bench.sync.runJob(job);
    expect(result).toMatchObject({ job, outcome: 'ok', read: sent.length, written: sent.length, skipped: 0 });
    const rows = await bench.rows(table);
    expect(rows.map((row, index) => asRecord(row, sent[index] ?? {}))).toEqual(sent.map(asStored));
    expect(await bench.runs(job)).toEqual([
      expect.objectContaining({
        outcome: 'ok',
        started_at: bench.now(),
        finished_at: bench.now(),
        read_count: sent.length,
        written_count: sent.length,
        skipped_count: 0,
        first_error: null,
        newest_updated_at: Math.max(...sent.map(({ updated_at }) => Number(updated_at))),
      }),
    ]);
    expect(await bench.rows('sync_lease', 'job')).toEqual([]);
  });

  test('writes nothing where nothing changed', async () => {
    const bench = await createBench();
    await bench.sync.runJob(job);
    const before = await bench.rows(table);
    expect(await bench.sync.runJob(job)).toMatchObject({ outcome: 'ok', written: 0, skipped: 0 });
    expect(await bench.sync.runJob(`${job}-full`)).toMatchObject({ read: before.length, written: 0 });
    expect(await bench.rows(table)).toEqual(before);
  });

  test('writes the rows that changed and no others', async () => {
    const bench = await createBench();
    await bench.sync.runJob(job);
    const before = await bench.rows(table);
    const changed = before[3] ?? {};
    await bench.advance(1);
    await bench.control('PATCH', `/${records}/${changed.id}`, change);

    const { written } = await bench.sync.runJob(job);
    const after = await bench.rows(table);
    const differing = after.filter((row, index) => JSON.stringify(row) !== JSON.stringify(before[index]));
    expect(differing.map(({ id }) => id)).toContain(changed.id);
    // The market moves other rows within that second; each of them is a change too.
    expect(written).toBe(differing.length);
    expect(written).toBeLessThan(before.length);
    expect(after[3]).toMatchObject({ ...change, created_at: changed.created_at });
  });

  test('asks from a minute before the newest record of the last whole run', async () => {
    const bench = await createBench();
    await bench.sync.runJob(job);
    const [first] = await bench.runs(job);
    await bench.calls();
    await bench.sync.runJob(job);
    const { last } = await bench.calls();
    expect(last.map(({ query }) => query)).toEqual([
      { since: String(Number(first?.newest_updated_at) - 60) },
    ]);
    await bench.sync.runJob(`${job}-full`);
    expect((await bench.calls()).last.map(({ query }) => query)).toEqual([{}]);
  });

  test('never lets an older record overwrite a newer one', async () => {
    const bench = await createBench();
    await bench.sync.runJob(job);
    const before = await bench.rows(table);
    const [row] = before;
    await bench.control('PATCH', `/${records}/${row?.id}`, {
      description: 'older news',
      payment_token: 'OLD',
      updated_at: Number(row?.updated_at) - 1,
    });
    expect(await bench.sync.runJob(`${job}-full`)).toMatchObject({ outcome: 'ok', written: 0 });
    expect(await bench.rows(table)).toEqual(before);
  });

  test('lets a row that claims to be of the future give way', async () => {
    const bench = await createBench();
    await bench.sync.runJob(job);
    const before = await bench.rows(table);
    await env.DB.prepare(`UPDATE ${table} SET updated_at = updated_at + 1000000000 WHERE id = ?1`)
      .bind(before[0]?.id)
      .run();
    expect(await bench.sync.runJob(`${job}-full`)).toMatchObject({ outcome: 'ok', written: 1 });
    expect(await bench.rows(table)).toEqual(before);
  });

  test('keeps rows that upstream no longer lists', async () => {
    const bench = await createBench();
    await bench.sync.runJob(job);
    const before = await bench.rows(table);
    await env.DB.prepare(`UPDATE ${table} SET id = 'gone' WHERE id = ?1`).bind(before[0]?.id).run();
    expect(await bench.sync.runJob(`${job}-full`)).toMatchObject({ outcome: 'ok', written: 1 });
    const ids = (await bench.rows(table)).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(['gone', ...before.map(({ id }) => id)]));
  });

  test('takes as many calls to D1 for many rows as for few', async () => {
    const calls: number[] = [];
    for (const size of [5, 200]) {
      const bench = await createBench({
        projectCount: Math.min(size, 100),
        poolCount: size,
        investmentCount: size,
      });
      const { written } = await bench.sync.runJob(job);
      expect(written).toBeGreaterThanOrEqual(size / 2);
      calls.push(bench.d1Calls());
    }
    expect(calls).toEqual([3, 3]);
  });
});

describe('a run that skipped a record', () => {
  test('is partial, costs exactly that record and names it', async () => {
    const bench = await createBench();
    const sent = await upstreamRecords(bench, 'projects');
    const bad = String(sent[7]?.id);
    await bench.fault('projects-sync', 'bad-record', { recordId: bad });
    const result = await bench.sync.runJob('projects');
    expect(result).toMatchObject({
      outcome: 'partial',
      read: sent.length,
      written: sent.length - 1,
      skipped: 1,
    });
    const ids = (await bench.rows('project_cache')).map(({ id }) => id);
    expect(ids).toEqual(sent.map(({ id }) => id).filter((id) => id !== bad));
    const [run] = await bench.runs('projects');
    expect(run).toMatchObject({ outcome: 'partial', skipped_count: 1 });
    expect(run?.first_error).toContain(`"${bad}": name: `);
  });

  test('does not advance what the next run asks from', async () => {
    const bench = await createBench();
    await bench.sync.runJob('projects');
    await bench.calls();
    const [whole] = await bench.runs('projects');
    const since = String(Number(whole?.newest_updated_at) - 60);

    await bench.fault('projects-sync', 'bad-record');
    for (let run = 0; run < 2; run += 1) {
      await bench.advance(600);
      expect((await bench.sync.runJob('projects')).outcome).toBe('partial');
    }
    await bench.clearFaults();
    await bench.advance(600);
    expect(await bench.sync.runJob('projects')).toMatchObject({ outcome: 'ok' });
    expect((await bench.calls()).last.map(({ query }) => query.since)).toEqual([since, since, since]);

    await bench.advance(600);
    await bench.sync.runJob('projects');
    expect(Number((await bench.calls()).last[0]?.query.since)).toBeGreaterThan(Number(since));
    const full = await bench.sync.runJob('projects-full');
    expect(full).toMatchObject({ outcome: 'ok', written: 0 });
  });

  test('is made good by the whole run of the night, from which the frequent one goes on', async () => {
    const bench = await createBench();
    await bench.fault('projects-sync', 'bad-record', { times: 1 });
    await bench.sync.runJob('projects');
    await bench.sync.runJob('projects-full');
    const [night] = await bench.runs('projects-full');
    await bench.calls();
    await bench.sync.runJob('projects');
    expect((await bench.calls()).last[0]?.query.since).toBe(String(Number(night?.newest_updated_at) - 60));
  });
});

test('a record from the future does not hide what changes until then', async () => {
  const bench = await createBench();
  const [project] = await upstreamRecords(bench, 'projects');
  await bench.control('PATCH', `/projects/${project?.id}`, { updated_at: bench.now() + 1_000_000 });
  await bench.sync.runJob('projects');
  await bench.calls();
  await bench.sync.runJob('projects');
  expect((await bench.calls()).last[0]?.query.since).toBe(String(bench.now() - 60));
});

test('pools are stored with how far their sale is and with what they raised as a number', async () => {
  const bench = await createBench();
  await bench.sync.runJob('pools');
  const [pool] = await bench.rows('ido_pool_cache');
  await bench.control('PATCH', `/pools/${pool?.id}`, {
    total_tokens: '3',
    sold_tokens: '1',
    total_raised: '12.5',
  });
  await bench.sync.runJob('pools-full');
  const [changed] = await bench.rows('ido_pool_cache');
  expect(changed?.progress_percent).toBeCloseTo(100 / 3, 12);
  expect(changed?.total_raised_real).toBe(12.5);
  expect(changed?.total_raised).toBe('12.5');
});

test('5,000 projects are synced and found by search', async () => {
  const bench = await createBench({ projectCount: 5_000 });
  const sent = (await upstreamRecords(bench, 'projects')).filter(
    ({ updated_at }) => updated_at !== undefined,
  );
  const first = await bench.sync.runJob('projects');
  expect(first).toMatchObject({ read: 5_000, written: sent.length });
  expect(bench.d1Calls()).toBe(3);
  const found = await env.DB.prepare(
    `SELECT count(*) AS found FROM project_search WHERE project_search MATCH '"bitcoin"'`,
  ).first('found');
  expect(found).toBeGreaterThan(0);
  const stored = await env.DB.prepare('SELECT count(*) AS stored FROM project_cache').first('stored');
  expect(stored).toBe(sent.length);
  expect(await bench.sync.runJob('projects-full')).toMatchObject({ written: 0 });
});
