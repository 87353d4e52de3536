/** The Worker's part of an event stream, over a hub that says what the test has it say. */
import { parse } from 'graphql';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  EVENT_STREAM_ANSWER_WITHIN_MS,
  EVENT_STREAM_COMMENT_MS,
  EVENT_STREAM_UNREAD_MAX_BYTES,
  type OperationsMode,
} from '../../src/config.ts';
import { answerAsEvents } from '../../src/http/event-stream-route.ts';
import { EventStreamClient } from '../support/event-stream-client.ts';
import { ScriptedHub } from '../support/scripted-hub.ts';
import {
  DEPRECATED_AT,
  MODES,
  registered,
  startWire,
  type WireBench,
  wireRequest,
} from '../support/wire-bench.ts';

const TICKER_TEXT =
  'subscription Ticker($symbols: [String!]!) { priceUpdated(symbols: $symbols) { symbol } }';
const PUBLIC = registered(TICKER_TEXT, 'ticker', {
  kind: 'subscription',
  variableBounds: { symbols: 100 },
});
const PRIVATE = registered('subscription Mine { investmentUpdated { id } }', 'mine', {
  kind: 'subscription',
  cachePolicy: { ...PUBLIC.cachePolicy, scope: 'private' },
});
const EVENTS = { Accept: 'text/event-stream' };
const SYMBOLS = { symbols: ['BTC'] };
const FIRST = { data: { priceUpdated: { symbol: 'BTC' } }, extensions: { position: '7' } };

let hub: ScriptedHub;

const startWith = (mode: OperationsMode = 'open') => {
  hub = new ScriptedHub();
  return startWire(mode, [PUBLIC, PRIVATE], hub.openSocket);
};

type Sent = [path: string, init: RequestInit];
const ask = (wire: WireBench, [path, init]: Sent) =>
  wire.fetch(new Request(new URL(path, 'https://gateway.test'), init));
const byPost = (properties: Record<string, unknown>, headers: Record<string, string> = {}): Sent =>
  wireRequest('POST', properties, { headers: { ...EVENTS, ...headers } });
/** As a browser's EventSource does: it can send no header but what it sends of itself. */
const byEventSource = (properties: Record<string, unknown>, headers: Record<string, string> = {}): Sent => [
  wireRequest('GET', properties)[0],
  { headers: { ...EVENTS, ...headers } },
];

/** Opens a stream whose first event is there. */
async function opened(wire: WireBench, sent: Sent = byPost({ query: TICKER_TEXT, variables: SYMBOLS })) {
  const answer = ask(wire, sent);
  const { introduction, subscribe } = await hub.accept();
  hub.next(FIRST);
  const response = await answer;
  const events = new EventStreamClient(response);
  const first = await events.next();
  return { response, events, first, introduction, subscribe };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a stream', () => {
  test('tells each result as `next`, with its position as id, and ends with `complete`', async () => {
    const { response, events, first } = await opened(await startWith());
    expect(response.status).toBe(200);
    expect(first).toEqual({ type: 'next', data: JSON.stringify(FIRST), lastEventId: '7' });
    const second = { ...FIRST, extensions: { position: '8' } };
    hub.next(second);
    hub.send({ id: '1', type: 'complete' });
    expect(await events.rest()).toEqual([
      { type: 'next', data: JSON.stringify(second), lastEventId: '8' },
      { type: 'complete', data: '', lastEventId: '8' },
    ]);
    expect(await hub.closed).toBe(1000);
  });

  test('is stored and transformed by nobody, and carries what every answer does', async () => {
    const { response } = await opened(await startWith());
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'private, no-store, no-transform',
      'x-cache': 'BYPASS',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/./),
    });
  });

  test('shows with a comment now and then that it is in use', async () => {
    const { events } = await opened(await startWith());
    vi.advanceTimersByTime(3 * EVENT_STREAM_COMMENT_MS);
    await events.commented(4);
    hub.send({ id: '1', type: 'complete' });
    await events.rest();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('answers the pings of its hub', async () => {
    await opened(await startWith());
    hub.send({ type: 'ping' });
    expect(await hub.received()).toEqual({ type: 'pong' });
    hub.send({ type: 'ping', payload: { at: 1 } });
    expect(await hub.received()).toEqual({ type: 'pong', payload: { at: 1 } });
  });

  test('begins without an event where there is no news', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const answer = ask(await startWith(), byPost({ query: TICKER_TEXT, variables: SYMBOLS }));
    await hub.accept();
    vi.advanceTimersByTime(EVENT_STREAM_ANSWER_WITHIN_MS);
    const events = new EventStreamClient(await answer);
    hub.next(FIRST);
    expect(await events.next()).toMatchObject({ type: 'next', lastEventId: '7' });
  });

  test('closes the socket where the client leaves', async () => {
    const { events } = await opened(await startWith());
    await events.leave();
    expect(await hub.closed).toBe(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends, and its socket is closed, where more waits to be read than may', async () => {
    const { events } = await opened(await startWith());
    const large = { data: 'x'.repeat(EVENT_STREAM_UNREAD_MAX_BYTES / 4) };
    for (let at = 0; at < 4; at += 1) hub.next(large);
    expect(await hub.closed).toBe(1000);
    expect(await events.rest()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is read goes on however much it has carried', async () => {
    const { events } = await opened(await startWith());
    const large = { data: 'x'.repeat(EVENT_STREAM_UNREAD_MAX_BYTES / 2) };
    for (let at = 0; at < 6; at += 1) {
      hub.next(large);
      expect((await events.next())?.data).toHaveLength(JSON.stringify(large).length);
    }
  });

  test('says why an operation may run no more, and completes', async () => {
    const { events } = await opened(await startWith());
    const errors = [{ message: 'Gone.', extensions: { code: 'PERSISTED_QUERY_RETIRED' } }];
    hub.send({ id: '1', type: 'error', payload: errors });
    const [last, complete, ...others] = await events.rest();
    expect(JSON.parse(last?.data ?? '')).toEqual({ errors });
    expect(complete?.type).toBe('complete');
    expect(others).toEqual([]);
  });

  test('completes where the session has ended', async () => {
    const { events } = await opened(await startWith());
    hub.close(4403, 'Forbidden');
    expect(await events.rest()).toEqual([{ type: 'complete', data: '', lastEventId: '7' }]);
  });

  test.each([1001, 1013, 4500])(
    'just ends where the hub closes with %i: the client comes back',
    async (code) => {
      const { events } = await opened(await startWith());
      hub.close(code);
      expect(await events.rest()).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );
});

describe('what the hub is asked', () => {
  test('a registered operation by its id, whichever way it was sent', async () => {
    const sent: Sent[] = [
      byEventSource({ documentId: 'ticker', variables: SYMBOLS }),
      byPost({ documentId: 'shop~1.0~ticker', variables: SYMBOLS }),
    ];
    for (const one of sent) {
      const { subscribe } = await opened(await startWith('id_only'), one);
      expect(subscribe.payload).toEqual({ documentId: 'ticker', variables: SYMBOLS, extensions: {} });
    }
  });

  test('with who is asking, by its own account and by its authorization', async () => {
    const identity = { 'apollographql-client-name': 'web', 'graphql-client-version': '1.2' };
    const headers = { ...identity, Authorization: 'Bearer token' };
    const query = { query: TICKER_TEXT, variables: SYMBOLS };
    const { introduction } = await opened(await startWith(), byPost(query, headers));
    expect(introduction).toEqual({ type: 'connection_init', payload: { authorization: 'Bearer token' } });
    const { headers: shown } = await hub.opened;
    expect([shown.get('graphql-client-name'), shown.get('graphql-client-version')]).toEqual(['web', '1.2']);
  });

  test.each([
    ['what the request says', { resumeFrom: '5' }, {}, '5'],
    ['what a browser that comes back says', undefined, { 'Last-Event-ID': '9' }, '9'],
    // A browser cannot change the URL that it comes back to: the header is what it has seen since.
    ['the header where both do', { resumeFrom: '5' }, { 'Last-Event-ID': '9' }, '9'],
    ['the request where the header is empty', { resumeFrom: '5' }, { 'Last-Event-ID': '' }, '5'],
  ])('from where to resume: %s', async (_, extensions, headers, expected) => {
    const properties = { documentId: 'ticker', variables: SYMBOLS, ...(extensions ? { extensions } : {}) };
    for (const sent of [byEventSource(properties, headers), byPost(properties, headers)]) {
      const { subscribe } = await opened(await startWith(), sent);
      expect(subscribe.payload.extensions).toEqual({ resumeFrom: expected });
    }
  });

  test('what a client registered in this isolate alone as a document', async () => {
    const wire = await startWith();
    const sha256Hash = await crypto.subtle
      .digest('SHA-256', new TextEncoder().encode(TICKER_TEXT))
      .then((hash) => new Uint8Array(hash).toHex());
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    await wire.send(...wireRequest('POST', { query: TICKER_TEXT, extensions, variables: SYMBOLS }));
    const { subscribe } = await opened(wire, byPost({ extensions, variables: SYMBOLS }));
    expect(subscribe.payload).toEqual({ query: TICKER_TEXT, variables: SYMBOLS, extensions: {} });
  });
});

describe.each(MODES)('in the mode %s', (mode) => {
  const refused: [string, Sent][] = [
    ['an unknown id', byPost({ documentId: 'unknown' })],
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
    const { response } = await opened(await startWith(mode), sent);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  test('a subscription is counted by the hub that carries it, and any other operation here', async () => {
    const wire = await startWith(mode);
    await opened(wire, byPost({ documentId: 'ticker', variables: SYMBOLS }));
    expect(wire.counted()).toEqual([]);
    await ask(wire, byPost({ documentId: 'relay-known' }));
    expect(wire.counted()).toEqual(['used relay-known null@null']);
  });
});

describe('where no hub takes it', () => {
  const refusedFor = async (refuse: () => void) => {
    const wire = await startWith();
    const answer = ask(wire, byPost({ query: TICKER_TEXT, variables: SYMBOLS }));
    await hub.received();
    refuse();
    const response = await answer;
    return { response, body: (await response.json()) as { errors: { extensions: { code: string } }[] } };
  };

  test.each([1013, 1006, 4500])(
    'a hub that closes with %i is a 503 that says when to come back',
    async (code) => {
      const { response, body } = await refusedFor(() => (code === 1006 ? hub.close(1001) : hub.close(code)));
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
    const { response, body } = await refusedFor(() => hub.close(1009, 'Too big'));
    expect([response.status, body.errors[0]?.extensions.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
  });

  test('what HTTP finds wrong with whoever is asking is said as over HTTP', async () => {
    hub = new ScriptedHub();
    const asked: (string | null)[] = [];
    const document = parse(TICKER_TEXT);
    const sent = { documentIds: [], document: TICKER_TEXT, operationName: undefined, variables: SYMBOLS };
    const answer = answerAsEvents({
      request: new Request('https://gateway.test/graphql', { headers: EVENTS }),
      requestId: 'a',
      prepare: async () => ({
        sent: { ...sent, extensions: undefined, client: { name: null, version: null } },
        chosen: { document: TICKER_TEXT, found: null },
        document,
      }),
      countHere: () => undefined,
      answerOnce: async ({ headers }) => {
        asked.push(headers.get('accept'));
        return new Response(null, { status: 401 });
      },
      identify: () => Promise.reject(new Error('expired')),
      openSocket: hub.openSocket,
    });
    await hub.received();
    hub.close(4403, 'Forbidden');
    expect((await answer).status).toBe(401);
    expect(asked).toEqual(['application/graphql-response+json']);
  });

  test('a session that has ended is a 403', async () => {
    const { response, body } = await refusedFor(() => hub.close(4403, 'Forbidden'));
    expect([response.status, body.errors[0]?.extensions.code]).toEqual([403, 'FORBIDDEN']);
  });

  test.each([
    ['UNAUTHENTICATED', 401],
    ['NOT_FOUND', 404],
    ['PERSISTED_QUERY_RETIRED', 410],
    ['RATE_LIMITED', 429],
    ['UPSTREAM_UNAVAILABLE', 503],
    ['anything else', 500],
  ])('what it refuses first has a status: %s', async (code, status) => {
    const errors = [{ message: 'No.', extensions: { code } }];
    const wire = await startWith();
    const answer = ask(wire, byPost({ query: TICKER_TEXT, variables: SYMBOLS }));
    await hub.accept();
    hub.send({ id: '1', type: 'error', payload: errors });
    const response = await answer;
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ errors });
    expect(response.headers.get('cache-control')).toContain('no-store');
  });
});

describe('any other operation', () => {
  test('is one result, and complete', async () => {
    const wire = await startWith();
    for (const sent of [byPost({ query: '{ __typename }' }), byEventSource({ documentId: 'relay-known' })]) {
      const response = await ask(wire, sent);
      expect(response.headers.get('cache-control')).toContain('no-store');
      const events = await new EventStreamClient(response).rest();
      expect(events.map(({ type, data }) => [type, data])).toEqual([
        ['next', '{"data":{"__typename":"Query"}}'],
        ['complete', ''],
      ]);
    }
  });

  test('says that it is deprecated, as a subscription does', async () => {
    const wire = await startWith();
    const response = await ask(wire, byPost({ documentId: 'relay-deprecated' }));
    expect(response.headers.get('deprecation')).toBe(`@${DEPRECATED_AT}`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
  });
});
