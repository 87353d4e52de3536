/** What may not run is refused, although its answer is kept. */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { ADMIN_KEY, adminOf, operationNamed, type Submitted } from '../../support/admin.ts';
import {
  ask,
  CATEGORIES,
  type CachedAnswer,
  type Caching,
  requestOf,
  send,
  startCaching,
} from '../../support/cache-bench.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';

let caching: Caching;
let admin: ReturnType<typeof adminOf>;
let operation: Submitted;
const codeOf = ({ body }: CachedAnswer) => body.errors?.[0]?.extensions.code;

async function start(mode: string) {
  caching = await startCaching({ vars: { ADMIN_KEY, OPERATIONS_MODE: mode } });
  admin = adminOf(caching.gateway);
  operation = await operationNamed('Categories');
  await admin.publish('web', '1', [operation]);
}
const byId = () => ({ id: operation.id });

describe('the life of an operation', () => {
  beforeEach(() => start('id_only'));

  test('a retired one is refused within a minute, from memory and from KV', async () => {
    const idle = startGateway(caching.market, { ADMIN_KEY, OPERATIONS_MODE: 'id_only' });
    for (const gateway of [caching.gateway, idle]) {
      await ask(gateway, byId());
      expect((await ask(gateway, byId())).xCache).toBe('HIT');
    }
    expect((await admin.retire('web', ['1'], true)).status).toBe(200);
    await caching.gateway.advance(60);
    caching.gateway.coldIsolate();
    for (const gateway of [caching.gateway, idle]) {
      for (const method of ['GET', 'POST'] as const) {
        const refused = await ask(gateway, { ...byId(), method });
        expect([refused.status, codeOf(refused), refused.xCache]).toEqual([
          410,
          'PERSISTED_QUERY_RETIRED',
          'BYPASS',
        ]);
        expect(refused.headers.get('cache-control')).toBe('private, no-store');
      }
    }
  });

  test('it is refused although requests come all the time', async () => {
    await ask(caching.gateway, byId());
    expect((await admin.retire('web', ['1'], true)).status).toBe(200);
    const statuses: number[] = [];
    for (let second = 0; second <= 60; second += 5) {
      statuses.push((await ask(caching.gateway, byId())).status);
      await caching.gateway.advance(5);
    }
    expect(statuses.at(-1)).toBe(410);
  });

  test('once it lives again its answer is served again', async () => {
    await ask(caching.gateway, byId());
    expect((await admin.retire('web', ['1'], true)).status).toBe(200);
    await caching.gateway.advance(60);
    expect((await ask(caching.gateway, byId())).status).toBe(410);
    await admin.publish('web', '2', [operation]);
    await caching.gateway.advance(60);
    expect((await ask(caching.gateway, byId())).xCache).toBe('HIT');
  });

  test('a deprecated one says so on every hit, stale answer and 304', async () => {
    const sunset = '2030-01-01T00:00:00Z';
    await ask(caching.gateway, byId());
    await admin.deprecate('web', ['1'], sunset);
    await caching.gateway.advance(60);
    const seen: (string | null)[] = [];
    const { etag } = await ask(caching.gateway, byId());
    for (const question of [
      byId(),
      { ...byId(), method: 'POST' as const },
      { ...byId(), headers: { 'If-None-Match': etag } },
    ]) {
      const answer = await ask(caching.gateway, question);
      expect(answer.xCache).toBe('HIT');
      seen.push(answer.headers.get('sunset'));
      expect(answer.headers.get('deprecation')).toMatch(/^@\d+$/);
    }
    await caching.gateway.advance(3_600);
    const stale = await ask(caching.gateway, byId());
    expect(stale.xCache).toBe('STALE');
    seen.push(stale.headers.get('sunset'));
    expect(new Set(seen)).toEqual(new Set([new Date(sunset).toUTCString()]));
  });
});

describe.each(['safelist', 'id_only'])('in the mode %s', (mode) => {
  beforeEach(() => start(mode));

  test('a document that is not registered is refused, though an equal answer is kept', async () => {
    await ask(caching.gateway, byId());
    for (const method of ['GET', 'POST'] as const) {
      const withAField = operation.document.replace(/\}$/, '__typename }');
      for (const query of [withAField, CATEGORIES.query as string]) {
        const refused = await ask(caching.gateway, { query, method });
        expect([refused.status >= 400, refused.xCache, refused.body.data]).toEqual([
          true,
          'BYPASS',
          undefined,
        ]);
      }
    }
  });

  test('an id with another document beside it is refused', async () => {
    await ask(caching.gateway, byId());
    const refused = await ask(caching.gateway, { ...byId(), query: '{ __typename }', method: 'POST' });
    expect([refused.status, refused.xCache]).toEqual([400, 'BYPASS']);
  });
});

describe('in the mode open', () => {
  beforeEach(() => start('open'));
  const fromAnywhere = async (gateway: TestGateway, query: string) =>
    send(gateway, requestOf({ query })[0], { headers: { Cookie: 'a=b' } });

  test('a GET of a document with a cookie that any page may have sent is refused, though its answer is kept', async () => {
    const question = { query: CATEGORIES.query as string };
    await ask(caching.gateway, question);
    expect((await ask(caching.gateway, question)).xCache).toBe('HIT');
    const refused = await fromAnywhere(caching.gateway, question.query);
    expect([refused.status, codeOf(refused), refused.xCache]).toEqual([403, 'FORBIDDEN', 'BYPASS']);
  });

  test('a registered id needs none, and is served from the cache', async () => {
    await ask(caching.gateway, byId());
    expect((await ask(caching.gateway, byId())).xCache).toBe('HIT');
  });

  test('what is no JSON is refused, though the same text was answered', async () => {
    const [path, init] = requestOf({ ...byId(), method: 'POST' });
    expect((await send(caching.gateway, path, init)).status).toBe(200);
    const refused = await send(caching.gateway, path, { ...init, headers: { 'Content-Type': 'text/plain' } });
    expect([refused.status, refused.xCache]).toEqual([415, 'BYPASS']);
  });

  test('a body as large as none may be is refused, though it asks for what is kept', async () => {
    await ask(caching.gateway, { ...byId(), method: 'POST' });
    const [path, init] = requestOf({ ...byId(), method: 'POST' });
    const refused = await send(caching.gateway, path, { ...init, body: String(init.body).padEnd(103_000) });
    expect([refused.status, refused.xCache]).toEqual([413, 'BYPASS']);
  });
});

test('an operation that is found to be retired while its answer is being made is refused as such', async () => {
  await start('id_only');
  await caching.gateway.advance(60);
  caching.db.fail('D1 is down');
  expect((await ask(caching.gateway, byId())).xCache).toBe('BYPASS');
  caching.db.fail(null);
  expect((await admin.retire('web', ['1'], true)).status).toBe(200);
  await caching.gateway.advance(49);
  const get = caching.cacheKv.binding.get as unknown as (keys: string[], type: string) => Promise<unknown>;
  Object.assign(caching.cacheKv.binding, {
    get: (keys: string[], type: string) => {
      if ([keys].flat().includes('cache:generations')) vi.setSystemTime(Date.now() + 2_000);
      return get(keys, type);
    },
  });
  const refused = await ask(caching.gateway, byId());
  expect([refused.status, refused.body.errors?.[0]?.extensions.code]).toEqual([
    410,
    'PERSISTED_QUERY_RETIRED',
  ]);
});
