/** Each request, as the point of Analytics Engine and the row of D1 show it. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { USAGE_FLUSH_SECONDS } from '../../src/operations/usage.ts';
import { readFlushes } from '../../src/storage/d1/flushes.ts';
import { ADMIN_KEY, adminOf, sha256Of } from '../support/admin.ts';
import { recordedPoints } from '../support/recorded-requests.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

const idOf = (name: string) => manifest.operations.find((operation) => operation.name === name)?.id ?? '';
const TRENDING = idOf('Trending');
const IOS = { 'graphql-client-name': 'ios', 'graphql-client-version': '5.2.0' };

let serving: Serving;
const analytics = recordedPoints();

async function start(vars: Record<string, unknown> = {}): Promise<void> {
  analytics.fail(null);
  const bindings = { ADMIN_KEY, OPERATIONS_MODE: 'id_only', ANALYTICS: analytics.dataset, ...vars };
  serving = await startServing({ vars: bindings });
  const document = 'query OfIos { projectCategories { name } }';
  const operations = [{ id: await sha256Of(document), document }];
  expect((await adminOf(serving.gateway).publish('ios', '5.2.0', operations)).status).toBe(200);
  // The overlay that the isolate keeps may be a minute old.
  await serving.gateway.advance(61);
  await serving.gateway.fetch('/health');
  await forget();
}

/** What is counted later is all that the next rows have. */
async function forget(): Promise<void> {
  await serving.gateway.advance(USAGE_FLUSH_SECONDS);
  await serving.gateway.fetch('/health');
  await env.DB.exec('DELETE FROM usage_flush');
  analytics.take();
}

/** The cells of all rows, when what was counted is written. */
async function cells() {
  await serving.gateway.advance(USAGE_FLUSH_SECONDS);
  await serving.gateway.fetch('/health');
  const flushes = await readFlushes(env.DB, 0, 100);
  expect(flushes.reduce((sum, { unsound }) => sum + unsound, 0)).toBe(0);
  return flushes
    .flatMap(({ requests }) => requests)
    .filter(({ operationId }) => operationId !== 'route:/health' && operationId !== 'job:background');
}

const points = () => analytics.take().filter(({ name }) => name !== '/health');

beforeEach(() => start());

const getPath = (id: string) => `/graphql?documentId=${encodeURIComponent(id)}`;

describe('a public query', () => {
  const common = {
    index: TRENDING,
    operationId: TRENDING,
    name: 'Trending',
    kind: 'query',
    client: 'ios',
    version: '5.2.0',
    outcome: 'ok',
    errorCode: '',
    workerVersion: env.WORKER_VERSION.id,
    status: 200,
    errors: 0,
  };

  test('by GET is a miss, and then a hit in memory, with the bytes of its body', async () => {
    const send = () => serving.gateway.fetch(getPath(TRENDING), { headers: IOS, cf: { country: 'DE' } });
    const answers = [await send(), await send(), await send()];
    const bytes = (await answers[0]?.arrayBuffer())?.byteLength;
    expect(answers.map(({ headers }) => headers.get('x-cache'))).toEqual(['MISS', 'HIT', 'HIT']);
    const hit = { ...common, transport: 'get', cache: 'hit', bytes, country: 'DE' };
    expect(points()).toMatchObject([{ ...hit, cache: 'miss' }, hit, hit]);
    expect(await cells()).toMatchObject([
      {
        operationId: TRENDING,
        client: 'ios',
        version: '5.2.0',
        cache: 'miss',
        outcome: 'ok',
        count: 1,
        bytes,
      },
      { cache: 'hit', outcome: 'ok', count: 2, faults: 0, bytes: 2 * (bytes ?? 0), histogram: [0, 2] },
    ]);
  });

  test('by POST is the same', async () => {
    for (const cache of ['miss', 'hit', 'hit']) {
      await serving.gateway.post({ documentId: TRENDING }, IOS);
      expect(points()).toMatchObject([{ ...common, transport: 'post', cache }]);
    }
    expect(await cells()).toMatchObject([
      { cache: 'miss', count: 1 },
      { cache: 'hit', count: 2 },
    ]);
  });

  test('that is stale is counted as what the client got', async () => {
    await serving.gateway.fetch(getPath(TRENDING));
    await serving.gateway.advance(61);
    const stale = await serving.gateway.fetch(getPath(TRENDING));
    expect(stale.headers.get('x-cache')).toBe('STALE');
    expect(points()).toMatchObject([{ cache: 'miss' }, { cache: 'stale', outcome: 'ok', errors: 0 }]);
  });

  test('that is not modified has no body', async () => {
    const etag = (await serving.gateway.fetch(getPath(TRENDING))).headers.get('etag') ?? '';
    await serving.gateway.fetch(getPath(TRENDING), { headers: { 'If-None-Match': etag } });
    expect(points()).toMatchObject([{}, { status: 304, bytes: 0, cache: 'hit', outcome: 'ok' }]);
  });

  test('with errors is partial, and a fault where they are the gateway’s', async () => {
    serving.db.fail('D1 is gone');
    const { errors } = await serving.gateway.post({ documentId: TRENDING }, IOS);
    expect(errors?.length).toBeGreaterThan(0);
    expect(points()).toMatchObject([
      {
        outcome: 'partial',
        errorCode: 'INTERNAL_SERVER_ERROR',
        errors: errors?.length,
        cache: 'bypass',
        status: 200,
      },
    ]);
    serving.db.fail(null);
    expect(await cells()).toMatchObject([
      { outcome: 'partial', count: 1, faults: 1, errors: errors?.length },
    ]);
  });
});
