/** Registered operations run, or the gateway says that it cannot look them up now: never that there are none. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { ADMIN_KEY, adminOf, operationNamed, operationsNamed, type Submitted } from '../support/admin.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

const MODES = ['safelist', 'id_only'] as const;
type Mode = (typeof MODES | readonly ['open', 'audit'])[number];

let serving: Serving;
let gateway: TestGateway;
let admin: ReturnType<typeof adminOf>;
beforeEach(async () => {
  serving = await startServing({ crons: [], vars: { ADMIN_KEY } });
  admin = adminOf(serving.gateway);
});

/** An isolate that has met none of the operations; its D1 can fail. */
const startIn = (mode: Mode) => {
  gateway = startGateway(serving.market, { OPERATIONS_MODE: mode, DB: serving.db.binding });
};

const FORMS: Record<string, (id: string) => [path: string, init?: RequestInit]> = {
  GET: (id) => [`/graphql?documentId=${encodeURIComponent(id)}`],
  path: (id) => [`/graphql/${encodeURIComponent(id)}`],
  Apollo: (id) => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: id } };
    return [`/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`];
  },
  POST: (documentId) => [
    '/graphql',
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ documentId }),
    },
  ],
  'server-sent events': (documentId) => [
    '/graphql',
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify({ documentId }),
    },
  ],
};

async function run(id: string, [path, init] = FORMS.POST?.(id) ?? ['']) {
  const response = await gateway.fetch(path, init);
  const text = await response.text();
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1] ?? null;
  return { status: response.status, code, headers: response.headers };
}
const outcome = async (...sent: Parameters<typeof run>) => {
  const { status, code } = await run(...sent);
  return code === null ? status : `${status} ${code}`;
};
const outcomes = (operations: readonly Submitted[]) => Promise.all(operations.map(({ id }) => outcome(id)));

let made = 0;
const madeUp = (begin = 'sha256:') => {
  made += 1;
  return `${begin}${String(made).padStart(71 - begin.length, '0')}`;
};

/** Sends so many made-up ids. Returns the outcome of the last one. */
async function guess(times: number, begin?: string) {
  let last: string | number = '';
  for (let time = 0; time < times; time += 1) last = await outcome(madeUp(begin));
  return last;
}

describe.each(MODES)('in the mode %s', (mode) => {
  test('130 made-up ids that begin like a registered one take no look-up from registered ones', async () => {
    const known = await operationsNamed('Known', 12);
    await admin.publish('ios', '1.0.0', known);
    startIn(mode);
    for (const { id } of known.slice(0, 2)) await guess(65, id.slice(0, 23));
    expect(await outcomes(known)).toEqual(known.map(() => 200));
  });

  test('made-up ids take no look-up from registered ones whose copies KV has lost', async () => {
    const known = await operationsNamed('Lost', 30);
    await admin.publish('ios', '1.0.0', known);
    for (const { id } of known) await env.CACHE_KV.delete(`operation:${id}`);
    startIn(mode);
    await guess(70);
    expect(await outcomes(known)).toEqual(known.map(() => 200));
  });

  test('30 operations of a fresh release run when they are asked for at once', async () => {
    startIn(mode);
    expect(await outcome(madeUp())).toBe('404 PERSISTED_QUERY_NOT_IN_LIST');
    const fresh = await operationsNamed('Fresh', 30);
    await admin.publish('ios', '1.0.0', fresh);
    expect(await outcomes(fresh)).toEqual(fresh.map(() => 200));
  });

  test('an operation of a fresh release runs after a second of 503, while made-up ids are sent', async () => {
    startIn(mode);
    await guess(70);
    const fresh = await operationNamed('Fresh');
    await admin.publish('ios', '1.0.0', [fresh]);
    expect(await outcome(fresh.id)).toBe('503 SERVICE_UNAVAILABLE');
    await gateway.advance(1);
    expect(await guess(10)).toBe('503 SERVICE_UNAVAILABLE');
    expect(await outcome(fresh.id)).toBe(200);
  });

  test.each(Object.entries(FORMS))(
    'by %s, an id that cannot be looked up is 503, and is not remembered',
    async (_, form) => {
      const fresh = await operationNamed('Fresh');
      startIn(mode);
      expect(await outcome(madeUp())).toBe('404 PERSISTED_QUERY_NOT_IN_LIST');
      await admin.publish('ios', '1.0.0', [fresh]);
      serving.db.fail('D1 is down');
      for (const sent of [form(fresh.id), form(madeUp())]) {
        const { status, code, headers } = await run('', sent);
        expect([status, code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
        expect(headers.get('retry-after')).toBe('2');
        expect(headers.get('cache-control')).toContain('no-store');
      }
      serving.db.fail(null);
      expect(await outcome('', form(fresh.id))).toBe(200);
    },
  );
});

test('in safelist, a registered document that cannot be looked up is 503', async () => {
  const fresh = await operationNamed('Fresh');
  startIn('safelist');
  const byText = async () => {
    const { status, errors } = await gateway.post({ query: fresh.document });
    return [status, errors?.[0]?.extensions.code];
  };
  expect(await byText()).toEqual([403, 'QUERY_NOT_IN_SAFELIST']);
  await gateway.advance(60);
  await admin.publish('ios', '1.0.0', [fresh]);
  await env.CACHE_KV.delete('operations:liveness');
  serving.db.fail('D1 is down');
  expect(await byText()).toEqual([503, 'SERVICE_UNAVAILABLE']);
  serving.db.fail(null);
  expect(await byText()).toEqual([200, undefined]);
});

test.each(['open', 'audit'] as const)(
  'in %s, an Apollo client registers what cannot be looked up',
  async (mode) => {
    const { id, document } = await operationNamed('Own');
    startIn(mode);
    serving.db.fail('D1 is down');
    const extensions = { persistedQuery: { version: 1, sha256Hash: id.slice(7) } };
    const post = async (more: object) => {
      const answer = await gateway.post({ ...more, extensions } as never);
      return [answer.status, answer.errors?.[0]?.extensions.code];
    };
    expect(await post({})).toEqual([200, 'PERSISTED_QUERY_NOT_FOUND']);
    await post({ query: document });
    serving.db.fail(null);
    expect(await post({})).toEqual([200, undefined]);
  },
);
