/** Subscribers of one room: those whose operation is slow or fails delay nobody else, and miss nothing silently. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHAT_CHANGES_KEPT, EVENT_TIMEOUT_MS, JOURNAL_RETRY_MS } from '../../../src/config.ts';
import type { SourceName } from '../../../src/realtime/feeds.ts';
import {
  LiveSubscriptions,
  type LiveSubscriptionsSources,
} from '../../../src/realtime/live-subscriptions.ts';
import type { Subscription } from '../../../src/realtime/socket-attachment.ts';
import type { SocketSession } from '../../../src/realtime/socket-session.ts';
import type { TopicStates } from '../../../src/realtime/topic-log.ts';
import type { PreparedOperation } from '../../../src/serving/prepare-operation.ts';
import { ObjectStorage } from '../../support/object-storage.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const ROOM: SourceName = 'chat/project:a';
const OTHER: SourceName = 'chat/pool:b';
const prepared = (name: string) =>
  ({ name, chosen: { found: null } }) as unknown as PreparedOperation & { name: string };
const change = (position: number, room = 'project:a') => ({
  topic: room,
  entity: `message:${position}`,
  position,
  value: { kind: 'posted' as const, message: { sequence: position, text: 'x' } as never },
});

/** @param execute takes what it needs for one event of an operation. */
function hub(execute: (operation: string, sequence: number) => Promise<void> | void) {
  const calls: [SourceName, string[]][] = [];
  const live = new LiveSubscriptions({
    state: { storage: new ObjectStorage() },
    recorder: { live: { sent: () => undefined } },
    nowMs: () => Date.now(),
    sleep: (ms: number) => new Promise((resolve) => setTimeout(resolve, ms)),
    feedFor: (name: SourceName) => ({
      watch: async ({ topics }: { topics: string[] }): Promise<TopicStates<never>> => {
        calls.push([name, topics]);
        return { position: 0, topics: topics.map((topic) => ({ topic, floor: 0, changes: [] })) };
      },
      refreshed: async () => null,
    }),
    steering: async () => ({ off: new Set(), timeLimitMs: () => null }),
    execute: async (
      { name }: { name: string },
      _: unknown,
      { message }: { message: { sequence: number } },
    ) => {
      await execute(name, message.sequence);
      return { data: { seen: message.sequence } };
    },
    createContext: () => ({}),
    randomId: () => 'request',
  } as unknown as LiveSubscriptionsSources);

  async function join(id: string, source: SourceName = ROOM) {
    const seen: number[] = [];
    const stored: (true | undefined)[] = [];
    const session = {
      isClosed: false,
      subscriptions: new Map(),
      running: new Map(),
      on(event: { kind: string }) {
        if (event.kind === 'behind') session.isClosed = true;
      },
      sendEvent: (_: string, frame: string) => seen.push(JSON.parse(frame).payload.data.seen),
      store: () => stored.push(subscription.isLagging),
    };
    const topics = [source.slice('chat/'.length)];
    const subscription: Subscription = {
      ...{ id, feed: source, topics, owner: null, position: 0 },
      sent: { documentIds: [], document: id, operationName: undefined, variables: {} },
    };
    session.subscriptions.set(id, subscription);
    live.topicsOf(source).add(topics);
    await live.topicsOf(source).watching(topics);
    live.groups.join(session as unknown as SocketSession, subscription, prepared(id), null);
    const leave = () => {
      live.remove(session as unknown as SocketSession, id);
      return live.updateSource(source);
    };
    return { seen, stored, session, subscription, leave };
  }
  return { live, calls, join };
}

test('an operation that takes long delays no other of its room, and gets what it has missed in order', async () => {
  const hold = Promise.withResolvers<void>();
  const { live, join } = hub((operation) => (operation === 'slow' ? hold.promise : undefined));
  const fast = await join('fast');
  const slow = await join('slow');
  const published = live.publish(ROOM, [change(1)], 0);
  await vi.advanceTimersByTimeAsync(EVENT_TIMEOUT_MS);
  await published;
  for (const position of [2, 3]) await live.publish(ROOM, [change(position)], 0);
  expect([fast.seen, slow.seen]).toEqual([[1, 2, 3], []]);
  // After the hub has lost its memory, it is not taken to have been sent them.
  expect(slow.stored).toEqual([true]);
  hold.resolve();
  await vi.advanceTimersByTimeAsync(2 * JOURNAL_RETRY_MS);
  expect([fast.seen, slow.seen]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
  ]);
  expect(slow.stored).toEqual([true, undefined]);
  await vi.runAllTimersAsync();
  expect(vi.getTimerCount()).toBe(0);
});

test('one that fails is tried again without any further event', async () => {
  let isDown = true;
  const { live, join } = hub((operation) => {
    if (operation === 'ill' && isDown) throw new Error('down');
  });
  const well = await join('well');
  const ill = await join('ill');
  await live.publish(ROOM, [change(1), change(2)], 0);
  await vi.advanceTimersByTimeAsync(JOURNAL_RETRY_MS);
  expect([well.seen, ill.seen]).toEqual([[1, 2], []]);
  isDown = false;
  await vi.advanceTimersByTimeAsync(2 * JOURNAL_RETRY_MS);
  expect([well.seen, ill.seen]).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

test('one that has missed more than the hub remembers is closed, to resume', async () => {
  const { live, join } = hub((operation) => {
    if (operation === 'ill') throw new Error('down');
  });
  const well = await join('well');
  const ill = await join('ill');
  for (let position = 1; position <= CHAT_CHANGES_KEPT + 1; position += 1)
    await live.publish(ROOM, [change(position)], 0);
  expect(well.seen).toHaveLength(CHAT_CHANGES_KEPT + 1);
  expect([ill.seen, ill.session.isClosed, well.session.isClosed]).toEqual([[], true, false]);
  await ill.leave();
  await vi.runAllTimersAsync();
  expect(vi.getTimerCount()).toBe(0);
});

test('who is behind what a room has evicted is closed, and nobody else', async () => {
  const { live, join } = hub(() => undefined);
  const behind = await join('a');
  await live.publish(ROOM, [change(5)], 0);
  const other = await join('b', OTHER);
  await live.publish(ROOM, [change(400)], 300);
  expect([behind.session.isClosed, other.session.isClosed]).toEqual([true, false]);
});

test('a room whose operation takes long delays no other room, whose positions are its own', async () => {
  const hold = Promise.withResolvers<void>();
  const { live, join } = hub((_, sequence) => (sequence === 7 ? hold.promise : undefined));
  const slow = await join('a');
  const other = await join('a', OTHER);
  const published = live.publish(ROOM, [change(7)], 0);
  await live.publish(OTHER, [change(1, 'pool:b')], 0);
  expect([slow.seen, other.seen]).toEqual([[], [1]]);
  expect([slow.subscription.position, other.subscription.position]).toEqual([0, 1]);
  hold.resolve();
  await published;
  expect([slow.seen, other.seen]).toEqual([[7], [1]]);
});

test('a room that nobody watches any more is told so once, and forgotten', async () => {
  const { live, calls, join } = hub(() => undefined);
  const a = await join('a');
  await live.publish(ROOM, [change(1)], 0);
  expect(live.isWatching(ROOM)).toBe(true);
  await Promise.all([a.leave(), vi.advanceTimersByTimeAsync(1_000)]);
  expect(live.isWatching(ROOM)).toBe(false);
  // It has not heard it, and publishes still.
  await live.publish(ROOM, [change(2)], 0);
  expect(calls).toEqual([
    [ROOM, ['project:a']],
    [ROOM, []],
    [ROOM, []],
  ]);
  expect(live.isWatching(ROOM)).toBe(false);
});
