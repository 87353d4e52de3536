/** Steps of a deployment that are watched over a migrated database; each sleep is one look later. */
import assert from 'node:assert/strict';
import type { CanaryThresholds } from '../../scripts/deploy/judge/canary-thresholds.ts';
import type { Verdict } from '../../scripts/deploy/judge/verdict.ts';
import { watchCanary } from '../../scripts/deploy/judge/watch-canary.ts';
import type { MadeUpRequests } from './made-up-cells.ts';
import { minuteRowInsert } from './minute-rows.ts';
import { d1Of, migratedDatabase } from './sqlite-d1.ts';

/** Version ids of the Worker. */
export const [OLD, NEW] = ['11111111-old', '22222222-new'];
export const MARKET = `sha256:${'a'.repeat(64)}`;
/** Unix seconds. */
const STARTED_AT = 1_764_000_000;
const THRESHOLDS: CanaryThresholds = {
  lookSeconds: 60,
  minimumWatchSeconds: 300,
  watchSeconds: 1_200,
  minimumRequests: 1_000,
  operationMinimumRequests: 30,
  falseAlarmRate: 0.005,
};
const EMPTY_SQL = `DELETE FROM usage_flush; DELETE FROM operation_usage; DELETE FROM request_hour;
  DELETE FROM request_day; DELETE FROM flush_day; DELETE FROM operation; DELETE FROM publish; DELETE FROM publish_operation;
  DELETE FROM release`;

/** Requests of `MARKET`, or of another operation. */
export const market = (count: number, rest: Partial<MadeUpRequests> = {}): MadeUpRequests => ({
  ...{ operationId: MARKET, count, cache: 'miss', takesMs: 80 },
  ...rest,
});
export const failed = (count: number): MadeUpRequests =>
  market(count, { faults: count, cache: 'bypass', outcome: 'error' });

export interface Watched {
  verdict: Verdict;
  lines: string[];
  looks: number;
  /** The last counts that were reported, of the new version and of the old one. */
  counted: string | undefined;
}

export interface Scene {
  /** Happens before each look, from the first one on. `now` is in Unix seconds. */
  meanwhile?(look: number, now: number): Promise<unknown> | unknown;
  thresholds?: Partial<CanaryThresholds>;
  /** True if this query, from 1 on, fails. */
  fails?(query: number, sql: string): boolean;
}

export function watchedCanary() {
  const database = migratedDatabase();

  async function watch({
    meanwhile = () => undefined,
    thresholds = {},
    fails = () => false,
  }: Scene): Promise<Watched> {
    const lines: string[] = [];
    let [looks, queries] = [0, 0];
    const verdict = await watchCanary(
      {
        db: {
          async query<Row>(sql: string, params: readonly (string | number | null)[] = []) {
            queries += 1;
            if (fails(queries, sql)) throw new Error('D1 is overloaded');
            return database.prepare(sql).all(...params) as Row[];
          },
        },
        ...{ oldVersion: OLD, newVersion: NEW, percent: 10 },
        async sleep(ms) {
          assert.equal(ms, (thresholds.lookSeconds ?? THRESHOLDS.lookSeconds) * 1_000);
          looks += 1;
          await meanwhile(looks, STARTED_AT + looks * 60);
        },
        report: (line) => lines.push(line),
      },
      { ...THRESHOLDS, ...thresholds },
    );
    const counted = lines.findLast((line) => line.includes('requests by the new version'));
    return { verdict, lines, looks, counted: counted?.replace(/^[^:]*: /, '') };
  }

  async function plant(workerVersion: string, requests: readonly MadeUpRequests[], writtenAt = STARTED_AT) {
    const { sql, params } = await minuteRowInsert({ workerVersion, requests, writtenAt });
    database.prepare(sql).run(...params);
  }

  const healthyMinute = async (now: number) => {
    await plant(OLD, [market(1_800), failed(2)], now);
    await plant(NEW, [market(200)], now);
  };

  function register(id: string, name: string, client: string, version: string, kind = 'query'): void {
    const insert = (sql: string, ...values: (string | number)[]) => database.prepare(sql).run(...values);
    insert(
      "INSERT INTO operation (id, document_id, name, kind, registered, registered_at) VALUES (?1, ?1, ?2, ?3, '{}', 0)",
      ...[id, name, kind],
    );
    insert(
      'INSERT INTO publish (id, client, version, published_at) VALUES (?1, ?2, ?3, 0)',
      `publish-${id}`,
      client,
      version,
    );
    insert('INSERT INTO publish_operation VALUES (?1, ?2)', `publish-${id}`, id);
    insert(
      "INSERT INTO release (client, version, state, publish_id) VALUES (?1, ?2, 'published', ?3)",
      ...[client, version, `publish-${id}`],
    );
  }

  const empty = () => database.exec(EMPTY_SQL);

  return { database, d1: d1Of(database), empty, watch, plant, healthyMinute, register };
}
