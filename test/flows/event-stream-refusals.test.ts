/** What gets no event stream is answered as over HTTP, whoever refuses it. */
import { GraphQLError, getOperationAST, parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { subscriptionAsEvents } from '../../src/http/event-stream-route.ts';
import { MeasuredRequest } from '../../src/metrics/measured-request.ts';
import { UNNAMED_CLIENT } from '../../src/operations/client-identity.ts';
import {
  ask,
  byEventSource,
  byPost,
  EVENTS,
  opened,
  PRIVATE,
  PUBLIC,
  type Sent,
  SYMBOLS,
  startStreams,
  TICKER_TEXT,
} from '../support/event-stream-bench.ts';
import { ScriptedHub } from '../support/scripted-hub.ts';
import { MODES, startWire } from '../support/wire-bench.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe.each(MODES)('in the mode %s', (mode) => {
  const refused: [string, Sent][] = [
    ['an unknown id', byPost({ documentId: 'unknown' })],
    ['an id that cannot be looked up', byPost({ documentId: 'relay-unavailable' })],
    ['an id that only retired releases carry', byPost({ documentId: 'relay-retired' })],
    ['an id and another document', byPost({ documentId: 'ticker', query: '{ __typename }' })],
    ['a mistake', byPost({ query: 'subscription { nobody }' })],
    ['no GraphQL', byPost({ query: '}' })],
    ['a document that is too deep', byPost({ query: `{ a${'{ a'.repeat(30)} ${'}'.repeat(31)}` })],
    [
      'more symbols than may be',
      byPost({ documentId: 'ticker', variables: { symbols: Array(101).fill('A') } }),
    ],
    ['no operation', byPost({})],
    ['a batch', ['/graphql', { ...byPost({})[1], body: '[]' }]],
    ['no JSON', ['/graphql', { ...byPost({})[1], body: '{' }]],
    ['another media type', byPost({ documentId: 'ticker' }, { 'Content-Type': 'text/plain' })],
    ['a body that is too large', byPost({ query: 'x'.repeat(101 * 1024) })],
    ['a private subscription by GET', byEventSource({ documentId: 'mine' })],
    ['a document by GET', byEventSource({ query: TICKER_TEXT, variables: SYMBOLS })],
    ['a mutation by GET', byEventSource({ query: 'mutation { __typename }' })],
    ['variables that are no JSON', byEventSource({ documentId: 'ticker', variables: '{' })],
    [
      'a query whose variable is missing',
      byPost({ query: 'query ($a: String!) { price(symbol: $a) { symbol } }' }),
    ],
  ];
  test.each(refused)('%s is refused as over HTTP', async (_, [path, init]) => {
    const wire = await startWire(mode, [PUBLIC, PRIVATE], async () => new Response(null, { status: 503 }));
    const headers = {
      ...(init.headers as Record<string, string>),
      Accept: 'application/graphql-response+json',
    };
    const overHttp = await wire.send(path, { ...init, headers });
    const counted = wire.counted();
    const answer = await ask(wire, [path, init]);
    expect(overHttp.body).not.toHaveProperty('data');
    expect(answer.status).toBe(overHttp.status);
    expect(await answer.json()).toEqual(overHttp.body);
    expect(answer.headers.get('content-type')).toBe(overHttp.headers.get('content-type'));
    expect(answer.headers.get('cache-control')).toContain('no-store');
    expect(answer.headers.get('allow')).toBe(overHttp.headers.get('allow'));
    expect(wire.counted().sort()).toEqual(counted.sort());
  });

  test('a browser opens what is registered and public, from any origin', async () => {
    const sent = byEventSource(
      { documentId: 'ticker', variables: SYMBOLS },
      { Origin: 'https://any.example' },
    );
    const { response } = await opened(await startStreams(mode), sent);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('a page of the gateway watches what it may name, also by a document', async () => {
    const documentRuns = mode === 'open' || mode === 'audit';
    const named = documentRuns ? { query: TICKER_TEXT } : { documentId: 'ticker' };
    const sent = byEventSource(
      { ...named, variables: SYMBOLS },
      { Cookie: 'a=b', 'Sec-Fetch-Site': 'same-origin' },
    );
    const { first } = await opened(await startStreams(mode), sent);
    expect(first).toMatchObject({ type: 'next' });
  });

  test('a subscription is counted by the hub that carries it, and any other operation here', async () => {
    const streams = await startStreams(mode);
    await opened(streams, byPost({ documentId: 'ticker', variables: SYMBOLS }));
    const { wire } = streams;
    expect(wire.counted()).toEqual([]);
    await ask(wire, byPost({ documentId: 'relay-known' }));
    expect(wire.counted()).toEqual(['used relay-known null@null']);
  });
});

describe('where no hub takes it', () => {
  const refusedFor = async (refuse: (hub: ScriptedHub) => void) => {
    const { hub, wire } = await startStreams();
    const answer = ask(wire, byPost({ query: TICKER_TEXT, variables: SYMBOLS }));
    await hub.received();
    refuse(hub);
    const response = await answer;
    return { response, body: (await response.json()) as { errors: { extensions: { code: string } }[] } };
  };

  test.each([1013, 1006, 4500])(
    'a hub that closes with %i is a 503 that says when to come back',
    async (code) => {
      const { response, body } = await refusedFor((hub) =>
        code === 1006 ? hub.close(1001) : hub.close(code),
      );
      expect([response.status, body.errors[0]?.extensions.code]).toEqual([503, 'UPSTREAM_UNAVAILABLE']);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test('a hub that cannot be reached is one, too', async () => {
    const wire = await startWire('open', [], async () => {
      throw new Error('overloaded');
    });
    expect((await ask(wire, byPost({ query: TICKER_TEXT, variables: SYMBOLS }))).status).toBe(503);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('an operation that is too large for a socket is a 413', async () => {
    const { response, body } = await refusedFor((hub) => hub.close(1009, 'Too big'));
    expect([response.status, body.errors[0]?.extensions.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('what HTTP finds wrong with whoever is asking is said as over HTTP', async () => {
    const hub = new ScriptedHub();
    const document = parse(TICKER_TEXT);
    const operation = getOperationAST(document);
    if (!operation) throw new Error('no operation');
    const sent = { documentIds: [], document: TICKER_TEXT, operationName: undefined, variables: SYMBOLS };
    const answer = subscriptionAsEvents({
      request: new Request('https://gateway.test/graphql', { headers: EVENTS }),
      requestId: 'a',
      prepared: {
        sent: { ...sent, extensions: undefined, client: UNNAMED_CLIENT, release: UNNAMED_CLIENT },
        chosen: { document: TICKER_TEXT, found: null },
        document,
        operation,
      },
      answerAsJson: async () => new Response(null, { status: 401 }),
      identify: () => Promise.reject(new Error('expired')),
      openSocket: hub.openSocket,
      measured: new MeasuredRequest(0, 'sse'),
    });
    await hub.received();
    hub.close(4403, 'Forbidden');
    expect((await answer).status).toBe(401);
  });

  test('a subscription that ends with its token is answered as over HTTP, and counted by its hub alone', async () => {
    const hub = new ScriptedHub();
    const expired = () =>
      Promise.reject(new GraphQLError('Expired.', { extensions: { code: 'UNAUTHENTICATED' } }));
    const wire = await startWire('open', [PUBLIC], hub.openSocket, expired);
    const answer = ask(wire, byPost({ documentId: 'ticker', variables: SYMBOLS }));
    await hub.received();
    hub.close(4403, 'Forbidden');
    expect((await answer).status).toBe(401);
    expect(wire.counted()).toEqual([]);
  });

  test('a session that has ended is a 403', async () => {
    const { response, body } = await refusedFor((hub) => hub.close(4403, 'Forbidden'));
    expect([response.status, body.errors[0]?.extensions.code]).toEqual([403, 'FORBIDDEN']);
  });

  test.each([
    ['UNAUTHENTICATED', 401],
    ['NOT_FOUND', 404],
    ['PERSISTED_QUERY_RETIRED', 410],
    ['RATE_LIMITED', 429],
    ['UPSTREAM_UNAVAILABLE', 503],
    ['SERVICE_UNAVAILABLE', 503],
    ['anything else', 500],
  ])('what it refuses first has a status: %s', async (code, status) => {
    const errors = [{ message: 'No.', extensions: { code } }];
    const { hub, wire } = await startStreams();
    const answer = ask(wire, byPost({ query: TICKER_TEXT, variables: SYMBOLS }));
    await hub.accept();
    hub.send({ id: '1', type: 'error', payload: errors });
    const response = await answer;
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ errors });
    expect(response.headers.get('cache-control')).toContain('no-store');
  });
});
