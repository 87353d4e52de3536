/** The job `alerts` over rows of D1 that a test writes, on a clock that it drives. */
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import manifest from '../../../operations/manifest.json' with { type: 'json' };
import { noCalls } from '../../../src/observability/call-counts.ts';
import { LatencyHistogram } from '../../../src/observability/latency-histogram.ts';
import type { MetricsCell } from '../../../src/observability/request-metrics.ts';
import type { AlertChannel } from '../../../src/settings/alert-settings.ts';
import { encodedCell } from '../../../src/storage/d1/metrics-cells.ts';
import type { JobDeps } from '../../../src/sync/job.ts';
import { type Bench, createBench, syncOf } from '../sync-bench.ts';

const { DB: db } = env;
export const [OPERATION] = manifest.operations;
const CHANNEL: AlertChannel = {
  ...{ name: 'team', kind: 'slack', url: 'http://127.0.0.1:9/' },
  receives: ['page', 'ticket', 'report'],
};

/** Channels are never asked: the effects of a job are none of `runJob`. */
export async function watched(overrides: Partial<JobDeps> = {}) {
  const bench = await createBench({ projectCount: 1 });
  await db.batch(['notification', 'usage_flush'].map((table) => db.prepare(`DELETE FROM ${table}`)));
  const deps = { ...bench.deps, alertChannels: [CHANNEL], jobIntervals: {}, ...overrides };
  const look = () => syncOf(deps).runJob('alerts');
  return {
    bench,
    deps,
    look,
    async minutes(count: number, before: () => Promise<unknown> = async () => undefined) {
      for (let minute = 0; minute < count; minute += 1) {
        bench.advanceSync(60);
        await before();
        expect((await look()).outcome).toBe('ok');
      }
    },
    flush: (cells: readonly Partial<MetricsCell>[]) =>
      insertFlush(bench, JSON.stringify(countsOf(bench, cells))),
    notices: async () => {
      const { results } = await db
        .prepare('SELECT id, notice FROM notification ORDER BY sequence')
        .all<{ id: string; notice: string }>();
      return results.map(({ notice }) => JSON.parse(notice) as Record<string, unknown>);
    },
  };
}

export const insertFlush = (bench: Bench, counts: string) =>
  db.prepare('INSERT INTO usage_flush (counts, written_at) VALUES (?1, ?2)').bind(counts, bench.now()).run();

export const countsOf = (bench: Bench, cells: readonly Partial<MetricsCell>[]) => ({
  uses: [],
  refusals: [],
  requests: cells.map((cell) => encodedCell(cellOf(bench.now(), cell))),
});

function cellOf(now: number, cell: Partial<MetricsCell>): MetricsCell {
  const histogram = new LatencyHistogram();
  histogram.add(20, cell.count ?? 0);
  return {
    ...{ operationId: OPERATION?.id ?? '', client: 'ios', version: '5.2', hour: Math.floor(now / 3_600) },
    ...{ outcome: 'ok', cache: 'hit', firstSeen: now, lastSeen: now, count: 0, faults: 0, errors: 0 },
    ...{ bytes: 0, durationMs: 0, calls: noCalls(), histogram: histogram.sparse() },
    ...cell,
  };
}

/** Adds up the rows that D1 says it has read and written. */
export function measuringD1(target: D1Database, use: { read: number; written: number }): D1Database {
  const add = (result: D1Result) => {
    use.read += result.meta.rows_read;
    use.written += result.meta.rows_written;
    return result;
  };
  const statement = (inner: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(inner, {
      get(each, name) {
        if (name === 'bind') return (...values: unknown[]) => statement(each.bind(...values));
        if (name === 'all' || name === 'run') return async () => add(await each.all());
        if (name === 'first')
          return async (column?: string) => {
            const row = add(await each.all()).results[0] as Record<string, unknown> | undefined;
            return (column === undefined ? row : row?.[column]) ?? null;
          };
        const member: unknown = Reflect.get(each, name, each);
        return typeof member === 'function' ? member.bind(each) : member;
      },
    });
  return new Proxy(target, {
    get(each, name) {
      if (name === 'prepare') return (sql: string) => statement(each.prepare(sql));
      if (name === 'batch')
        return async (statements: D1PreparedStatement[]) => (await each.batch(statements)).map(add);
      const member: unknown = Reflect.get(each, name, each);
      return typeof member === 'function' ? member.bind(each) : member;
    },
  });
}
