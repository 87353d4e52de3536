/** The log of requests that failed, were slow or could not be counted, and the trace from an answer to the log and to upstream. */
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { SLOW_REQUEST_MS } from '../../src/config.ts';
import { USAGE_FLUSH_SECONDS } from '../../src/operations/usage.ts';
import { TRENDING } from '../support/counted-uses.ts';
import { CRONS } from '../support/gateway.ts';
import { IOS, startMeasured } from '../support/measured-gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

const registered = (name: string) => {
  const operation = manifest.operations.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return { documentId: operation.id, variables: {} };
};
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
/** Of a symbol that is not synced: upstream is asked. */
const ASKS_UPSTREAM = '{ price(symbol: "NOWHERE") { price } }';
const DOCUMENT = 'query Categories { projectCategories { name } }';

/** D1 whose every call takes so long by the gateway's clock. */
function slowD1(latencyMs: number) {
  const slow = (statement: D1PreparedStatement): D1PreparedStatement =>
    ({
      bind: (...values: unknown[]) => slow(statement.bind(...values)),
      all: () => {
        vi.setSystemTime(Date.now() + latencyMs);
        return statement.all();
      },
      first: () => {
        vi.setSystemTime(Date.now() + latencyMs);
        return statement.first();
      },
    }) as unknown as D1PreparedStatement;
  return { ...env.DB, prepare: (sql: string) => slow(env.DB.prepare(sql)) };
}

describe('a request that failed is logged once, with its operation and client', () => {
  test('where it was sent by id', async () => {
    const serving = await startServing();
    serving.db.fail('D1 is gone');
    const asked = registered('MarketList');
    const { headers } = await serving.gateway.post(asked, IOS);
    expect(serving.loggedRequests()).toEqual([
      {
        level: 'warn',
        event: 'request.failed',
        requestId: headers.get('x-request-id'),
        traceId: headers.get('x-trace-id'),
        transport: 'http',
        status: 200,
        durationMs: 0,
        operationId: asked.documentId,
        operationName: 'MarketList',
        client: 'ios',
        clientVersion: '5.2.0',
        faults: 'INTERNAL_SERVER_ERROR',
      },
    ]);
  });

  test('where it was sent as a document, and each of its faults has another code', async () => {
    const serving = await startServing();
    serving.db.fail('D1 is gone');
    await serving.market.fault({ route: '*', kind: '500' });
    await serving.gateway.post({
      query: 'query Mixed { projects { totalCount } price(symbol: "NOWHERE") { price } }',
    });
    expect(serving.loggedRequests()).toMatchObject([
      {
        event: 'request.failed',
        operationId: null,
        operationName: 'Mixed',
        client: null,
        faults: 'INTERNAL_SERVER_ERROR,UPSTREAM_UNAVAILABLE',
      },
    ]);
  });

  test('and not where an id could not be looked up, which is counted', async () => {
    const serving = await startServing({ vars: { OPERATIONS_MODE: 'id_only' } });
    serving.gateway.coldIsolate();
    serving.db.fail('D1 is gone');
    serving.cacheKv.fail('KV is gone');
    const { status } = await serving.gateway.post({ documentId: `sha256:${'0'.repeat(64)}` });
    expect([status, serving.loggedRequests()]).toEqual([503, []]);
  });

  test('and not where the fault is the client’s, or the answer is right', async () => {
    const serving = await startServing();
    await serving.gateway.post({ query: DOCUMENT }, IOS);
    await serving.gateway.post({ query: '{ nothing }' }, IOS);
    await serving.gateway.post({ documentId: 'unknown' }, IOS);
    await serving.gateway.post({ query: '{ projects(first: 1000) { totalCount } }' }, IOS);
    await serving.gateway.fetch('/graphql', { method: 'PUT' });
    expect(serving.loggedRequests()).toEqual([]);
  });
});

describe('a request that waits', () => {
  test.each([
    [SLOW_REQUEST_MS, ['request.slow']],
    [SLOW_REQUEST_MS - 1, []],
  ])('%i ms for one call is logged if that is slow', async (latencyMs, events) => {
    const serving = await startServing({ vars: { DB: slowD1(latencyMs) as never }, crons: [] });
    await serving.gateway.post({ query: DOCUMENT }, IOS);
    expect(serving.loggedRequests().map(({ event }) => event)).toEqual(events);
    expect(serving.loggedRequests()).toMatchObject(
      events.map((event) => ({
        event,
        status: 200,
        durationMs: latencyMs,
        operationName: 'Categories',
        client: 'ios',
      })),
    );
  });
});

describe('a trace', () => {
  const upstreamTraces = async ({ market }: Serving) =>
    (await market.calls()).last.map(({ headers }) => headers.traceparent);

  test('of a request is in the answer and in each call of upstream that it makes', async () => {
    const serving = await startServing();
    const { headers } = await serving.gateway.post({ query: ASKS_UPSTREAM }, { traceparent: TRACEPARENT });
    expect(headers.get('x-trace-id')).toBe(TRACE_ID);
    expect(await upstreamTraces(serving)).toEqual([TRACEPARENT]);
  });

  test.each([{}, { traceparent: '00-malformed' }, { traceparent: `${TRACEPARENT}-more` }])(
    'is made of the request id where the request brings none that is valid: %j',
    async (sent) => {
      const serving = await startServing();
      const { headers } = await serving.gateway.post({ query: ASKS_UPSTREAM }, sent);
      const traceId = headers.get('x-trace-id');
      expect(traceId).toBe(headers.get('x-request-id')?.replaceAll('-', ''));
      expect(await upstreamTraces(serving)).toEqual([expect.stringContaining(`00-${traceId}-`)]);
    },
  );

  test('is in the lines and errors of a request that failed, beside its ray', async () => {
    const serving = await startServing();
    serving.db.fail('D1 is gone');
    const sent = { traceparent: TRACEPARENT, 'cf-ray': '8c1f2e3d4a5b6c7d-FRA' };
    const { errors } = await serving.gateway.post({ query: '{ projects { totalCount } }' }, sent);
    expect(errors?.map(({ extensions }) => extensions.traceId)).toEqual([TRACE_ID]);
    const lines = [...serving.complaints(), ...serving.loggedRequests()].filter(
      ({ requestId }) => requestId !== undefined,
    );
    expect(lines.map(({ event, traceId, ray }) => [event, traceId, ray])).toEqual([
      ['graphql.error', TRACE_ID, '8c1f2e3d4a5b6c7d-FRA'],
      ['request.failed', TRACE_ID, '8c1f2e3d4a5b6c7d-FRA'],
    ]);
  });

  test('of a run of a job is in all of its calls of upstream, and each run has its own', async () => {
    const serving = await startServing();
    const ofCandles = async () => {
      await serving.market.resetCalls();
      await serving.gateway.scheduled(CRONS.nightly);
      const { last } = await serving.market.calls();
      const traces = last
        .filter(({ route }) => route === 'price-history')
        .map(({ headers }) => headers.traceparent);
      expect(traces.length).toBeGreaterThan(2);
      expect(new Set(traces).size).toBe(1);
      return traces[0];
    };
    const first = await ofCandles();
    await serving.gateway.advance(86_400);
    expect(await ofCandles()).not.toBe(first);
  });
});

describe('a count that cannot be written', () => {
  const asked = `/graphql?documentId=${encodeURIComponent(TRENDING)}`;

  test('changes no answer where Analytics Engine throws, is in the row, and is logged once a minute', async () => {
    const serving = await startMeasured();
    serving.analytics.fail(new Error('no more points'));
    for (const _ of ['miss', 'hit', 'hit']) expect((await serving.gateway.fetch(asked)).status).toBe(200);
    const failures = serving.complaints().filter(({ event }) => event === 'metrics.point_not_written');
    expect(failures).toMatchObject([{ error: 'no more points' }]);
    expect(await serving.cells()).toMatchObject([
      { cache: 'miss', count: 1 },
      { cache: 'hit', count: 2 },
    ]);
  });

  test('is in the next row where D1 fails', async () => {
    const serving = await startMeasured();
    await serving.gateway.fetch(asked, { headers: IOS });
    serving.db.fail('D1 is gone');
    await serving.gateway.advance(USAGE_FLUSH_SECONDS);
    await serving.gateway.fetch(asked, { headers: IOS });
    serving.db.fail(null);
    await serving.gateway.fetch(asked, { headers: IOS });
    const written = (await serving.cells()).filter(({ operationId }) => operationId === TRENDING);
    expect(written.reduce((sum, { count }) => sum + count, 0)).toBe(3);
    expect(await env.DB.prepare('SELECT count(*) AS n FROM usage_flush').first('n')).toBe(1);
  });
});
