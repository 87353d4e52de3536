/** The Worker's part of an event stream, over a hub that says what the test has it say. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  EVENT_STREAM_ANSWER_WITHIN_MS,
  EVENT_STREAM_COMMENT_MS,
  EVENT_STREAM_UNREAD_MAX_BYTES,
} from '../../src/config.ts';
import {
  ask,
  byEventSource,
  byPost,
  FIRST,
  opened,
  type Sent,
  SYMBOLS,
  startStreams,
  TICKER_TEXT,
} from '../support/event-stream-bench.ts';
import { EventStreamClient } from '../support/event-stream-client.ts';
import { DEPRECATED_AT, wireRequest } from '../support/wire-bench.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a stream', () => {
  test('tells each result as `next`, with its position as id, and ends with `complete`', async () => {
    const { hub, response, events, first } = await opened(await startStreams());
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
    const { response } = await opened(await startStreams());
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'private, no-store, no-transform',
      'x-cache': 'BYPASS',
      'access-control-allow-origin': '*',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/./),
      'x-trace-id': expect.stringMatching(/./),
    });
  });

  test.each([
    'application/json, text/event-stream',
    'text/event-stream;q=0.1, application/graphql-response+json',
    'application/graphql-response+json, application/json, text/event-stream, multipart/mixed',
    'text/*, */*;q=0.5',
  ])('is what a subscription gets where the client takes JSON too: %s', async (Accept) => {
    for (const sent of [
      byPost({ query: TICKER_TEXT, variables: SYMBOLS }, { Accept }),
      byEventSource({ documentId: 'ticker', variables: SYMBOLS }, { Accept }),
    ]) {
      const { response, first } = await opened(await startStreams(), sent);
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      expect(first).toMatchObject({ lastEventId: '7' });
    }
  });

  test.each([
    ['application/json, text/event-stream', 'application/json'],
    ['text/event-stream, application/json', 'application/json'],
    ['text/event-stream;q=0.9, application/json;q=0.5', 'text/event-stream'],
    ['*/*, application/json;q=0, application/graphql-response+json;q=0', 'text/event-stream'],
  ])('is what a query gets only where the client likes it better than JSON: %s', async (Accept, expected) => {
    const { wire } = await startStreams();
    const response = await ask(wire, byPost({ query: '{ __typename }' }, { Accept }));
    expect([response.status, response.headers.get('content-type')?.split(';')[0]]).toEqual([200, expected]);
    expect(await response.text()).toContain('{"data":{"__typename":"Query"}}');
  });

  test.each(['text/event-stream;q=0, */*', 'application/json', '*/*'])(
    'is not what a subscription gets where the client does not name it: %s',
    async (Accept) => {
      const { wire } = await startStreams();
      const response = await ask(wire, byPost({ query: TICKER_TEXT, variables: SYMBOLS }, { Accept }));
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(await response.json()).toHaveProperty('errors');
    },
  );

  test('is not begun by HEAD, which has its headers', async () => {
    const { hub, wire } = await startStreams();
    const [path, { headers }] = byEventSource({ documentId: 'ticker', variables: SYMBOLS });
    const answer = ask(wire, [path, { method: 'HEAD', headers: headers ?? {} }]);
    await hub.accept();
    hub.next(FIRST);
    const response = await answer;
    expect([response.status, response.headers.get('content-type'), response.body]).toEqual([
      200,
      'text/event-stream',
      null,
    ]);
    expect(await hub.closed).toBe(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('shows with a comment now and then that it is in use', async () => {
    const { hub, events } = await opened(await startStreams());
    vi.advanceTimersByTime(3 * EVENT_STREAM_COMMENT_MS);
    await events.commented(4);
    hub.send({ id: '1', type: 'complete' });
    await events.rest();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('answers the pings of its hub', async () => {
    const { hub } = await opened(await startStreams());
    hub.send({ type: 'ping' });
    expect(await hub.received()).toEqual({ type: 'pong' });
    hub.send({ type: 'ping', payload: { at: 1 } });
    expect(await hub.received()).toEqual({ type: 'pong', payload: { at: 1 } });
  });

  test('begins without an event where there is no news', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    const { hub, wire } = await startStreams();
    const answer = ask(wire, byPost({ query: TICKER_TEXT, variables: SYMBOLS }));
    await hub.accept();
    vi.advanceTimersByTime(EVENT_STREAM_ANSWER_WITHIN_MS);
    const events = new EventStreamClient(await answer);
    hub.next(FIRST);
    expect(await events.next()).toMatchObject({ type: 'next', lastEventId: '7' });
  });

  test('closes the socket where the client leaves', async () => {
    const { hub, events } = await opened(await startStreams());
    await events.leave();
    expect(await hub.closed).toBe(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('ends, and its socket is closed, where more waits to be read than may', async () => {
    const { hub, events } = await opened(await startStreams());
    const large = { data: 'x'.repeat(EVENT_STREAM_UNREAD_MAX_BYTES / 4) };
    for (let at = 0; at < 4; at += 1) hub.next(large);
    expect(await hub.closed).toBe(1000);
    expect(await events.rest()).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('that is read goes on however much it has carried', async () => {
    const { hub, events } = await opened(await startStreams());
    const large = { data: 'x'.repeat(EVENT_STREAM_UNREAD_MAX_BYTES / 2) };
    for (let at = 0; at < 6; at += 1) {
      hub.next(large);
      expect((await events.next())?.data).toHaveLength(JSON.stringify(large).length);
    }
  });

  test('says why an operation may run no more, and completes', async () => {
    const { hub, events } = await opened(await startStreams());
    const errors = [{ message: 'Gone.', extensions: { code: 'PERSISTED_QUERY_RETIRED' } }];
    hub.send({ id: '1', type: 'error', payload: errors });
    const [last, complete, ...others] = await events.rest();
    expect(JSON.parse(last?.data ?? '')).toEqual({ errors });
    expect(complete?.type).toBe('complete');
    expect(others).toEqual([]);
  });

  test.each(['UPSTREAM_UNAVAILABLE', 'SERVICE_UNAVAILABLE'])(
    'just ends where a source fails late, with %s: the client comes back',
    async (code) => {
      const { hub, events } = await opened(await startStreams());
      const errors = [{ message: 'Later.', extensions: { code } }];
      hub.send({ id: '1', type: 'error', payload: errors });
      expect(await events.rest()).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test('completes where the session has ended', async () => {
    const { hub, events } = await opened(await startStreams());
    hub.close(4403, 'Forbidden');
    expect(await events.rest()).toEqual([{ type: 'complete', data: '', lastEventId: '7' }]);
  });

  test.each([1001, 1013, 4500])(
    'just ends where the hub closes with %i: the client comes back',
    async (code) => {
      const { hub, events } = await opened(await startStreams());
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
      const { subscribe } = await opened(await startStreams('id_only'), one);
      expect(subscribe.payload).toEqual({ documentId: 'ticker', variables: SYMBOLS, extensions: {} });
    }
  });

  test('with who is asking, by its own account and by its authorization', async () => {
    const identity = { 'apollographql-client-name': 'web', 'graphql-client-version': '1.2' };
    const headers = { ...identity, Authorization: 'Bearer token' };
    const query = { query: TICKER_TEXT, variables: SYMBOLS };
    const { hub, introduction } = await opened(await startStreams(), byPost(query, headers));
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
      const { subscribe } = await opened(await startStreams(), sent);
      expect(subscribe.payload.extensions).toEqual({ resumeFrom: expected });
    }
  });

  test('what a client registered in this isolate alone as a document', async () => {
    const streams = await startStreams();
    const sha256Hash = await crypto.subtle
      .digest('SHA-256', new TextEncoder().encode(TICKER_TEXT))
      .then((hash) => new Uint8Array(hash).toHex());
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    await streams.wire.send(...wireRequest('POST', { query: TICKER_TEXT, extensions, variables: SYMBOLS }));
    const { subscribe } = await opened(streams, byPost({ extensions, variables: SYMBOLS }));
    expect(subscribe.payload).toEqual({ query: TICKER_TEXT, variables: SYMBOLS, extensions: {} });
  });
});

describe('any other operation', () => {
  test('is one result, and complete', async () => {
    const { wire } = await startStreams();
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
    const { wire } = await startStreams();
    const response = await ask(wire, byPost({ documentId: 'relay-deprecated' }));
    expect(response.headers.get('deprecation')).toBe(`@${DEPRECATED_AT}`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
  });
});
