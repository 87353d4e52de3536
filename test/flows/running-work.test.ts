/** Calls belong to the request, job or operation that makes them, and so do spans. */

import { createExecutionContext, evictAllDurableObjects, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { AsyncLocalStorage } from 'node:async_hooks';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createIsolates } from '../../src/app/isolate.ts';
import { measuredEnv } from '../../src/app/measured-env.ts';
import { createWorker } from '../../src/app/worker.ts';
import { addCalls, noCalls } from '../../src/observability/call-counts.ts';
import { IsolateCalls } from '../../src/observability/isolate-calls.ts';
import { measuredFetch } from '../../src/observability/measured-fetch.ts';
import { JOB_PREFIX, type MetricsCell } from '../../src/observability/request-metrics.ts';
import { endCalls, runningCalls, runningTrace, runWork } from '../../src/observability/running-work.ts';
import { readFlushes } from '../../src/storage/d1/flushes.ts';
import { ADMIN_KEY, adminOf } from '../support/admin.ts';
import { CRONS, startGateway } from '../support/gateway.ts';
import { isolateWithAccounts } from '../support/isolates.ts';
import { createMarket } from '../support/market.ts';
import { startServing } from '../support/serving-bench.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

const requestId = () => crypto.randomUUID();

describe('calls', () => {
  let calls: IsolateCalls;
  let measured: Env;
  beforeEach(() => {
    calls = new IsolateCalls(Date.now);
    measured = measuredEnv(env as unknown as Env, calls);
  });
  const callsOf = (work: () => Promise<unknown>) =>
    runWork({ requestId: requestId() }, async () => {
      await work();
      return endCalls();
    });
  const count = (counted: Partial<ReturnType<typeof noCalls>>) => ({ ...noCalls(), ...counted });

  test('of D1 count each statement, with the rows that D1 says', async () => {
    const { DB } = measured;
    const table = `counted_${requestId().replaceAll('-', '')}`;
    await DB.prepare(`CREATE TABLE ${table} (number INTEGER PRIMARY KEY, text TEXT)`).run();
    const insert = (number: number) => DB.prepare(`INSERT INTO ${table} VALUES (?, ?)`).bind(number, 'a');
    const writes = await callsOf(() => DB.batch([insert(1), insert(2), insert(3)]));
    expect(writes).toEqual(count({ d1Queries: 3, d1RowsWritten: 3, d1RowsRead: writes.d1RowsRead }));
    const all = DB.prepare(`SELECT * FROM ${table}`);
    expect(await callsOf(() => all.all())).toEqual(count({ d1Queries: 1, d1RowsRead: 3 }));
    expect(await callsOf(() => all.first())).toEqual(count({ d1Queries: 1, d1RowsRead: 3 }));
    expect(await all.first('text')).toBe('a');
    expect(await all.first()).toEqual({ number: 1, text: 'a' });
    expect(await DB.prepare(`SELECT * FROM ${table} WHERE number > 3`).first('text')).toBeNull();
    await expect(all.first('none')).rejects.toThrow('Column not found (none)');
    expect(await callsOf(() => DB.withSession().prepare(`SELECT * FROM ${table}`).all())).toEqual(
      count({ d1Queries: 1, d1RowsRead: 3 }),
    );
    expect(await callsOf(() => expect(DB.prepare('SELECT').all()).rejects.toThrow())).toEqual(
      count({ d1Queries: 1 }),
    );
    expect(() => all.raw()).toThrow('`raw` have no count');
    expect(() => DB.exec('SELECT 1')).toThrow('`exec` have no count');
    // One for each round trip, also of the statement that failed.
    const durations = calls.takeD1();
    expect(durations.filter((_, at) => at % 2 === 1).reduce((sum, times) => sum + times, 0)).toBe(10);
    expect(calls.takeD1()).toEqual([]);
  });

  test('of KV count each key that is read, and each write, deletion and list', async () => {
    const { CACHE_KV: kv } = measured;
    const key = requestId();
    expect(await callsOf(() => kv.put(key, 'a'))).toEqual(count({ kvWrites: 1 }));
    expect(await callsOf(() => kv.get(key))).toEqual(count({ kvReads: 1 }));
    expect(await callsOf(() => kv.getWithMetadata(key))).toEqual(count({ kvReads: 1 }));
    expect(await callsOf(() => kv.get([key, 'b', 'c']))).toEqual(count({ kvReads: 3 }));
    expect((await kv.get([key, 'b'])).get(key)).toBe('a');
    expect(await callsOf(() => kv.list({ prefix: key }))).toEqual(count({ kvWrites: 1 }));
    expect(await callsOf(() => kv.delete(key))).toEqual(count({ kvWrites: 1 }));
  });

  test('of R2 count by their class, each part of an upload too, and deletions are free', async () => {
    const { STORAGE: bucket } = measured;
    const key = `parts/${requestId()}`;
    expect(await callsOf(() => bucket.put(key, 'a'))).toEqual(count({ r2Writes: 1 }));
    expect(await callsOf(() => bucket.get(key))).toEqual(count({ r2Reads: 1 }));
    expect(await callsOf(() => bucket.head(key))).toEqual(count({ r2Reads: 1 }));
    expect(await callsOf(() => bucket.list({ prefix: key }))).toEqual(count({ r2Writes: 1 }));
    const inParts = async () => {
      const { uploadId } = await bucket.createMultipartUpload(key);
      const upload = bucket.resumeMultipartUpload(key, uploadId);
      await upload.complete([await upload.uploadPart(1, 'b')]);
    };
    expect(await callsOf(inParts)).toEqual(count({ r2Writes: 3 }));
    expect(await (await bucket.get(key))?.text()).toBe('b');
    const aborted = async () => (await bucket.createMultipartUpload(key)).abort();
    expect(await callsOf(aborted)).toEqual(count({ r2Writes: 1 }));
    expect(await callsOf(() => bucket.delete(key))).toEqual(noCalls());
  });

  test('of Durable Objects count each method and each request', async () => {
    const { ATTEMPTS, SUBSCRIPTION_HUBS } = measured;
    const attempts = () => ATTEMPTS.getByName(requestId()).takeBack('none');
    expect(await callsOf(attempts)).toEqual(count({ objectCalls: 1 }));
    const hub = SUBSCRIPTION_HUBS.get(SUBSCRIPTION_HUBS.idFromName('hub-0'));
    const handshake = async () => {
      const { status, webSocket } = await hub.fetch('https://hub.test/', {
        headers: { Upgrade: 'websocket' },
      });
      expect(status).toBe(101);
      webSocket?.accept();
      webSocket?.close();
    };
    expect(await callsOf(handshake)).toEqual(count({ objectCalls: 1 }));
  });

  test('of works that run at once do not mix, and later ones are those of the isolate', async () => {
    const { DB, CACHE_KV } = measured;
    const work = (queries: number) =>
      runWork({ requestId: requestId() }, async () => {
        const { traceId = '' } = runningTrace() ?? {};
        for (let made = 0; made < queries; made += 1) {
          await DB.prepare('SELECT 1').all();
          await Promise.all([CACHE_KV.get('a'), CACHE_KV.get('b')]);
        }
        expect(runningTrace()?.traceId).toBe(traceId);
        const own = endCalls();
        expect(endCalls()).toEqual(noCalls());
        await DB.prepare('SELECT 1').all();
        return [traceId, own] as const;
      });
    const ended = await Promise.all(Array.from({ length: 20 }, (_, queries) => work(queries)));
    for (const [queries, [, own]] of ended.entries())
      expect(own).toEqual(count({ d1Queries: queries, kvReads: 2 * queries }));
    expect(new Set(ended.map(([traceId]) => traceId)).size).toBe(20);
    expect(runningCalls()).toBeNull();
    await DB.prepare('SELECT 1').all();
    expect(calls.takeBackground()).toEqual(count({ d1Queries: 21 }));
    expect(calls.takeBackground()).toEqual(noCalls());
  });

  test('of upstream carry a trace, also outside of any work', async () => {
    const sent: Headers[] = [];
    const send = measuredFetch(
      async (_, init) => {
        sent.push(new Headers(init?.headers));
        return new Response();
      },
      calls,
      requestId,
    );
    const headers = { Accept: 'a/b' };
    const made = await runWork({ requestId: requestId(), traceparent: TRACEPARENT }, async () => {
      await send('https://api.test/', { headers });
      await send('https://api.test/', { headers: { traceparent: 'its own' } });
      return endCalls();
    });
    await send('https://api.test/');
    expect(made).toEqual(count({ upstreamCalls: 2 }));
    expect(calls.takeBackground()).toEqual(count({ upstreamCalls: 1 }));
    expect(sent.map((one) => [one.get('accept'), one.get('traceparent')])).toEqual([
      ['a/b', TRACEPARENT],
      [null, 'its own'],
      [null, expect.stringMatching(/^00-[\da-f]{32}-[\da-f]{16}-01$/)],
    ]);
  });
});

describe('rows of D1', () => {
  const cellsWritten = async () => (await readFlushes(env.DB, 0, 100)).flatMap(({ requests }) => requests);
  const sumOf = (cells: readonly MetricsCell[]) => {
    const sum = noCalls();
    for (const { calls } of cells) addCalls(sum, calls);
    return sum;
  };

  test('have the calls of each job, and of its effects beside them', async () => {
    const market = await createMarket({ projectCount: 3, poolCount: 1 });
    const gateway = startGateway(market, { ADMIN_KEY });
    await env.DB.prepare('DELETE FROM usage_flush').run();
    // They call no Durable Object, whose isolate would write rows of its own.
    for (const cron of [CRONS.projects, CRONS.hourly]) await gateway.scheduled(cron);
    const counted = { ...gateway.counts };
    const upstreamCalls = (await market.calls()).total;
    // The last row's own calls are in the next row, which the second of two requests for metrics finds to write.
    for (let asked = 0; asked < 2; asked += 1) await adminOf(gateway).get('/metrics');
    const cells = (await cellsWritten()).filter(({ operationId }) => operationId.startsWith(JOB_PREFIX));
    expect(sumOf(cells)).toMatchObject({
      d1Queries: counted.d1Statements,
      d1RowsRead: counted.d1RowsRead,
      d1RowsWritten: counted.d1RowsWritten,
      kvReads: counted.kvKeysRead,
      kvWrites: counted.kvWrites,
      upstreamCalls,
    });
    const ofProjects = sumOf(cells.filter(({ operationId }) => operationId === `${JOB_PREFIX}projects`));
    expect(ofProjects.upstreamCalls).toBeGreaterThan(0);
    expect(ofProjects.d1RowsWritten).toBeGreaterThan(3);
  });

  test('have the events of a Durable Object that is alone in its isolate', async () => {
    await startServing({ crons: [] });
    isolateWithAccounts();
    await evictAllDurableObjects();
    await env.SALE_FEED.getByName('sales').changed();
    await vi.waitFor(async () => {
      const [cell] = await cellsWritten();
      expect(cell).toMatchObject({ operationId: `${JOB_PREFIX}sale-feed`, outcome: 'ok', count: 1 });
      expect(cell?.calls.d1Queries).toBeGreaterThan(0);
    });
  });
});

describe('spans', () => {
  interface WrittenSpan {
    path: string;
    attributes: Record<string, unknown>;
  }

  /** The platform's tracing as a test reads it. Spans nest by what runs, as the platform's do. */
  function recordedSpans(isTraced: boolean, [traceId, spanId] = [TRACE_ID, '00f067aa0ba902b7']) {
    const spans: WrittenSpan[] = [];
    const inside = new AsyncLocalStorage<string>();
    const root = { isTraced, spanContext: () => ({ traceId, spanId, traceFlags: 1 }) };
    const enterSpan = (name: string, run: (span: Pick<Span, 'setAttributes'>) => unknown) => {
      const outer = inside.getStore();
      const span = { path: outer === undefined ? name : `${outer} > ${name}`, attributes: {} };
      spans.push(span);
      const setAttributes = (attributes: object) => Object.assign(span.attributes, attributes);
      return inside.run(span.path, () => run({ setAttributes } as unknown as Span));
    };
    return { spans, tracing: { enterSpan, getActiveSpan: () => root } as unknown as Tracing };
  }

  const send = async (tracing: Tracing, sent: Record<string, string> = {}) => {
    const ctx = createExecutionContext();
    const request = new Request('https://gateway.test/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'graphql-client-name': 'ios', ...sent },
      body: JSON.stringify({ query: `query Named { projects { totalCount } } # ${requestId()}` }),
    }) as Parameters<ReturnType<typeof createWorker>['fetch']>[0];
    const worker = createWorker(createIsolates(), tracing);
    const response = await worker.fetch(request, env as unknown as Env, ctx);
    await waitOnExecutionContext(ctx);
    return response.headers.get('x-trace-id');
  };

  test('of an operation and its calls are recorded, in the trace of the platform', async () => {
    const { spans, tracing } = recordedSpans(true);
    expect(await send(tracing)).toBe(TRACE_ID);
    const operation = spans.find(({ path }) => path === 'operation');
    expect(operation?.attributes).toMatchObject({
      'graphql.operation.name': 'Named',
      'client.name': 'ios',
      'trace.id': TRACE_ID,
    });
    expect(spans.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['operation > d1', 'operation > kv']),
    );
  });

  test('say which trace of its sender an operation belongs to', async () => {
    const { spans, tracing } = recordedSpans(true, ['a'.repeat(32), 'b'.repeat(16)]);
    expect(await send(tracing, { traceparent: TRACEPARENT })).toBe(TRACE_ID);
    expect(spans.find(({ path }) => path === 'operation')?.attributes['trace.id']).toBe(TRACE_ID);
  });

  test('are not made where the platform records none', async () => {
    const { spans, tracing } = recordedSpans(false);
    expect(await send(tracing)).not.toBe(TRACE_ID);
    expect(spans).toEqual([]);
  });

  test('name calls of Durable Objects, R2 and upstream too', async () => {
    const { spans, tracing } = recordedSpans(true);
    const calls = new IsolateCalls(Date.now);
    const { ATTEMPTS, STORAGE } = measuredEnv(env as unknown as Env, calls);
    const upstream = measuredFetch(async () => new Response(), calls, requestId);
    await runWork({ requestId: requestId(), tracing }, async () => {
      await ATTEMPTS.getByName(requestId()).takeBack('none');
      await STORAGE.head('none');
      await upstream('https://api.test/');
    });
    expect(spans.map(({ path }) => path)).toEqual(['durable object', 'r2', 'upstream']);
  });
});
