/** Sockets that do not read what they are answered, beside sockets that do. Time passes only when a test says so. */
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  HUB_BEHIND_MAX_MS,
  HUB_UNREAD_MAX_BYTES,
  HUB_UNREAD_NEW_SOCKETS_MAX_BYTES,
  HUB_WAITING_MAX_BYTES,
  SOCKET_BEHIND_MAX_MS,
  SOCKET_MESSAGE_MAX_BYTES,
  SOCKET_MESSAGES_PER_SECOND,
  SOCKET_PING_PAUSE_MS,
  SOCKET_SILENT_PING_AFTER_MS,
  SOCKET_UNANSWERED_MAX_MS,
  SOCKET_UNREAD_ANSWERS_MAX_BYTES,
} from '../../../src/config.ts';
import { LiveWorld } from '../../support/live-world.ts';
import type { ServerSocket } from '../../support/server-socket.ts';

const ANSWER_BYTES = 800_000;
const QUERIES = 49;
let world: LiveWorld;

beforeAll(() => {
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
});

beforeEach(() => {
  world = new LiveWorld(1, async () => undefined);
  world.answerBytes = ANSWER_BYTES;
  world.letOthersRun = () => new Promise((resolve) => setImmediate(resolve));
});

async function connected(): Promise<ServerSocket> {
  const socket = await world.connect(0);
  await world.receive(0, socket, { type: 'connection_init' });
  return socket;
}

const ask = (socket: ServerSocket, id: string) =>
  world.receive(0, socket, { type: 'subscribe', id, payload: { query: 'query' } });

/** Answers pings until everything is answered. */
async function readAll(socket: ServerSocket, work: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = work.then(() => {
    isOver = true;
  });
  let answers = 0;
  const read = async () => {
    const messages = socket.read(Number.POSITIVE_INFINITY);
    answers += messages.filter(({ type }) => type === 'next').length;
    for (const { type } of messages) if (type === 'ping') await world.receive(0, socket, { type: 'pong' });
  };
  while (!isOver) {
    await read();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await over;
  await read();
  return answers;
}

/** By outcome, the operations that have ended since the last time, and the faults among them. */
function recorded() {
  const sums: Record<string, { count: number; faults: number }> = {};
  for (const { operationId, outcome, count, faults } of world.recorder.take(world.nowMs).cells) {
    if (operationId.startsWith('job:')) continue;
    const sum = sums[outcome] ?? { count: 0, faults: 0 };
    sums[outcome] = { count: sum.count + count, faults: sum.faults + faults };
  }
  return sums;
}

const waiting = (sockets: readonly ServerSocket[]) =>
  sockets.reduce((sum, { waitingBytes }) => sum + waitingBytes, 0);

test('queries that nobody reads are executed only while their socket has room, and it is closed', async () => {
  const socket = await connected();
  await Promise.all(Array.from({ length: QUERIES }, (_, id) => ask(socket, `${id}`)));
  expect(socket.isOpen).toBe(false);
  expect(socket.closeCode).toBe(1008);
  expect(socket.waitingBytes).toBeLessThan(SOCKET_UNREAD_ANSWERS_MAX_BYTES + 2 * ANSWER_BYTES);
});

test('queries of a socket that reads are all answered, as fast as it reads', async () => {
  const socket = await connected();
  const answers = await readAll(
    socket,
    Promise.all(Array.from({ length: QUERIES }, (_, id) => ask(socket, `${id}`))),
  );
  expect(answers).toBe(QUERIES);
  expect(socket.isOpen).toBe(true);
});

test('all sockets of a hub together hold a bounded part, the slowest are closed, and who reads is answered', async () => {
  const unread = await Promise.all(Array.from({ length: 18 }, connected));
  const reading = await connected();
  for (let round = 0; round < 2; round += 1) {
    for (const socket of unread) void ask(socket, `${round}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  let answers = 0;
  for (let round = 0; round < 20; round += 1) {
    answers += await readAll(reading, ask(reading, `${round}`));
    world.nowMs += 1_000;
    await world.alarm(0);
    const mostBytes = 2 * HUB_UNREAD_MAX_BYTES + 2 * ANSWER_BYTES;
    expect(waiting(unread)).toBeLessThan(mostBytes);
  }
  expect(answers).toBe(20);
  expect(reading.isOpen).toBe(true);
  const closed = unread.filter(({ isOpen }) => !isOpen);
  expect(closed.length).toBeGreaterThan(0);
  for (const { closeCode } of closed) expect([1008, 1013]).toContain(closeCode);
});

/** New ones that have asked for an answer each, and read none, once the hub knows how long such an answer is. */
async function socketsThatDoNotRead() {
  const first = await connected();
  await readAll(first, ask(first, 'a'));
  const unread = await Promise.all(Array.from({ length: 100 }, connected));
  world.letOthersRun = () => new Promise(() => undefined);
  for (const socket of unread) void ask(socket, 'a');
  await new Promise((resolve) => setImmediate(resolve));
  return unread;
}

test('a new socket that reads is answered at once beside new ones that do not', async () => {
  const unread = await socketsThatDoNotRead();
  expect(waiting(unread)).toBeGreaterThan(HUB_UNREAD_NEW_SOCKETS_MAX_BYTES - ANSWER_BYTES);
  expect(waiting(unread)).toBeLessThan(HUB_UNREAD_NEW_SOCKETS_MAX_BYTES + ANSWER_BYTES);
  const reading = await connected();
  expect(await readAll(reading, ask(reading, 'a'))).toBe(1);
  expect(unread.every(({ isOpen }) => isOpen)).toBe(true);
});

test('a new socket that reads does not wait for the small frames of new ones that do not', async () => {
  world.answerBytes = 50_000;
  const unread = await Promise.all(Array.from({ length: 400 }, connected));
  world.nowMs += SOCKET_PING_PAUSE_MS;
  world.letOthersRun = () => new Promise(() => undefined);
  for (const id of ['a', 'b', 'c']) await Promise.all(unread.map((socket) => ask(socket, id)));
  expect(waiting(unread)).toBeGreaterThan(2 * HUB_UNREAD_MAX_BYTES);
  world.answerBytes = ANSWER_BYTES;
  const reading = await connected();
  expect(await readAll(reading, ask(reading, 'a'))).toBe(1);
});

test('connections that end at once make no room for answers to the next of them', async () => {
  const unread = await socketsThatDoNotRead();
  const { executed } = world;
  for (const socket of unread) await world.drop(0, socket);
  await new Promise((resolve) => setImmediate(resolve));
  expect(world.executed).toBe(executed);
});

test('messages whose operations wait are bounded for the hub, and each socket has its share', async () => {
  const held = Promise.withResolvers<void>();
  world.queryHold = held.promise;
  world.answerBytes = 10;
  const text = 'x'.repeat(SOCKET_MESSAGE_MAX_BYTES / 2);
  const payload = { query: 'query', variables: { text } };
  const sockets = await Promise.all(Array.from({ length: 50 }, connected));
  const asked = sockets.flatMap((socket) =>
    Array.from({ length: 20 }, (_, id) =>
      world.receive(0, socket, { type: 'subscribe', id: `${id}`, payload }),
    ),
  );
  await new Promise((resolve) => setImmediate(resolve));
  const refusals = sockets.flatMap((socket) =>
    socket.read(Number.POSITIVE_INFINITY).filter(({ type }) => type === 'error'),
  );
  for (const { payload: errors } of refusals)
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
  expect(recorded()).toEqual({ refused: { count: refusals.length, faults: 0 } });
  const heldBytes = (asked.length - refusals.length) * text.length;
  expect(heldBytes).toBeLessThan(HUB_WAITING_MAX_BYTES + sockets.length * SOCKET_MESSAGE_MAX_BYTES);

  const { started } = world;
  const late = await connected();
  const answered = ask(late, 'a');
  await new Promise((resolve) => setImmediate(resolve));
  expect(world.started).toBe(started + 1);

  held.resolve();
  await Promise.all([...asked, answered]);
  const [socket] = sockets;
  if (socket === undefined) throw new Error('no socket');
  socket.read(Number.POSITIVE_INFINITY);
  await Promise.all(
    Array.from({ length: 20 }, (_, id) =>
      world.receive(0, socket, { type: 'subscribe', id: `again ${id}`, payload }),
    ),
  );
  expect(socket.read(Number.POSITIVE_INFINITY).filter(({ type }) => type === 'next')).toHaveLength(20);
});

test('a socket that is closed holds no room once its connection has ended', async () => {
  const unread = await Promise.all(Array.from({ length: 30 }, connected));
  await Promise.all(unread.map((socket) => ask(socket, 'a')));
  world.nowMs += HUB_BEHIND_MAX_MS;
  for (const socket of unread) await world.drop(0, socket);
  const reading = await connected();
  expect(
    await readAll(reading, Promise.all(Array.from({ length: 10 }, (_, id) => ask(reading, `${id}`)))),
  ).toBe(10);
});

test('answers to pings are no messages of which a client may send so many a second', async () => {
  const socket = await connected();
  const many = 3 * SOCKET_MESSAGES_PER_SECOND;
  for (let round = 0; round < 10; round += 1) {
    await readAll(socket, Promise.all(Array.from({ length: 10 }, (_, id) => ask(socket, `${round} ${id}`))));
    world.nowMs += 500;
  }
  expect(world.executed).toBeGreaterThan(many);
  expect(socket.isOpen).toBe(true);
});

describe('a silent socket', () => {
  const pings = (socket: ServerSocket) =>
    socket.read(Number.POSITIVE_INFINITY).filter(({ type }) => type === 'ping').length;

  test.each([
    ['is awake', () => undefined],
    ['has slept', () => world.evictHub(0)],
  ])('is pinged and closed while its hub %s', async (_, sleep) => {
    const [lost, alive] = [await connected(), await connected()];
    world.nowMs += SOCKET_SILENT_PING_AFTER_MS;
    sleep();
    await world.alarm(0);
    for (const socket of [lost, alive]) expect(pings(socket)).toBe(1);
    await world.receive(0, alive, { type: 'pong' });
    sleep();
    world.nowMs += SOCKET_UNANSWERED_MAX_MS + 1_000;
    await world.alarm(0);
    expect(lost).toMatchObject({ isOpen: false, closeCode: 1008 });
    expect(alive.isOpen).toBe(true);
  });

  test('is woken for by an alarm for as long as there is one, and by none afterwards', async () => {
    const socket = await connected();
    await world.alarm(0);
    expect(world.alarmMs(0)).toBe(world.nowMs + SOCKET_SILENT_PING_AFTER_MS);
    await world.drop(0, socket);
    expect(world.alarmMs(0)).toBeNull();
  });

  test('that was never initialised is closed in time, also if the clock was set back', async () => {
    const socket = await world.connect(0);
    world.nowMs -= 3_600_000;
    await world.alarm(0);
    world.nowMs += 11_000;
    await world.alarm(0);
    expect(socket).toMatchObject({ isOpen: false, closeCode: 4408 });
  });

  test('is pinged in time, also if the clock was set back', async () => {
    const socket = await connected();
    world.nowMs -= 3_600_000;
    await world.alarm(0);
    world.nowMs += SOCKET_SILENT_PING_AFTER_MS;
    await world.alarm(0);
    expect(pings(socket)).toBe(1);
  });
});

test('a socket that reads too slowly is closed in time, although nothing more happens to it', async () => {
  const socket = await connected();
  for (let id = 0; id < 2; id += 1) void ask(socket, `${id}`);
  await new Promise((resolve) => setImmediate(resolve));
  world.nowMs += Math.max(SOCKET_BEHIND_MAX_MS, SOCKET_UNANSWERED_MAX_MS) + 1_000;
  await world.alarm(0);
  expect(socket.isOpen).toBe(false);
});

test('a query that takes long keeps no other query of its socket waiting', async () => {
  world.answerBytes = 10;
  const socket = await connected();
  const held = Promise.withResolvers<void>();
  world.queryHold = held.promise;
  const slow = ask(socket, 'slow');
  await new Promise((resolve) => setImmediate(resolve));
  world.queryHold = Promise.resolve();
  await ask(socket, 'prompt');
  expect(socket.read(10).map(({ type }) => type)).toEqual(['connection_ack', 'next', 'complete']);
  held.resolve();
  await slow;
});
