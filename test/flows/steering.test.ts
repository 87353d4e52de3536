/** An operator switches operations off and on and limits their time, while they run: over HTTP and `/api`. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { restRelease } from '../../src/operations/manifest.ts';
import { ADMIN_KEY, adminOf, type Submitted, sha256Of } from '../support/admin.ts';
import { CRONS, startGateway, type TestGateway } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

const VARS = { ADMIN_KEY, OPERATIONS_MODE: 'id_only' };
const OFF = 'OPERATION_SWITCHED_OFF';
const PUBLIC = 'query Categories { projectCategories { name projectCount } }';
const OTHER_LAYOUT = 'query Categories {\n  projectCategories { name projectCount } }';
const WITH_TYPENAMES = 'query Categories { projectCategories { name projectCount __typename } }';

let serving: Serving;
let gateway: TestGateway;
let admin: ReturnType<typeof adminOf>;
let operation: Submitted;
/** The same text under the id of another tool. */
const OPAQUE = 'relay,id';

beforeEach(async () => {
  serving = await startServing({ crons: [CRONS.projects, CRONS.prices], vars: VARS });
  ({ gateway } = serving);
  admin = adminOf(gateway);
  operation = { id: await sha256Of(PUBLIC), document: PUBLIC };
  await admin.publish('ios', '1.0.0', [operation, { id: OPAQUE, document: PUBLIC }]);
});

const off = (id: string) => admin.send('POST', '/operations/off', { id });
const on = (id: string) => admin.send('POST', '/operations/on', { id });
const limit = (id: string, timeLimitMs: number | null) =>
  admin.send('POST', '/operations/limit', { id, timeLimitMs });
/** Until every isolate has read the overlay that KV shows. */
const untilRead = () => gateway.advance(60);

const hexOf = (id: string) => id.replace('sha256:', '');
const apollo = (id: string) =>
  `extensions=${encodeURIComponent(JSON.stringify({ persistedQuery: { version: 1, sha256Hash: hexOf(id) } }))}`;

/** One request of every wire form, by its name. */
const forms = (id: string): Record<string, () => Promise<Response>> => {
  const post = (body: object) => () =>
    gateway.fetch('/graphql', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  const get =
    (path: string, headers: Record<string, string> = {}) =>
    () =>
      gateway.fetch(path, { headers });
  return {
    get: get(`/graphql?documentId=${id}`),
    path: get(`/graphql/${id}`),
    apolloGet: get(`/graphql?operationName=Categories&${apollo(id)}`),
    signedIn: get(`/graphql?documentId=${id}`, { Authorization: 'Bearer token', 'x-requested-with': 'app' }),
    post: post({ documentId: id }),
    apolloPost: post({ extensions: { persistedQuery: { version: 1, sha256Hash: hexOf(id) } } }),
    relay: post({ doc_id: hexOf(id) }),
    release: post({ documentId: `ios~1.0.0~${id}` }),
    otherId: post({ doc_id: OPAQUE }),
    events: get(`/graphql?documentId=${id}`, { Accept: 'text/event-stream', 'x-requested-with': 'app' }),
  };
};

async function answers() {
  const seen: Record<string, string> = {};
  for (const [form, ask] of Object.entries(forms(operation.id))) {
    const response = await ask();
    const { headers } = response;
    const code = /"code":"(\w+)"/.exec(await response.text())?.[1];
    seen[form] = [response.status, code, headers.get('retry-after'), headers.get('cache-control')].join(' ');
  }
  return seen;
}
const all = (expected: unknown) => Object.fromEntries(Object.keys(forms('')).map((form) => [form, expected]));
const REFUSED = `503 ${OFF} 60 private, no-store`;

describe('an operation that is switched off', () => {
  test('is refused in every wire form within 60 seconds, memory hits included, and comes back', async () => {
    await answers();
    // From memory now.
    const { get, post } = forms(operation.id);
    for (const ask of [get, post]) expect((await ask?.())?.headers.get('x-cache')).toBe('HIT');
    expect(await off(operation.id)).toMatchObject({
      status: 200,
      body: {
        operations: [{ id: operation.id, name: 'Categories', kind: 'query' }, { id: OPAQUE }],
        changed: [operation.id, OPAQUE],
      },
    });
    await untilRead();
    expect(await answers()).toEqual(all(REFUSED));
    gateway.coldIsolate();
    expect(await answers()).toEqual(all(REFUSED));
    expect(await on(OPAQUE)).toMatchObject({ body: { changed: [OPAQUE, operation.id] } });
    await untilRead();
    expect(await answers()).toEqual(all(expect.stringMatching(/^200 {2} /)));
  });

  test('stays off where an older build writes the overlay, and where KV shows none', async () => {
    await off(operation.id);
    await untilRead();
    expect((await forms(operation.id).post?.())?.status).toBe(503);
    const kept = await env.CACHE_KV.get<Record<string, unknown>>('operations:liveness', 'json');
    const { off: _, timeLimits: __, ...older } = kept ?? {};
    await env.CACHE_KV.put('operations:liveness', JSON.stringify({ ...older, revision: 1_000 }));
    await untilRead();
    expect((await forms(operation.id).post?.())?.status).toBe(503);
    await gateway.scheduled(CRONS.hourly);
    gateway.coldIsolate();
    expect((await forms(operation.id).post?.())?.status).toBe(503);
    await env.CACHE_KV.delete('operations:liveness');
    gateway.coldIsolate();
    expect((await forms(operation.id).post?.())?.status).toBe(503);
  });

  test('is refused by its text and by every form of it in safelist and audit', async () => {
    const modes = ['safelist', 'audit'].map((mode) =>
      startGateway(serving.market, { ...VARS, OPERATIONS_MODE: mode }),
    );
    const codes = async () => {
      const seen: unknown[] = [];
      for (const each of modes)
        for (const query of [PUBLIC, OTHER_LAYOUT, WITH_TYPENAMES])
          seen.push((await each.post({ query })).errors?.[0]?.extensions.code ?? 200);
      return seen;
    };
    expect(new Set(await codes())).toEqual(new Set([200]));
    await off(operation.id);
    await untilRead();
    expect(new Set(await codes())).toEqual(new Set([OFF]));
    for (const each of modes) each.coldIsolate();
    expect(new Set(await codes())).toEqual(new Set([OFF]));
  });

  test('may be one of the build, and one of /api', async () => {
    const id = manifest.operations.find(({ name }) => name === 'Search')?.id ?? '';
    const search = { documentId: id, variables: { query: 'bit', first: 1 } };
    const rest = restRelease.operations.find(({ name }) => name === 'RestProject')?.id ?? '';
    const path = '/api/projects/bitcoin';
    expect([(await gateway.post(search)).status, (await gateway.fetch(path)).status]).toEqual([200, 200]);
    expect((await gateway.fetch(path)).headers.get('x-cache')).toBe('HIT');
    for (const each of [id, rest]) await off(each);
    await untilRead();
    expect((await gateway.post(search)).errors?.[0]?.extensions).toMatchObject({
      code: OFF,
      retryAfterSeconds: 60,
    });
    const refused = await gateway.fetch(path);
    expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toMatchObject([
      503,
      '60',
      { error: { code: OFF } },
    ]);
    for (const each of [id, rest]) await on(each);
    await untilRead();
    expect([(await gateway.post(search)).status, (await gateway.fetch(path)).status]).toEqual([200, 200]);
  });

  test('stays retired when it has ended, and deprecated when it is on again', async () => {
    await off(operation.id);
    await admin.deprecate('ios', ['1.0.0'], '2027-06-01');
    await untilRead();
    expect((await gateway.post({ documentId: operation.id })).status).toBe(503);
    await on(operation.id);
    await untilRead();
    expect((await gateway.post({ documentId: operation.id })).headers.has('sunset')).toBe(true);
    await off(operation.id);
    await admin.retire('ios', ['1.0.0'], true);
    await untilRead();
    expect((await gateway.post({ documentId: operation.id })).status).toBe(410);
  });

  test('is shown with the time and the key, and an unknown one is refused', async () => {
    await off(operation.id);
    const offSince = serving.market.startAt;
    expect((await admin.get(`/operations/${operation.id}`)).body).toMatchObject({
      steering: { offSince, timeLimitMs: null, changedBy: 'ADMIN_KEY' },
    });
    expect((await admin.get('/releases')).body).toMatchObject({
      steered: [{ id: OPAQUE, name: 'Categories', offSince, timeLimitMs: null }, { id: operation.id }],
    });
    expect(await off('sha256:unknown')).toMatchObject({ status: 422, code: 'UNKNOWN_OPERATIONS' });
    // The same again changes nothing and completes a change that KV does not have.
    await gateway.advance(5);
    expect(await off(operation.id)).toMatchObject({ body: { changed: [] } });
    expect((await admin.get(`/operations/${operation.id}`)).body).toMatchObject({ steering: { offSince } });
  });
});

describe('an operation with a time limit', () => {
  const slow = 'query Slow { price(symbol: "NEVERHEARD") { priceUsd } }';
  // Another symbol: upstream's answer about the first is kept once it has come.
  const mine = 'query Mine { viewer { displayName } price(symbol: "NEVERSEEN") { priceUsd } }';
  let ids: string[];
  beforeEach(async () => {
    ids = await Promise.all([slow, mine].map(sha256Of));
    await admin.publish(
      'web',
      '1',
      [slow, mine].map((document, at) => ({ id: ids[at] ?? '', document })),
    );
  });

  /** Upstream answers when it is let go; the executions that wait for it are cancelled before. */
  async function whileUpstreamWaits<Result>(work: () => Promise<Result>): Promise<Result> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const realFetch = globalThis.fetch;
    const held = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      await promise;
      return realFetch(input, init);
    });
    try {
      return await work();
    } finally {
      resolve();
      held.mockRestore();
    }
  }

  test('is cancelled with 504, the shared and the private, and never again without it', async () => {
    for (const id of ids) expect(await limit(id, 1)).toMatchObject({ status: 200, body: { changed: [id] } });
    await untilRead();
    for (const id of ids) {
      const answer = await whileUpstreamWaits(() => gateway.post({ documentId: id }));
      expect(answer).toMatchObject({
        status: 504,
        errors: [{ extensions: { code: 'OPERATION_TIMED_OUT' } }],
      });
      expect(answer.data).toBeUndefined();
      expect(answer.headers.get('cache-control')).toBe('private, no-store');
    }
    const logged = { status: 504, faults: 'OPERATION_TIMED_OUT' };
    expect(serving.loggedRequests()).toMatchObject([logged, logged]);
    for (const id of ids) await limit(id, null);
    await untilRead();
    for (const id of ids) expect((await gateway.post({ documentId: id })).status, id).toBe(200);
  });

  test('is cancelled over /api too, and answered from a cache meanwhile', async () => {
    const [kept, path] = ['/api/prices/BTC', '/api/prices/NEVERHEARD'];
    expect((await gateway.fetch(kept)).status).toBe(200);
    await limit(restRelease.operations.find(({ name }) => name === 'RestPrice')?.id ?? '', 1);
    await gateway.advance(50);
    const refused = await whileUpstreamWaits(() => gateway.fetch(path));
    expect([refused.status, await refused.json()]).toMatchObject([
      504,
      { error: { code: 'OPERATION_TIMED_OUT', details: [] } },
    ]);
    expect((await gateway.fetch(kept)).headers.get('x-cache')).toBe('HIT');
  });

  test('is no mutation, and its limit is within bounds', async () => {
    const id = manifest.operations.find(({ kind }) => kind === 'mutation')?.id ?? '';
    expect(await limit(id, 500)).toMatchObject({ status: 422, code: 'NOT_LIMITABLE' });
    for (const ms of [0, 1.5, 30_001]) expect(await limit(ids[0] ?? '', ms)).toMatchObject({ status: 400 });
  });
});
