/** Whatever happens to a connection, in whatever order, it keeps to the protocol and to its limits. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
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
/** The protocol's own, and RFC 6455's for what is too big or too much. */
const CLOSE_CODES = [1008, 1009, 4400, 4401, 4403, 4408, 4409, 4429, 4500];

type Step = { afterMs: number; event: ConnectionEvent };
/** Its instant is set when the steps are put in order. */
const received = (data: string | ArrayBuffer): ConnectionEvent => ({ kind: 'received', data, atMs: 0 });

/** More ids than operations may run, and few enough to meet again. */
const id = fc.oneof(
  fc.constantFrom('a', 'b', '"', '__proto__', 'é'.repeat(100)),
  fc.integer({ min: 0, max: SOCKET_MAX_SUBSCRIPTIONS + 10 }).map(String),
);
const payload = fc.dictionary(fc.string(), fc.jsonValue());
const PAYLOADS = ['{}', '{"data":{"a":1}}', '[{"message":"no"}]'];

/** Most are taken by nobody: a connection that takes one twice has not long to live. */
const newId = fc.oneof({ weight: 1, arbitrary: id }, { weight: 20, arbitrary: fc.nat(100_000).map(String) });
const subscribe = newId.map((id) => ({ type: 'subscribe', id, payload: { query: '{ a }' } }));
const clientMessage = fc
  .oneof(
    { weight: 12, arbitrary: subscribe },
    { weight: 3, arbitrary: id.map((id) => ({ type: 'complete', id })) },
    { weight: 2, arbitrary: payload.map((payload) => ({ type: 'ping', payload })) },
    { weight: 1, arbitrary: fc.constant({ type: 'pong' }) },
  )
  .map((message) => received(JSON.stringify(message)));
const introduction = fc.constantFrom<ConnectionEvent>(
  received('{"type":"connection_init"}'),
  { kind: 'initialised' },
  { kind: 'forbidden' },
  { kind: 'initialisation-timed-out' },
);
const ofOperation = fc.oneof(
  fc.record({ kind: fc.constant('result' as const), id, payload: fc.constantFrom(...PAYLOADS) }),
  fc.record({ kind: fc.constant('completed' as const), id }),
  fc.record({ kind: fc.constant('refused' as const), id, payload: fc.constantFrom(...PAYLOADS) }),
);
const breach = fc.oneof(
  fc.string().map(received),
  fc.jsonValue().map((value) => received(JSON.stringify(value))),
  fc.constantFrom(received(new ArrayBuffer(2)), received('x'.repeat(SOCKET_MESSAGE_MAX_BYTES + 1))),
  fc.constant<ConnectionEvent>({ kind: 'failed' }),
);

const pause = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 5000 }) },
);
const step = (event: fc.Arbitrary<ConnectionEvent>): fc.Arbitrary<Step> =>
  fc.record({ afterMs: pause, event });
const anything = fc.array(
  fc.oneof(
    { weight: 60, arbitrary: step(clientMessage) },
    { weight: 40, arbitrary: step(ofOperation) },
    { weight: 2, arbitrary: step(introduction) },
    { weight: 1, arbitrary: step(breach) },
  ),
  { maxLength: 300, size: 'max' },
);
const ready: Step[] = [
  { afterMs: 0, event: received('{"type":"connection_init"}') },
  { afterMs: 0, event: { kind: 'initialised' } },
];
/** Runs all that it may but one; the next messages can come at once. */
const nearlyFull: Step[] = [
  ...ready,
  ...Array.from({ length: SOCKET_MAX_SUBSCRIPTIONS - 1 }, (_, at) => ({
    afterMs: 1000,
    event: received(JSON.stringify({ type: 'subscribe', id: `${at}`, payload: {} })),
  })),
];
/** Left to chance, a connection seldom comes so far. */
const steps = fc
  .tuple(fc.constantFrom([], ready, ready, nearlyFull), anything)
  .map(([beginning, rest]) => [...beginning, ...rest]);

interface Happened {
  before: Connection;
  event: ConnectionEvent;
  after: Connection;
  effects: Effect[];
}

function lifeOf(events: readonly Step[]): Happened[] {
  let connection = openedConnection(AT_MS);
  let atMs = AT_MS;
  return events.map(({ afterMs, event: timeless }) => {
    atMs += afterMs;
    const event = timeless.kind === 'received' ? { ...timeless, atMs } : timeless;
    const before = connection;
    const { connection: after, effects } = transition(before, event);
    connection = after;
    return { before, event, after, effects };
  });
}

const holdsFor = (check: (life: Happened[]) => void, of = steps) =>
  fc.assert(
    fc.property(of, (events) => check(lifeOf(events))),
    // A failure is told by the shortest life that was found in time.
    { numRuns: 200, interruptAfterTimeLimit: 10_000 },
  );
const sentIn = (effects: readonly Effect[]): { type: string; id?: string; payload?: unknown }[] =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [JSON.parse(effect.frame)] : []));

test('after a close nothing is done, and there is one', () => {
  holdsFor((life) => {
    const effects = life.flatMap(({ effects }) => effects);
    const closing = effects.findIndex(({ kind }) => kind === 'close');
    if (closing !== -1) expect(effects).toHaveLength(closing + 1);
    expect(life.at(-1)?.after.phase === 'closed').toBe(closing !== -1);
  });
});

test('a close has a code of the protocol, and a reason that its frame can carry', () => {
  holdsFor((life) => {
    for (const effect of life.flatMap(({ effects }) => effects)) {
      if (effect.kind !== 'close') continue;
      expect(CLOSE_CODES).toContain(effect.code);
      expect(effect.reason).not.toBe('');
      expect(new TextEncoder().encode(effect.reason).length).toBeLessThanOrEqual(123);
    }
  });
});

test('a connection is acknowledged once at most, when it was introduced, and runs nothing before', () => {
  holdsFor((life) => {
    let [introductions, acknowledgements] = [0, 0];
    for (const { event, effects } of life) {
      introductions += effects.filter(({ kind }) => kind === 'initialise').length;
      const acks = sentIn(effects).filter(({ type }) => type === 'connection_ack').length;
      acknowledgements += acks;
      if (acks > 0) expect(event.kind).toBe('initialised');
      if (effects.some(({ kind }) => kind === 'start')) expect(acknowledgements).toBe(1);
      expect(introductions).toBeLessThanOrEqual(1);
      expect(acknowledgements).toBeLessThanOrEqual(introductions);
    }
  });
});

test('an operation that starts ends once, is sent results until then, and is counted until then', () => {
  holdsFor((life) => {
    const running = new Set<string>();
    const end = (id: string) => expect(running.delete(id)).toBe(true);
    for (const { before, effects, after } of life) {
      for (const effect of effects) {
        if (effect.kind === 'start') {
          expect(running.has(effect.id)).toBe(false);
          running.add(effect.id);
        }
        if (effect.kind === 'stop') end(effect.id);
        if (effect.kind === 'close') running.clear();
      }
      for (const { type, id = '' } of sentIn(effects)) {
        if (type === 'next') expect(running.has(id)).toBe(true);
        if (type === 'complete') end(id);
        if (type === 'error') {
          const isOneTooMany = running.size === SOCKET_MAX_SUBSCRIPTIONS && !before.active.has(id);
          if (!isOneTooMany) end(id);
        }
      }
      expect(after.active).toEqual(running);
      expect(running.size).toBeLessThanOrEqual(SOCKET_MAX_SUBSCRIPTIONS);
    }
  });
});

test('what a client asks for is done: it is started, refused, stopped or closed, and each ping has its pong', () => {
  holdsFor((life) => {
    for (const { before, event, effects } of life) {
      if (event.kind !== 'received' || before.phase !== 'ready') continue;
      const message = messageIn(event.data);
      const kinds = effects.map((effect) =>
        effect.kind === 'send' ? sentIn([effect])[0]?.type : effect.kind,
      );
      if (kinds[0] === 'close') continue;
      const expected: Record<string, unknown> = {
        subscribe: before.active.size < SOCKET_MAX_SUBSCRIPTIONS ? ['start'] : ['error'],
        complete: before.active.has(String(message?.id)) ? ['stop'] : [],
        ping: ['pong'],
        pong: ['answered'],
      };
      expect(kinds).toEqual(expected[String(message?.type)]);
    }
  });
});

test('messages are taken as long as the burst and the rate allow, and no longer', () => {
  const hurried = fc.array(
    fc.record({
      afterMs: fc.nat(1000 / SOCKET_MESSAGES_PER_SECOND),
      event: fc.constant(received('{"type":"pong"}')),
    }),
    { maxLength: 300, size: 'max' },
  );
  holdsFor((life) => {
    const bySeconds = (event: ConnectionEvent) =>
      event.kind === 'received' ? ((event.atMs - AT_MS) / 1000) * SOCKET_MESSAGES_PER_SECOND : 0;
    const closing = life.findIndex(({ effects }) => effects.some(({ kind }) => kind === 'close'));
    for (const [count, { event }] of life.slice(0, closing === -1 ? life.length : closing).entries())
      expect(count + 1).toBeLessThanOrEqual(SOCKET_MESSAGES_BURST + bySeconds(event) + 1e-6);
    const last = life[closing];
    if (last === undefined) return;
    expect(last.effects).toMatchObject([{ kind: 'close', code: 1008 }]);
    expect(closing).toBeGreaterThanOrEqual(SOCKET_MESSAGES_BURST);
  }, hurried);
});

test('the same comes of the same, and nothing that was given is changed', () => {
  holdsFor((life) => {
    for (const { before, event, after, effects } of life) {
      const copy = structuredClone(before);
      expect(transition(before, event)).toEqual({ connection: after, effects });
      expect(before).toEqual(copy);
    }
  });
});

function messageIn(data: string | ArrayBuffer): { type?: unknown; id?: unknown } | null {
  try {
    return JSON.parse(String(data));
  } catch {
    return null;
  }
}
