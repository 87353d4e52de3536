/**
 * A sync of its own for one test: empty storage, a market of its own in the simulated upstream, and a clock that
 * both follow.
 */
import { env } from 'cloudflare:workers';
import { inject, vi } from 'vitest';
import type { Rooms } from '../../src/chat/rooms.ts';
import type { Ledgers } from '../../src/investing/ledger-client.ts';
import { ReportUrls } from '../../src/reports/report-urls.ts';
import { signingKeysSchema } from '../../src/settings/signing-keys.ts';
import type { JobDeps, JobResult } from '../../src/sync/job.ts';
import { JOB_INTERVALS, JOBS, jobsOfCron } from '../../src/sync/jobs.ts';
import { runJob, runJobs } from '../../src/sync/run-jobs.ts';
import { createMainApi } from '../../src/upstream/main-api.ts';
import { createPlatformFiles } from '../../src/upstream/platform-files.ts';
import { createPriceApi } from '../../src/upstream/price-api.ts';
import { TABLES } from '../support/tables.ts';

export type FaultKind =
  | 'latency'
  | '429'
  | '500'
  | '503'
  | 'reset'
  | 'truncated'
  | 'huge'
  | 'wrong-shape'
  | 'bad-record';
export type Row = Record<string, unknown>;

interface Introduction {
  id: string;
  mainApiUrl: string;
  priceApiUrl: string;
  apiKey: string;
  now: number;
}

export interface Sync {
  /** As the platform runs it on a cron event. */
  runCron(cron: string): Promise<JobResult[]>;
  runJob(name: string): Promise<JobResult>;
}

export const syncOf = (deps: JobDeps): Sync => ({
  runCron: (cron) => runJobs(jobsOfCron(cron), deps),
  runJob: (name) => {
    const job = JOBS.find((each) => each.name === name);
    if (job === undefined) throw new Error(`no job is named ${name}`);
    return runJob(job, deps);
  },
});

export interface Bench {
  deps: JobDeps;
  sync: Sync;
  /** The same, waiting for upstream no longer than `IMPATIENT_MS`. */
  impatientSync: Sync;
  impatientDeps: JobDeps;
  mainApiUrl: string;
  /** Unix seconds, of the sync and of the market alike. */
  now(): number;
  /** Moves both clocks. */
  advance(seconds: number): Promise<void>;
  /** Moves the sync's clock alone. */
  advanceSync(seconds: number): void;
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  fault(route: string, kind: FaultKind, options?: Row): Promise<void>;
  clearFaults(): Promise<void>;
  /** What upstream was asked since the last time, by route. */
  calls(): Promise<{
    byRoute: Record<string, number>;
    last: { path: string; query: Record<string, string>; headers: Row }[];
  }>;
  rows(table: string, order?: string): Promise<Row[]>;
  /** The runs of a job, oldest first. */
  runs(job: string): Promise<Row[]>;
  snapshot(): Promise<{ asOf: number; rates: Record<string, number>; prices: Record<string, Row> }>;
  /** How often D1 was called since the last time. */
  d1Calls(): number;
  /** The errors that were logged for this bench. */
  loggedErrors(): Row[];
  loggedWarnings(): Row[];
}

export const IMPATIENT_MS = 50;

export async function createBench(market: Row = {}): Promise<Bench> {
  const errors = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  for (const spy of [errors, warnings]) spy.mockClear();
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  await env.PRICES_KV.delete('prices');
  const introduction = (await request('POST', '/markets', { projectCount: 40, ...market })) as Introduction;
  const control: Bench['control'] = (method, path, body) =>
    request(method, `/markets/${introduction.id}${path}`, body);
  let nowSeconds = introduction.now;
  const counted = countingD1(env.DB);
  const depsWith = (limits: { timeoutMs?: number }): JobDeps => {
    const sleep = async () => undefined;
    const client = { apiKey: introduction.apiKey, fetch, sleep, ...limits };
    return {
      db: counted.db,
      pricesKv: env.PRICES_KV,
      cacheKv: env.CACHE_KV,
      sessionsKv: env.SESSIONS_KV,
      storage: env.STORAGE,
      backupSealing: null,
      mainApi: createMainApi({ ...client, baseUrl: introduction.mainApiUrl }),
      priceApi: createPriceApi({ ...client, baseUrl: introduction.priceApiUrl }),
      platformFiles: createPlatformFiles({
        origins: [new URL(introduction.mainApiUrl).origin],
        fetch,
        ...limits,
      }),
      ledgers: NO_LEDGERS,
      rooms: NO_ROOMS,
      shownAvatarUrl: (_userId, stored) => stored,
      feedPrices: async () => [],
      notifySaleFeed: async () => undefined,
      alertChannels: [],
      alertThresholds: {},
      runbooksUrl: undefined,
      jobIntervals: JOB_INTERVALS,
      reports: {
        environment: 'development',
        urls: new ReportUrls({
          publicOrigin: 'https://gateway.test',
          keys: signingKeysSchema.parse(env.JWT_SECRET),
        }),
      },
      sendNotice: async () => ({ isSent: true }),
      askHeartbeat: async () => undefined,
      notifyEnded: async () => undefined,
      purge: undefined,
      nowMs: () => nowSeconds * 1000,
      sleep,
      countRun: () => undefined,
      random: Math.random,
      randomId: () => crypto.randomUUID(),
    };
  };
  const deps = depsWith({});
  const impatientDeps = depsWith({ timeoutMs: IMPATIENT_MS });

  return {
    deps,
    sync: syncOf(deps),
    impatientSync: syncOf(impatientDeps),
    impatientDeps,
    mainApiUrl: introduction.mainApiUrl,
    control,
    now: () => nowSeconds,
    async advance(seconds) {
      nowSeconds += seconds;
      await control('POST', '/clock', { advanceSeconds: seconds });
    },
    advanceSync(seconds) {
      nowSeconds += seconds;
    },
    async fault(route, kind, rest = {}) {
      await control('PUT', '/faults', { route, kind, ...rest });
    },
    async clearFaults() {
      await control('DELETE', '/faults');
    },
    async calls() {
      const calls = await control('GET', '/calls');
      await control('DELETE', '/calls');
      return calls as Awaited<ReturnType<Bench['calls']>>;
    },
    async rows(table, order = 'id') {
      return (await env.DB.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).all<Row>()).results;
    },
    async runs(job) {
      const query = env.DB.prepare('SELECT * FROM sync_run WHERE job = ?1 ORDER BY started_at, rowid');
      return (await query.bind(job).all<Row>()).results;
    },
    async snapshot() {
      const snapshot = await env.PRICES_KV.get('prices', 'json');
      return snapshot as Awaited<ReturnType<Bench['snapshot']>>;
    },
    d1Calls: counted.take,
    loggedErrors: () => linesOf(errors),
    loggedWarnings: () => linesOf(warnings),
  };
}

/** Calls of a ledger by a test that has none are errors. */
const NO_LEDGERS: Ledgers = {
  ofPool: (poolId) => {
    throw new Error(`the ledger of ${poolId} was called`);
  },
  ofInvestment: () => null,
};

/** The same of a room. */
const NO_ROOMS: Rooms = {
  of: (room) => {
    throw new Error(`the room ${room} was called`);
  },
};

const linesOf = ({ mock }: { mock: { calls: unknown[][] } }) =>
  mock.calls.map(([line]) => JSON.parse(String(line)) as Row);

async function request(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${inject('upstreamUrl')}/control${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

/** A D1 that counts its round trips. */
function countingD1(db: D1Database): { db: D1Database; take: () => number } {
  let calls = 0;
  const countedStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => countedStatement(target.bind(...values));
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name === 'run' || name === 'all' || name === 'first' || name === 'raw') calls += 1;
        return member.bind(target);
      },
    });
  const counted = new Proxy(db, {
    get(target, name) {
      if (name === 'prepare') return (sql: string) => countedStatement(target.prepare(sql));
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name === 'batch') calls += 1;
      return member.bind(target);
    },
  });
  return {
    db: counted,
    take() {
      const taken = calls;
      calls = 0;
      return taken;
    },
  };
}
