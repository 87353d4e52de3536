/** A client sends so many requests in a minute and no more, whatever they ask for and however they are answered. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createAccounts } from '../../src/app/accounts.ts';
import {
  ACCESS_TOKEN_SECONDS,
  CLIENT_REFUSED_SECONDS,
  CLOCK_SKEW_SECONDS,
  HITS_COUNT_PAUSE_MS,
  HITS_FOR_ONE_COUNT,
  parseConfig,
  RATE_LIMITER_TIMEOUT_MS,
} from '../../src/config.ts';
import { bundledOperationNamed } from '../../src/operations/manifest.ts';
import { MemoryBudget } from '../../src/storage/bounded-memory.ts';
import { startGateway, syncAll, type TestGateway } from '../support/gateway.ts';
import { createMarket, type TestMarket } from '../support/market.ts';

const MAX = 10;
const LIST = `/graphql?documentId=${bundledOperationNamed('MarketList')?.id}`;
const from = (address: string, headers: Record<string, string> = {}) => ({
  headers: { 'CF-Connecting-IP': address, ...headers },
});
const OWN = '203.0.113.7';
const OTHER = from('203.0.113.8');

let market: TestMarket;
/** The keys that the platform's limiter counted, each once for a request. */
let counted: string[];
let limitOf: (key: string) => Promise<{ success: boolean }>;

const limiter = {
  limit: ({ key }: { key: string }) => {
    counted.push(key);
    return limitOf(key);
  },
};

beforeEach(async () => {
  market = await createMarket();
  counted = [];
  limitOf = async () => ({ success: true });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const start = (max = MAX) =>
  startGateway(market, { RATE_LIMITER: limiter, RATE_LIMIT_THRESHOLD: String(max) });

const statusesOf = async (gateway: TestGateway, times: number, init = from(OWN), path = LIST) => {
  const statuses: number[] = [];
  for (let at = 0; at < times; at += 1) statuses.push((await gateway.fetch(path, init)).status);
  return statuses;
};
const all = (status: number, times: number) => Array<number>(times).fill(status);

/** Each fetches once. */
const WAYS: [string, (gateway: TestGateway) => Promise<Response>][] = [
  ['a hit by GET', (gateway) => gateway.fetch(LIST, from(OWN))],
  [
    'a hit by GET of a signed-in user',
    (gateway) => gateway.fetch(LIST, from(OWN, { Authorization: 'Bearer x' })),
  ],
  [
    'a hit that the client holds already',
    (gateway) => gateway.fetch(LIST, from(OWN, { 'If-None-Match': '*' })),
  ],
  [
    'a hit by POST',
    (gateway) => gateway.fetch('/graphql', postOf({ documentId: bundledOperationNamed('MarketList')?.id })),
  ],
  ['a hit by HEAD', (gateway) => gateway.fetch(LIST, { ...from(OWN), method: 'HEAD' })],
  ['a document', (gateway) => gateway.fetch('/graphql', postOf({ query: '{ viewer { id } }' }))],
  ['a body that cannot be read', (gateway) => gateway.fetch('/graphql', { ...postOf({}), body: '{' })],
  [
    'an event stream',
    (gateway) =>
      gateway.fetch('/graphql', {
        ...postOf({ query: '{ viewer { id } }' }),
        ...from(OWN, { 'Content-Type': 'application/json', Accept: 'text/event-stream' }),
      }),
  ],
  [
    'a handshake',
    async (gateway) => {
      const subprotocol = { 'Sec-WebSocket-Protocol': 'graphql-transport-ws' };
      const response = await gateway.fetch('/graphql', from(OWN, { Upgrade: 'websocket', ...subprotocol }));
      response.webSocket?.accept();
      response.webSocket?.close();
      return response;
    },
  ],
  [
    'a preflight',
    (gateway) =>
      gateway.fetch('/graphql', { ...from(OWN, { Origin: 'https://app.example' }), method: 'OPTIONS' }),
  ],
  ['a path where nothing is', (gateway) => gateway.fetch('/nothing', from(OWN))],
  ['the state of the gateway', (gateway) => gateway.fetch('/health', from(OWN))],
  ['a wrong method', (gateway) => gateway.fetch('/graphql', { ...from(OWN), method: 'PUT' })],
];

function postOf(body: object) {
  return { ...from(OWN, { 'Content-Type': 'application/json' }), method: 'POST', body: JSON.stringify(body) };
}

describe('one isolate', () => {
  test.each(WAYS)('%s counts, and is refused beyond the threshold', async (_, ask) => {
    const gateway = start();
    await syncAll(gateway);
    await gateway.fetch(LIST, OTHER);
    for (let at = 0; at < MAX; at += 1) expect((await ask(gateway)).status).not.toBe(429);
    await gateway.advance(20);
    const refused = await ask(gateway);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('Retry-After')).toBe('40');
    expect(refused.headers.get('Cache-Control')).toContain('no-store');
    expect(refused.headers.get('x-request-id')).toBeTruthy();
    expect((await gateway.fetch(LIST, OTHER)).status).toBe(200);
    await gateway.advance(40);
    expect((await ask(gateway)).status).not.toBe(429);
  });

  test('says why, as an error of GraphQL that browsers of listed origins may read', async () => {
    const gateway = start(1);
    const init = from(OWN, { Origin: 'http://localhost:3000' });
    await gateway.fetch(LIST, init);
    const refused = await gateway.fetch(LIST, init);
    expect(await refused.json()).toEqual({
      errors: [
        {
          message: 'Too many requests: try again later.',
          extensions: {
            code: 'RATE_LIMITED',
            requestId: refused.headers.get('x-request-id'),
            traceId: refused.headers.get('x-trace-id'),
          },
        },
      ],
    });
    expect(refused.headers.get('Access-Control-Allow-Origin')).toBe('http://localhost:3000');
    expect(refused.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
  });

  test('counts an IPv6 network whole, an IPv4 address in any form, and all unknown addresses together', async () => {
    const gateway = start(2);
    for (const [first, second, third] of [
      ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:DB8:1:2::1'],
      [OWN, `::ffff:${OWN}`, '::ffff:cb00:7107'],
      ['unknown', 'fe80::1%eth0', '203.0.113.9, 203.0.113.10'],
    ] as const) {
      expect(await statusesOf(gateway, 1, from(first))).toEqual([200]);
      expect(await statusesOf(gateway, 1, from(second))).toEqual([200]);
      expect(await statusesOf(gateway, 1, from(third))).toEqual([429]);
    }
    expect(await statusesOf(gateway, 1, from('2001:db8:1:3::1'))).toEqual([200]);
  });

  test('takes the address from no header that a client can set', async () => {
    const gateway = start(1);
    await gateway.fetch(LIST, from(OWN));
    for (const name of ['X-Forwarded-For', 'X-Real-IP', 'True-Client-IP', 'Forwarded', 'CF-Connecting-IPv6'])
      expect(await statusesOf(gateway, 1, from(OWN, { [name]: '203.0.113.9' }))).toEqual([429]);
  });

  test('counts by session where the token is known and valid, and else by network', async () => {
    const gateway = start(2);
    const parsed = parseConfig(env);
    if (!parsed.ok) throw new Error(parsed.issues.join());
    const tokens = createAccounts(env as unknown as Env, parsed.config, new MemoryBudget()).accessTokens;
    const signed = async (session: string) => `Bearer ${(await tokens.sign('usr_a', session)).token}`;
    const authorizations = await Promise.all(['one', 'two'].map(signed));
    for (const [at, authorization] of authorizations.entries()) {
      const init = (address = OWN) => from(address, { Authorization: authorization });
      // Nothing has verified it yet.
      expect(await statusesOf(gateway, 3, init(`203.0.113.${100 + at}`))).toEqual([200, 200, 429]);
      const asViewer = { ...postOf({ query: '{ viewer { id } }' }) };
      const headers = { ...asViewer.headers, ...init(`203.0.113.${110 + at}`).headers };
      expect((await gateway.fetch('/graphql', { ...asViewer, headers })).status).toBe(200);
      // Then it counts by itself, from whatever network.
      expect(await statusesOf(gateway, 1, init('203.0.113.120'))).toEqual([200]);
      expect(await statusesOf(gateway, 2, init('203.0.113.121'), '/nothing')).toEqual([404, 429]);
      expect(counted).toContain(`session:${['one', 'two'][at]}`);
    }
    await gateway.advance(ACCESS_TOKEN_SECONDS + CLOCK_SKEW_SECONDS);
    const expired = from('203.0.113.130', { Authorization: authorizations[0] ?? '' });
    counted = [];
    await gateway.fetch('/nothing', expired);
    expect(counted).toEqual(['network:203.0.113.130']);
  });

  test('a clock that is set back refuses nobody for longer', async () => {
    const gateway = start(1);
    expect(await statusesOf(gateway, 2)).toEqual([200, 429]);
    vi.setSystemTime(Date.now() - 3_600_000);
    expect(await statusesOf(gateway, 2)).toEqual([200, 429]);
  });
});

describe("the platform's limiter, which counts for all isolates of a location", () => {
  test('is asked before anything but an answer from memory, once for each request', async () => {
    for (const [name, ask] of WAYS) {
      const gateway = start(1_000);
      await syncAll(gateway);
      await gateway.fetch(LIST, OTHER);
      await ask(gateway);
      counted = [];
      limitOf = async () => ({ success: false });
      expect([name, (await ask(gateway)).status === 429]).toEqual([name, !name.startsWith('a hit')]);
      expect([name, counted]).toEqual([name, name.startsWith('a hit') ? [] : [`network:${OWN}`]]);
      limitOf = async () => ({ success: true });
    }
  });

  test.each(WAYS.slice(0, 5))(
    'counts %s one time in many, and the next request is refused',
    async (_, ask) => {
      const gateway = start(1_000);
      await syncAll(gateway);
      await gateway.fetch(LIST, OTHER);
      // From KV into memory, and the request recognised.
      while ((await ask(gateway)).headers.get('X-Cache') !== 'HIT') counted = [];
      await ask(gateway);
      counted = [];
      limitOf = async () => ({ success: false });
      let hits = 0;
      while ((await ask(gateway)).status !== 429) hits += 1;
      expect(counted).toEqual([`network:${OWN}`]);
      expect(hits).toBeLessThanOrEqual(HITS_FOR_ONE_COUNT);
      expect(await statusesOf(gateway, 1, OTHER)).toEqual([200]);
    },
  );

  test('counts hits of one client once a second at most', async () => {
    const gateway = start(1_000);
    await syncAll(gateway);
    await gateway.fetch(LIST, OTHER);
    while ((await gateway.fetch(LIST, from(OWN))).headers.get('X-Cache') !== 'HIT') counted = [];
    const HITS = 3 * HITS_FOR_ONE_COUNT;
    counted = [];
    expect(await statusesOf(gateway, HITS)).toEqual(all(200, HITS));
    expect(counted).toHaveLength(1);
    vi.setSystemTime(Date.now() + HITS_COUNT_PAUSE_MS);
    expect(await statusesOf(gateway, HITS)).toEqual(all(200, HITS));
    expect(counted).toHaveLength(2);
  });

  test('refuses for a while, and is then asked again', async () => {
    const gateway = start(1_000);
    limitOf = async () => ({ success: false });
    const refused = await gateway.fetch('/nothing', from(OWN));
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([
      429,
      String(CLIENT_REFUSED_SECONDS),
    ]);
    limitOf = async () => ({ success: true });
    await gateway.advance(CLIENT_REFUSED_SECONDS - 1);
    expect(await statusesOf(gateway, 1, from(OWN), '/nothing')).toEqual([429]);
    expect(counted).toHaveLength(1);
    await gateway.advance(1);
    expect(await statusesOf(gateway, 2, from(OWN), '/nothing')).toEqual([404, 404]);
    expect(counted).toHaveLength(3);
  });

  test.each<[string, () => Promise<never>]>([
    ['fails', () => Promise.reject(new Error('down'))],
    ['does not answer', () => new Promise(() => undefined)],
  ])(
    'refuses nobody if it %s, and the log says so once a minute',
    async (_, limit) => {
      const gateway = start(1_000);
      const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined);
      limitOf = limit;
      expect(await statusesOf(gateway, 2, from(OWN), '/nothing')).toEqual(all(404, 2));
      expect(logged).toHaveBeenCalledTimes(1);
      expect(String(logged.mock.calls[0])).toContain('rate_limiter.failed');
      await gateway.advance(60);
      await statusesOf(gateway, 1, from(OWN), '/nothing');
      expect(logged).toHaveBeenCalledTimes(2);
    },
    RATE_LIMITER_TIMEOUT_MS * 100,
  );
});

test("counts by the environment's own limiter", async () => {
  const gateway = startGateway(market);
  expect(await statusesOf(gateway, 3, from(OWN), '/nothing')).toEqual(all(404, 3));
});
