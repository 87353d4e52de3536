/** Fields that sign in are limited on every transport, and only where they run. */
import { createExecutionContext, evictAllDurableObjects } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { RATE_LIMIT_WINDOW_SECONDS, RATE_LIMITS } from '../../../src/config.ts';
import gatewayWorker from '../../../src/index.ts';
import { ClientSocket, handshake } from '../../support/client-socket.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';
import { callRest } from '../../support/rest.ts';

let gateway: TestGateway;
/** A network of its own for each test. */
let network: Record<string, string>;
let networks = 0;

beforeEach(async () => {
  gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }));
  networks += 1;
  network = { 'CF-Connecting-IP': `203.0.113.${networks}` };
});

const MAX = RATE_LIMITS.refresh.network;
/** Refused by its own tag: it costs nothing but its count. */
const REFRESH = 'refreshSession(refreshToken: "made-up") { __typename }';
const LIMITED = {
  code: 'RATE_LIMITED',
  retryAfterSeconds: RATE_LIMIT_WINDOW_SECONDS,
};

const refresh = (query = `mutation { ${REFRESH} }`, headers: Record<string, string> = {}) =>
  gateway.post({ query }, { ...network, ...headers });

/** Takes all places of the network but so many. */
async function useUp(left = 0): Promise<void> {
  const aliases = Array.from({ length: 20 }, (_, at) => `a${at}: ${REFRESH}`);
  for (let used = 0; used < MAX - left; used += aliases.length) {
    const taken = aliases.slice(0, Math.min(aliases.length, MAX - left - used));
    const { errors } = await refresh(`mutation { ${taken.join(' ')} }`);
    expect(errors).toBeUndefined();
  }
}

describe('beyond its limit', () => {
  test('a mutation over HTTP is 429 with Retry-After, which counts down, and so is a call of /api', async () => {
    await useUp();
    const refused = await refresh();
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60']);
    expect(refused.headers.get('Cache-Control')).toContain('no-store');
    expect(refused.data).toBeNull();
    expect(refused.errors).toMatchObject([{ path: ['refreshSession'], extensions: LIMITED }]);
    const { status, headers, body } = await callRest(gateway, '/api/auth/refresh', {
      method: 'POST',
      body: { refreshToken: 'made-up' },
      headers: network,
    });
    expect([status, headers.get('Retry-After')]).toEqual([429, '60']);
    expect(headers.get('Cache-Control')).toBe('private, no-store');
    expect(body).toMatchObject({ error: { code: 'RATE_LIMITED', details: [] } });
    await gateway.advance(45);
    expect((await refresh()).headers.get('Retry-After')).toBe('15');
    await gateway.advance(15);
    expect((await refresh()).status).toBe(200);
  });

  test('a client that accepts application/json alone gets 200, and Retry-After too', async () => {
    await useUp();
    const refused = await refresh(undefined, { Accept: 'application/json' });
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([200, '60']);
    expect(refused.errors).toMatchObject([{ extensions: LIMITED }]);
  });

  test('an event stream is 429 with Retry-After', async () => {
    await useUp();
    const request = new Request('https://gateway.test/graphql', {
      method: 'POST',
      headers: { ...network, 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify({ query: `mutation { ${REFRESH} }` }),
    }) as Parameters<typeof gatewayWorker.fetch>[0];
    const refused = await gatewayWorker.fetch(request, env as unknown as Env, createExecutionContext());
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '60']);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: LIMITED }] });
  });

  test('a socket says when to try again, also after it has hibernated, and other networks are served', async () => {
    await useUp();
    const open = async (headers: Record<string, string>) => {
      const { webSocket } = await handshake('graphql-transport-ws', headers);
      if (webSocket === null) throw new Error('no socket');
      const socket = new ClientSocket(webSocket);
      socket.send({ type: 'connection_init' });
      expect(await socket.next()).toMatchObject({ type: 'connection_ack' });
      await evictAllDurableObjects();
      socket.subscribe('a', `mutation { ${REFRESH} }`);
      const { payload } = await socket.next();
      socket.close();
      return payload;
    };
    expect(await open(network)).toMatchObject({ data: null, errors: [{ extensions: LIMITED }] });
    expect(await open({ 'CF-Connecting-IP': '198.51.100.1' })).toMatchObject({
      data: { refreshSession: { __typename: 'Rejection' } },
    });
  });
});

describe('counted is', () => {
  test('each alias, and the one beyond the limit leaves no data', async () => {
    await useUp(2);
    const { data, errors } = await refresh(`mutation { a: ${REFRESH} b: ${REFRESH} c: ${REFRESH} }`);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ['c'], extensions: { code: 'RATE_LIMITED' } }]);
  });

  test('no skipped field, no field of another operation, no refused document', async () => {
    await useUp(1);
    for (let at = 0; at < 3; at += 1) {
      const skipped = `mutation { ${REFRESH.replace(' {', ' @skip(if: true) {')} __typename }`;
      expect((await refresh(skipped)).status).toBe(200);
      const other = { query: `query Q { __typename } mutation M { ${REFRESH} }`, operationName: 'Q' };
      expect((await gateway.post(other, network)).status).toBe(200);
      expect((await refresh(`mutation { ${REFRESH} nothing }`)).status).toBe(400);
      expect(
        (await refresh('mutation ($token: String!) { refreshSession(refreshToken: $token) { __typename } }'))
          .status,
      ).toBe(400);
    }
    expect((await refresh()).status).toBe(200);
    expect((await refresh()).status).toBe(429);
  });
});
