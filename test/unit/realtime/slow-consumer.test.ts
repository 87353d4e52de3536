import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  SOCKET_BEHIND_MAX_BYTES,
  SOCKET_BEHIND_MAX_MS,
  SOCKET_PING_AFTER_BYTES,
  SOCKET_PING_AFTER_MS,
  SOCKET_PING_AT_ONCE_BYTES,
  SOCKET_PING_PAUSE_MS,
  SOCKET_PING_PAUSE_OF_READERS_MS,
  SOCKET_UNANSWERED_MAX_BYTES,
  SOCKET_UNANSWERED_MAX_MS,
} from '../../../src/config.ts';
import { SlowConsumer } from '../../../src/realtime/slow-consumer.ts';
import { SocketSession } from '../../../src/realtime/socket-session.ts';
import { UnreadBytes } from '../../../src/realtime/unread-bytes.ts';
import { ServerSocket } from '../../support/server-socket.ts';

const START_MS = 1_700_000_000_000;
const OPENED_MS = START_MS - SOCKET_PING_PAUSE_MS;

describe('a socket that is sent events', () => {
  test('is asked whether it reads after so many bytes, or so long', () => {
    const byBytes = new SlowConsumer(OPENED_MS);
    expect(byBytes.sent(SOCKET_PING_AFTER_BYTES - 1, START_MS)).toBe('reads');
    expect(byBytes.sent(1, START_MS)).toBe('ask');
    const byTime = new SlowConsumer(START_MS);
    expect(byTime.sent(1, START_MS + SOCKET_PING_AFTER_MS - 1)).toBe('reads');
    expect(byTime.sent(1, START_MS + SOCKET_PING_AFTER_MS)).toBe('ask');
  });

  test('is asked once, and again some time after it has answered', () => {
    const consumer = new SlowConsumer(OPENED_MS);
    consumer.sent(SOCKET_PING_AFTER_BYTES, START_MS);
    expect(consumer.sent(SOCKET_PING_AFTER_BYTES, START_MS)).toBe('reads');
    consumer.answered(START_MS);
    expect(consumer.sent(1, START_MS)).toBe('reads');
    expect(consumer.sent(1, START_MS + SOCKET_PING_AFTER_MS)).toBe('ask');
  });

  test('is asked soon after it was opened, and later again once it has answered', () => {
    const consumer = new SlowConsumer(START_MS);
    expect(consumer.sent(SOCKET_PING_AFTER_BYTES, START_MS + SOCKET_PING_PAUSE_MS - 1)).toBe('reads');
    expect(consumer.sent(0, START_MS + SOCKET_PING_PAUSE_MS)).toBe('ask');
    consumer.answered(START_MS);
    // Pings and pongs of a socket that reads cost more than they tell.
    const nextMs = START_MS + SOCKET_PING_PAUSE_OF_READERS_MS;
    expect(consumer.sent(SOCKET_PING_AFTER_BYTES, nextMs - 1)).toBe('reads');
    expect(consumer.sent(0, nextMs)).toBe('ask');
  });

  test('has answered nothing where nobody asked', () => {
    const consumer = new SlowConsumer(OPENED_MS);
    consumer.sent(SOCKET_PING_AFTER_BYTES - 1, START_MS);
    consumer.answered(START_MS);
    expect(consumer.sent(1, START_MS)).toBe('ask');
  });

  test('is asked at once after much, and what was sent since stays unread when it answers', () => {
    const consumer = new SlowConsumer(START_MS);
    expect(consumer.sent(SOCKET_PING_AT_ONCE_BYTES, START_MS)).toBe('ask');
    expect(consumer.unreadBytes).toBe(SOCKET_PING_AT_ONCE_BYTES);
    consumer.sent(10 * SOCKET_PING_AT_ONCE_BYTES, START_MS);
    expect(consumer.unreadBytes).toBe(11 * SOCKET_PING_AT_ONCE_BYTES);
    consumer.answered(START_MS);
    expect(consumer.sent(1, START_MS)).toBe('ask');
  });

  test('is asked and given up in time although its clock is set back', () => {
    const consumer = new SlowConsumer(START_MS);
    const backMs = START_MS - 3_600_000;
    expect(consumer.sent(1, backMs)).toBe('reads');
    expect(consumer.sent(1, backMs + SOCKET_PING_AFTER_MS)).toBe('ask');
    const againMs = backMs - 3_600_000;
    expect(consumer.sent(1, againMs)).toBe('reads');
    expect(consumer.sent(1, againMs + SOCKET_UNANSWERED_MAX_MS + 1)).toBe('does not read');
  });

  test('does not read where no answer comes in time', () => {
    const consumer = new SlowConsumer(OPENED_MS);
    consumer.sent(SOCKET_PING_AFTER_BYTES, START_MS);
    expect(consumer.sent(1, START_MS + SOCKET_UNANSWERED_MAX_MS)).toBe('reads');
    expect(consumer.sent(1, START_MS + SOCKET_UNANSWERED_MAX_MS + 1)).toBe('does not read');
  });

  test('is given time to read what leaves at once', () => {
    const consumer = new SlowConsumer(OPENED_MS);
    expect(consumer.sent(SOCKET_PING_AFTER_BYTES, START_MS)).toBe('ask');
    expect(consumer.sent(SOCKET_BEHIND_MAX_BYTES + 1, START_MS)).toBe('reads');
    expect(consumer.sent(1, START_MS + SOCKET_BEHIND_MAX_MS)).toBe('reads');
    expect(consumer.sent(1, START_MS + SOCKET_BEHIND_MAX_MS + 1)).toBe('does not read');
  });

  test('does not read where it is behind by more than anybody is sent at once', () => {
    const consumer = new SlowConsumer(OPENED_MS);
    consumer.sent(SOCKET_PING_AFTER_BYTES, START_MS);
    expect(consumer.sent(SOCKET_UNANSWERED_MAX_BYTES, START_MS)).toBe('reads');
    expect(consumer.sent(1, START_MS)).toBe('does not read');
  });

  test('that always answers is never given up, however much it is sent', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(200_000), fc.nat(100_000)), { minLength: 1 }), (sent) => {
        const consumer = new SlowConsumer(START_MS);
        let nowMs = START_MS;
        for (const [bytes, laterMs] of sent) {
          nowMs += laterMs;
          const verdict = consumer.sent(bytes, nowMs);
          expect(verdict).not.toBe('does not read');
          if (verdict === 'ask') consumer.answered(nowMs);
        }
      }),
    );
  });
});

test('a client that never reads is closed before more than a bounded part of it waits in memory', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 10_000 }),
      (bytes, everyMs) => {
        const socket = new ServerSocket();
        const session = watching(socket);
        const payload = JSON.stringify({ data: 'x'.repeat(bytes) });
        let nowMs = START_MS;
        let events = 0;
        while (socket.isOpen && events < 2_000_000) {
          nowMs += everyMs;
          events += 1;
          session.sendEvent('a', `{"id":"a","type":"next","payload":${payload}}`, nowMs);
        }
        expect(socket.isOpen).toBe(false);
        expect(session.phase).toBe('closed');
        const beforeAsking = (bytes + 100) * (SOCKET_PING_PAUSE_MS / everyMs);
        const most =
          Math.max(SOCKET_PING_AFTER_BYTES, beforeAsking) + SOCKET_UNANSWERED_MAX_BYTES + 3 * (bytes + 100);
        expect(socket.waitingBytes).toBeLessThanOrEqual(most);
      },
    ),
    { numRuns: 30 },
  );
});

function watching(socket: ServerSocket): SocketSession {
  const subscription = {
    id: 'a',
    sent: { documentIds: [], document: undefined, operationName: undefined, variables: undefined },
    feed: 'prices' as const,
    topics: ['BTC'],
    owner: null,
    position: 0,
  };
  const unread = new UnreadBytes({
    nowMs: () => START_MS,
    sleep: async () => undefined,
    closeSlowest: () => undefined,
  });
  const attachment = {
    openedAtMs: START_MS,
    isReady: true,
    client: { name: null, version: null },
    authorization: null,
    viewer: null,
    subscriptions: [subscription],
  };
  return new SocketSession(socket.asWebSocket(), attachment, START_MS, unread);
}
