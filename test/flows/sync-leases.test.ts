/** Runs of a job that take long, or that lose their lease to a newer run while they work. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import type { AskedRoom } from '../../src/chat/rooms.ts';
import { UPSTREAM_MAX_ATTEMPTS, UPSTREAM_TIMEOUT_MS } from '../../src/config.ts';
import { bundledRelease } from '../../src/operations/manifest.ts';
import { noteAuthor } from '../../src/storage/d1/chat-authors.ts';
import { appendCounts } from '../../src/storage/d1/operation-usage.ts';
import { openWithPassword } from '../../src/storage/d1/users.ts';
import type { JobDeps } from '../../src/sync/job.ts';
import { JOBS } from '../../src/sync/jobs.ts';
import { createMainApi } from '../../src/upstream/main-api.ts';
import { createPriceApi } from '../../src/upstream/price-api.ts';
import { TABLES } from '../support/tables.ts';
import { type Bench, createBench, syncOf } from './sync-bench.ts';

const CALL_SECONDS = 16;
const LEASES_AND_RUNS = ['sync_lease', 'sync_run'];

/** Both APIs answer every call with the same, and `beforeCall` precedes each. */
function depsCalling(bench: Bench, answer: unknown, beforeCall: () => Promise<void>): JobDeps {
  const fetch = async () => {
    await beforeCall();
    return Response.json(answer);
  };
  const client = { baseUrl: 'https://upstream.example', apiKey: 'key', fetch, sleep: async () => undefined };
  return { ...bench.deps, mainApi: createMainApi(client), priceApi: createPriceApi(client) };
}

async function insertSymbols(count: number): Promise<void> {
  const names = JSON.stringify(Array.from({ length: count }, (_, index) => `S${index}`));
  await env.DB.prepare(
    `INSERT INTO project_cache (id, name, symbol, slug, status, category, tags, blockchain, updated_at, created_at,
       name_folded, symbol_folded, search_text)
     SELECT value, value, value, value, 'live', 'x', '[]', '[]', 1, 1, value, value, value FROM json_each(?1)`,
  )
    .bind(names)
    .run();
}

/** As an earlier build published them. */
async function insertOperationsWithoutForms(count: number): Promise<void> {
  const [operation] = manifest.operations;
  const insert = env.DB.prepare(
    `INSERT INTO operation (id, document_id, name, kind, registered, registered_at) VALUES (?1, ?1, 'Any', 'query', ?2, 1)`,
  );
  const statements = Array.from({ length: count }, (_, at) => {
    const id = `operation-${at}`;
    return insert.bind(id, JSON.stringify({ ...operation, id }));
  });
  await env.DB.batch(statements);
}

async function heldData(): Promise<unknown> {
  const tables = TABLES.filter((table) => !LEASES_AND_RUNS.includes(table));
  const results = await env.DB.batch(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)));
  return [results.map(({ results: rows }) => rows), await env.PRICES_KV.get('prices')];
}

/** They write no table: a ledger passes over whatever is older than what it has. */
const JOBS_OF_LEDGERS = ['ledger-pokes', 'ledgers', 'ledgers-full', 'ledger-check'];
const WRITING_JOBS = JOBS.map(({ name }) => name).filter((name) => !JOBS_OF_LEDGERS.includes(name));

async function insertOperationWithoutForms(): Promise<void> {
  const [operation] = bundledRelease.operations;
  if (operation === undefined) throw new Error('the build bundles no operation');
  await env.DB.prepare(
    "INSERT INTO operation (id, document_id, name, kind, registered, registered_at) VALUES (?1, ?1, 'Early', 'query', ?2, 0)",
  )
    .bind(operation.id, JSON.stringify(operation))
    .run();
}

const insertExpiredUpload = (userId: string) =>
  env.DB.prepare(
    `INSERT INTO user_upload (id, user_id, kind, content_type, size_bytes, created_at, expires_at)
     VALUES ('upload', ?1, 'attachment', 'image/png', 1, 0, 1)`,
  )
    .bind(userId)
    .run();

/** Its time is over, and the main API does not know of it. */
async function insertDocument(userId: string): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO user_file (id, user_id, kind, content_type, size_bytes, object_key, etag, uploaded_at, delete_after)
       VALUES ('document', ?1, 'passport', 'image/png', 1, 'users/kyc-documents/' || ?1 || '/passport', 'etag', 1, 2)`,
    ).bind(userId),
    env.DB.prepare(
      `INSERT INTO identification_outbox (file_id, user_id, body, next_attempt_at)
       VALUES ('document', ?1, '{"file_id":"document","kind":"passport","uploaded_at":1}', 0)`,
    ).bind(userId),
  ]);
}

describe('a run that takes longer than its lease', () => {
  test('keeps it while its calls come back: no other run of the job begins', async () => {
    const bench = await createBench({ projectCount: 1 });
    await insertSymbols(4_700);
    const others: string[] = [];
    const deps = depsCalling(bench, {}, async () => {
      bench.advanceSync(CALL_SECONDS);
      others.push((await bench.sync.runJob('prices')).outcome);
    });
    const result = await syncOf(deps).runJob('prices');
    expect(result.durationMs).toBeGreaterThanOrEqual(10 * CALL_SECONDS * 1000);
    expect(new Set(others)).toEqual(new Set(['skipped']));
    expect(result.outcome).toBe('partial');
    expect(await bench.rows('sync_lease', 'job')).toEqual([]);
  });

  test('keeps it through the night’s histories', async () => {
    const bench = await createBench({ projectCount: 1 });
    await insertSymbols(100);
    const others = new Set<string>();
    const deps = depsCalling(bench, [], async () => {
      bench.advanceSync(CALL_SECONDS);
      others.add((await bench.sync.runJob('daily-candles')).outcome);
    });
    const result = await syncOf(deps).runJob('daily-candles');
    expect(result.durationMs).toBeGreaterThan(2 * 1_200_000);
    expect([result.outcome, others]).toEqual(['ok', new Set(['skipped'])]);
  });

  test('loses it if it is silent for longer', async () => {
    const bench = await createBench({ projectCount: 8 });
    await bench.sync.runJob('projects');
    const deps = depsCalling(bench, {}, async () => {
      bench.advanceSync(120);
      expect((await bench.sync.runJob('prices')).outcome).toBe('ok');
    });
    expect(await syncOf(deps).runJob('prices')).toMatchObject({
      outcome: 'failed',
      written: 0,
      firstError: 'another run of prices has taken the lease',
    });
  });

  test.each(JOBS.map(({ name, leaseSeconds }) => [name, leaseSeconds] as const))(
    'has time for the longest call between two renewals: %s',
    (_, leaseSeconds) => {
      const retryPausesMs = 2 * 5_000;
      const callMs = UPSTREAM_MAX_ATTEMPTS * UPSTREAM_TIMEOUT_MS + retryPausesMs;
      expect(leaseSeconds * 1000 * (1 - 1 / 3)).toBeGreaterThan(callMs + 30_000);
    },
  );
});

describe('a run whose lease another run has taken', () => {
  test.each(WRITING_JOBS)('writes nothing any more: %s', async (job) => {
    const bench = await createBench({
      projectCount: 8,
      projectsWithFiles: job.startsWith('project-') ? 8 : 0,
    });
    if (!job.startsWith('projects')) await bench.sync.runJob('projects');
    if (job.startsWith('pool-eligibility')) await bench.sync.runJob('pools');
    if (job === 'hourly-candles') await bench.sync.runJob('prices');
    if (job === 'operation-forms') await insertOperationWithoutForms();
    const refusal = {
      reason: 'A',
      documentId: 'x',
      client: 'ios',
      version: '1',
      day: 19_772,
      count: 1,
      lastSeen: 50,
    };
    await appendCounts(env.DB, { usage: [], refusals: [refusal] });
    const account = { id: 'usr_a', displayName: null, nowSeconds: bench.now() };
    await openWithPassword(env.DB, account, { email: 'ann@example.com', passwordHash: 'hash' });
    if (job === 'uploads') await insertExpiredUpload(account.id);
    if (job.startsWith('identification')) {
      await bench.sync.runJob('user-outbox');
      await insertDocument(account.id);
    }
    if (job === 'object-deletions')
      await env.DB.exec(
        "INSERT INTO object_deletion (object_key, next_attempt_at) VALUES ('static/old.png', 0)",
      );
    if (job === 'chat-authors') {
      await noteAuthor(env.DB, account.id, 'project:prj_a', bench.now());
      bench.deps.rooms = { of: () => ({ applyAuthors: async () => undefined }) as unknown as AskedRoom };
    }
    if (job === 'closed-users') await bench.control('DELETE', '/users/usr_a');
    await insertOperationsWithoutForms(1);
    await bench.advance(3_600);
    const before = await heldData();
    let isTaken = false;
    const db = new Proxy(bench.deps.db, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'batch' || isTaken) return member.bind(target);
        // The first batch of a run takes its lease.
        return async (statements: D1PreparedStatement[]) => {
          isTaken = true;
          const results = await target.batch(statements);
          await env.DB.prepare(`UPDATE sync_lease SET holder = 'a newer run'`).run();
          return results;
        };
      },
    });
    const result = await syncOf({ ...bench.deps, db }).runJob(job);
    expect(result).toMatchObject({ outcome: 'failed', written: 0 });
    expect(result.firstError).toBe(`another run of ${job} has taken the lease`);
    expect(await heldData()).toEqual(before);
    expect(await bench.rows('sync_lease', 'job')).toMatchObject([{ job, holder: 'a newer run' }]);
    await env.DB.exec('DELETE FROM sync_lease');
    expect((await bench.sync.runJob(job)).written).toBeGreaterThan(0);
  });

  test('does not put its older prices over the newer run’s', async () => {
    const bench = await createBench({ projectCount: 8 });
    await bench.sync.runJob('projects');
    const old = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    const fetch = (input: RequestInfo | URL) => {
      if (!String(input).includes('/prices/batch')) return globalThis.fetch(input);
      asked.resolve();
      return old.promise;
    };
    const client = {
      baseUrl: 'https://upstream.example',
      apiKey: 'key',
      fetch,
      sleep: async () => undefined,
    };
    const older = syncOf({ ...bench.deps, priceApi: createPriceApi(client) }).runJob('prices');
    await asked.promise;
    await bench.advance(121);
    expect((await bench.sync.runJob('prices')).outcome).toBe('ok');
    const newer = await bench.snapshot();
    const hour = await bench.rows('hour_in_progress', 'hour_start');
    old.resolve(Response.json({}));
    expect((await older).outcome).toBe('failed');
    expect(await bench.snapshot()).toEqual(newer);
    expect(await bench.rows('hour_in_progress', 'hour_start')).toEqual(hour);
  });

  test('has kept the batches that it wrote before', async () => {
    const bench = await createBench({ projectCount: 60 });
    await bench.sync.runJob('projects');
    let calls = 0;
    const priceApi = {
      ...bench.deps.priceApi,
      history: async (...asked: Parameters<JobDeps['priceApi']['history']>) => {
        calls += 1;
        if (calls === 80) await env.DB.exec(`UPDATE sync_lease SET holder = 'a newer run'`);
        return bench.deps.priceApi.history(...asked);
      },
    };
    const result = await syncOf({ ...bench.deps, priceApi }).runJob('daily-candles');
    const held = await env.DB.prepare('SELECT count(*) AS held FROM candle').first('held');
    expect(result).toMatchObject({ outcome: 'failed', written: held });
    expect(held).toBeGreaterThanOrEqual(12_000);
  });

  test('has kept the batches that it wrote before, also of operations’ forms', async () => {
    const bench = await createBench({ projectCount: 1 });
    await insertOperationsWithoutForms(120);
    let batches = 0;
    const db = new Proxy(bench.deps.db, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (name !== 'batch') return member.bind(target);
        return async (statements: D1PreparedStatement[]) => {
          batches += 1;
          // The first one takes the lease, and two of fifty operations follow.
          if (batches === 4) await env.DB.exec(`UPDATE sync_lease SET holder = 'a newer run'`);
          return target.batch(statements);
        };
      },
    });
    const result = await syncOf({ ...bench.deps, db }).runJob('operation-forms');
    expect(result).toMatchObject({ outcome: 'failed', read: 100, written: 100 });
  });
});
