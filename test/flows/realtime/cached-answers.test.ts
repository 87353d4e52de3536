/** A query over a socket has the answers that HTTP has: kept for everybody, made once, and never one viewer's. */
import { expect, test, vi } from 'vitest';
import { CACHE_HINTS } from '../../../schema/cache-hints.ts';
import { executionCounts } from '../../../src/execution/execute.ts';
import type { ClientSocket } from '../../support/client-socket.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { useLiveMarket } from '../../support/live-market.ts';
import { authorizationOf } from '../../support/signed-in.ts';

const live = useLiveMarket();

const PRICE = '{ price(symbol: "BTC") { symbol priceUsd } }';
const MINE = '{ viewer { displayName } price(symbol: "BTC") { symbol } }';

/** The answer is older than its lifetime, and not by more than it may be served. */
const STALE_MS = (CACHE_HINTS['Query.price']?.lifetime?.maxAgeSeconds ?? Number.NaN) * 1000 + 1_000;

const executions = () => executionCounts().planned + executionCounts().fellBack;

async function answerTo(socket: ClientSocket, query: string): Promise<unknown> {
  socket.subscribe('a', query);
  const answer = await socket.next();
  expect(answer).toMatchObject({ id: 'a', type: 'next' });
  expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
  return answer.payload;
}

test('is executed once for all sockets of an isolate', async () => {
  coldIsolate();
  const sockets = [
    await live.connected('hub-0'),
    await live.connected('hub-0'),
    await live.connected('hub-1'),
  ];
  const before = executions();
  const answers = [];
  for (const socket of [...sockets, ...sockets]) answers.push(await answerTo(socket, PRICE));
  expect(executions()).toBe(before + 1);
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify({ data: { price: { symbol: 'BTC', priceUsd: 1_000_000 } } })]),
  );
});

test('that is stale is answered at once, and made anew once for all', async () => {
  coldIsolate();
  const sockets = [await live.connected('hub-0'), await live.connected('hub-1')];
  for (const socket of sockets) await answerTo(socket, PRICE);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + STALE_MS });
  try {
    const before = executions();
    for (const socket of sockets) await answerTo(socket, PRICE);
    await vi.waitFor(() => expect(executions()).toBe(before + 1));
    for (const socket of sockets) await answerTo(socket, PRICE);
    expect(executions()).toBe(before + 1);
  } finally {
    vi.useRealTimers();
  }
});

test('that selects the viewer is executed for each', async () => {
  const viewer = (user: string) => authorizationOf({ user, session: user, expiresAt: 4_102_444_800 });
  const alice = await live.connected('hub-0', viewer('alice'));
  const bob = await live.connected('hub-0', viewer('bob'));
  for (const [socket, name] of [
    [alice, 'alice'],
    [bob, 'bob'],
    [alice, 'alice'],
  ] as const)
    expect(await answerTo(socket, MINE)).toMatchObject({ data: { viewer: { displayName: name } } });
});

test('that fails is not kept', async () => {
  coldIsolate();
  const socket = await live.connected('hub-0');
  const failing = '{ price(symbol: "BTC") { symbol } projects(first: 1, after: "nonsense") { totalCount } }';
  const before = executions();
  for (const _ of [1, 2]) {
    socket.subscribe('a', failing);
    const { type } = await socket.next();
    if (type === 'next') await socket.next();
  }
  expect(executions()).toBe(before + 2);
});
