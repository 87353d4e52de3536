import { describe, expect, test } from 'vitest';
import {
  SOCKET_MAX_SUBSCRIPTIONS,
  SOCKET_MESSAGE_MAX_BYTES,
  SOCKET_MESSAGES_BURST,
  SOCKET_MESSAGES_PER_SECOND,
} from '../../../src/config.ts';
import {
  type Connection,
  type ConnectionEvent,
  type Effect,
  openedConnection,
  transition,
} from '../../../src/realtime/graphql-transport-ws.ts';

const AT_MS = 1_000_000;

/** A connection driven by events, and what it last asked to be done. */
class Driven {
  connection: Connection = openedConnection(AT_MS);
  effects: Effect[] = [];

  after(...events: ConnectionEvent[]): this {
    for (const event of events) {
      const next = transition(this.connection, event);
      this.connection = next.connection;
      this.effects = next.effects;
    }
    return this;
  }

  receives(message: unknown, atMs = AT_MS): this {
    const data = typeof message === 'string' || message instanceof ArrayBuffer ? message : undefined;
    return this.after({ kind: 'received', data: data ?? JSON.stringify(message), atMs });
  }

  /** The messages that were sent; anything else that was to be done fails the test. */
  sent(): unknown[] {
    return this.effects.map((effect) => {
      if (effect.kind !== 'send') throw new Error(`not sent: ${JSON.stringify(effect)}`);
      return JSON.parse(effect.frame);
    });
  }
}

const opened = () => new Driven();
const ready = () => opened().receives({ type: 'connection_init' }).after({ kind: 'initialised' });
const subscribe = (id: string, payload: Record<string, unknown> = { query: '{ a }' }) => ({
  type: 'subscribe',
  id,
  payload,
});
const close = (code: number, reason: unknown = expect.any(String)) => [{ kind: 'close', code, reason }];
const result = (id: string, payload: string): ConnectionEvent => ({ kind: 'result', id, payload });

describe('initialisation', () => {
  test('hands the payload to whoever decides, and acknowledges what was decided', () => {
    const connection = opened().receives({ type: 'connection_init', payload: { authorization: 'Bearer a' } });
    expect(connection.effects).toEqual([{ kind: 'initialise', payload: { authorization: 'Bearer a' } }]);
    expect(connection.after({ kind: 'initialised' }).sent()).toEqual([{ type: 'connection_ack' }]);
  });

  test.each([[undefined], [null]])('a payload of %j is an empty one', (payload) => {
    expect(opened().receives({ type: 'connection_init', payload }).effects).toEqual([
      { kind: 'initialise', payload: {} },
    ]);
  });

  test('a connection that is refused closes with 4403', () => {
    const connection = opened().receives({ type: 'connection_init' }).after({ kind: 'forbidden' });
    expect(connection.effects).toEqual(close(4403, 'Forbidden'));
  });

  test('a second request closes with 4429, whether the first was acknowledged or not', () => {
    const tooMany = close(4429, 'Too many initialisation requests');
    const init = { type: 'connection_init' };
    expect(opened().receives(init).receives(init).effects).toEqual(tooMany);
    expect(ready().receives(init).effects).toEqual(tooMany);
  });

  test('none in time closes with 4408', () => {
    const timeout: ConnectionEvent = { kind: 'initialisation-timed-out' };
    const late = close(4408, 'Connection initialisation timeout');
    expect(opened().after(timeout).effects).toEqual(late);
    // It came in time: the answer may take longer.
    expect(opened().receives({ type: 'connection_init' }).after(timeout).effects).toEqual([]);
    expect(ready().after(timeout).effects).toEqual([]);
  });

  test('an operation before the acknowledgement closes with 4401', () => {
    expect(opened().receives(subscribe('a')).effects).toEqual(close(4401, 'Unauthorized'));
    const initialising = opened().receives({ type: 'connection_init' });
    expect(initialising.receives(subscribe('a')).effects).toEqual(close(4401, 'Unauthorized'));
  });
});

describe('pings', () => {
  test('are answered at any time, with their payload', () => {
    expect(opened().receives({ type: 'ping' }).sent()).toEqual([{ type: 'pong' }]);
    expect(
      ready()
        .receives({ type: 'ping', payload: { at: 1 } })
        .sent(),
    ).toEqual([{ type: 'pong', payload: { at: 1 } }]);
    expect(ready().receives({ type: 'ping', payload: null }).sent()).toEqual([{ type: 'pong' }]);
  });

  test('a pong needs no answer, asked for or not: it says that the client reads', () => {
    expect(opened().receives({ type: 'pong' }).effects).toEqual([{ kind: 'answered' }]);
    expect(ready().receives({ type: 'pong', payload: { at: 1 } }).effects).toEqual([{ kind: 'answered' }]);
  });
});

describe('operations', () => {
  test('start with their payload as it was sent, ids of registered documents included', () => {
    const payload = { documentId: 'sha256:0', variables: { a: 1 }, operationName: null };
    expect(ready().receives(subscribe('a', payload)).effects).toEqual([{ kind: 'start', id: 'a', payload }]);
  });

  test('a single result is one next and a complete', () => {
    const connection = ready().receives(subscribe('a'));
    expect(connection.after(result('a', '{"data":{"a":1}}')).sent()).toEqual([
      { id: 'a', type: 'next', payload: { data: { a: 1 } } },
    ]);
    expect(connection.after({ kind: 'completed', id: 'a' }).sent()).toEqual([{ id: 'a', type: 'complete' }]);
  });

  test('two run at once, each under its own id', () => {
    const connection = ready().receives(subscribe('a')).receives(subscribe('"b'));
    expect(connection.after(result('"b', '{}')).sent()).toEqual([{ id: '"b', type: 'next', payload: {} }]);
    expect(connection.after(result('a', '{}')).sent()).toEqual([{ id: 'a', type: 'next', payload: {} }]);
  });

  test('errors end an operation without a complete', () => {
    const connection = ready().receives(subscribe('a'));
    connection.after({ kind: 'refused', id: 'a', payload: '[{"message":"no"}]' });
    expect(connection.sent()).toEqual([{ id: 'a', type: 'error', payload: [{ message: 'no' }] }]);
    expect(connection.after({ kind: 'completed', id: 'a' }).effects).toEqual([]);
  });

  test('an id in use closes with 4409, and is free again once its operation has ended', () => {
    const connection = ready().receives(subscribe('a')).after({ kind: 'completed', id: 'a' });
    expect(connection.receives(subscribe('a')).effects[0]).toMatchObject({ kind: 'start' });
    expect(connection.receives(subscribe('a')).effects).toEqual(
      close(4409, 'Subscriber for a already exists'),
    );
  });

  test('nothing more is sent of what the client has completed', () => {
    const connection = ready().receives(subscribe('a')).receives({ type: 'complete', id: 'a' });
    expect(connection.effects).toEqual([{ kind: 'stop', id: 'a' }]);
    expect(connection.after(result('a', '{}')).effects).toEqual([]);
    expect(connection.after({ kind: 'completed', id: 'a' }).effects).toEqual([]);
  });

  test('completing an unknown id is ignored', () => {
    expect(ready().receives({ type: 'complete', id: 'nobody' }).effects).toEqual([]);
  });

  test('a failure of the server closes with 4500', () => {
    expect(ready().after({ kind: 'failed' }).effects).toEqual(close(4500, 'Internal server error'));
  });

  test('a closed connection does nothing more', () => {
    const connection = ready().receives(subscribe('a')).after({ kind: 'failed' });
    expect(connection.after(result('a', '{}')).effects).toEqual([]);
    expect(connection.receives({ type: 'ping' }).effects).toEqual([]);
  });
});

describe('messages that are none', () => {
  const malformed: [string, unknown][] = [
    ['no JSON', 'hello'],
    ['no object', '[]'],
    ['no type', {}],
    ['an unknown type', { type: 'start' }],
    ["a server's message", { type: 'connection_ack' }],
    ['a subscribe without id', { type: 'subscribe', payload: { query: '{ a }' } }],
    ['a subscribe with an empty id', subscribe('')],
    ['a subscribe without payload', { type: 'subscribe', id: 'a' }],
    ['a query that is no text', subscribe('a', { query: 1 })],
    ['variables that are a list', subscribe('a', { query: '{ a }', variables: [] })],
    ['extensions that are no object', subscribe('a', { query: '{ a }', extensions: 'b' })],
    ['an operation name that is no text', subscribe('a', { query: '{ a }', operationName: 1 })],
    ['a complete without id', { type: 'complete' }],
    ['a ping with a list', { type: 'ping', payload: [] }],
    ['an init with a text', { type: 'connection_init', payload: 'a' }],
    ['bytes', new ArrayBuffer(2)],
  ];
  test.each(malformed)('%s closes with 4400', (_, message) => {
    expect(ready().receives(message).effects).toEqual(close(4400));
  });

  test('the reason says what is wrong, within what a close frame can carry', () => {
    expect(ready().receives(subscribe('a', { query: 1 })).effects).toEqual(
      close(4400, 'payload.query: must be a string'),
    );
    const id = 'é'.repeat(200);
    const [effect] = ready().receives(subscribe(id)).receives(subscribe(id)).effects;
    if (effect?.kind !== 'close') throw new Error('it did not close');
    expect(new TextEncoder().encode(effect.reason).length).toBeLessThanOrEqual(123);
    expect(effect.reason).toMatch(/^Subscriber for é+$/);
  });
});

describe('limits', () => {
  test('a message of more bytes than allowed closes with 1009', () => {
    const ofBytes = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
    expect(ready().receives(ofBytes(SOCKET_MESSAGE_MAX_BYTES)).effects).toEqual(close(4400));
    expect(ready().receives(ofBytes(SOCKET_MESSAGE_MAX_BYTES + 1)).effects).toEqual(close(1009));
    expect(ready().receives(`"${'é'.repeat(SOCKET_MESSAGE_MAX_BYTES / 2)}"`).effects).toEqual(close(1009));
    expect(ready().receives(new ArrayBuffer(SOCKET_MESSAGE_MAX_BYTES + 1)).effects).toEqual(close(1009));
  });

  test('one operation too many is refused, and the others run on', () => {
    const connection = ready();
    for (let at = 0; at < SOCKET_MAX_SUBSCRIPTIONS; at += 1) {
      expect(connection.receives(subscribe(`${at}`)).effects[0]).toMatchObject({ kind: 'start' });
    }
    expect(connection.receives(subscribe('more')).sent()).toMatchObject([
      { id: 'more', type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] },
    ]);
    expect(connection.after(result('0', '{}')).sent()).toMatchObject([{ id: '0' }]);
    connection.receives({ type: 'complete', id: '0' });
    expect(connection.receives(subscribe('more')).effects[0]).toMatchObject({ kind: 'start' });
  });

  test('more messages than a burst and the rate allow close with 1008', () => {
    const connection = opened();
    for (let count = 0; count < SOCKET_MESSAGES_BURST; count += 1) {
      expect(connection.receives({ type: 'pong' }).effects).toEqual([{ kind: 'answered' }]);
    }
    const later = AT_MS + 1000;
    for (let count = 0; count < SOCKET_MESSAGES_PER_SECOND; count += 1) {
      expect(connection.receives({ type: 'pong' }, later).effects).toEqual([{ kind: 'answered' }]);
    }
    expect(connection.receives({ type: 'pong' }, later).effects).toEqual(close(1008));
  });
});
