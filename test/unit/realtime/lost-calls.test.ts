/** Single faults and delays between objects, placed where they hurt. */
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { FEED_WATCH_TIMEOUT_MS } from '../../../src/config.ts';
import { LiveWorld } from '../../support/live-world.ts';
import type { ServerSocket } from '../../support/server-socket.ts';

interface PriceEvent {
  data: { priceUpdated: { symbol: string; priceUsd: number } };
  extensions: { position: string };
}

/** What happens at the next pauses of the world, one each. */
let faults: (() => void | Promise<void>)[];
let world: LiveWorld;
const passes = () => undefined;
const fails = () => {
  throw new Error('it failed');
};

beforeAll(() => {
  for (const level of ['warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(passes);
});

beforeEach(() => {
  faults = [];
  world = new LiveWorld(2, async () => faults.shift()?.());
});

function setPrices(priceUsd: number): void {
  world.nowMs += 1_000;
  for (const symbol of ['A', 'B']) world.setPrice(symbol, priceUsd);
}

/** @param symbols a letter each. */
async function watching(
  hub: number,
  symbols: string,
  extensions = {},
  parameters = {},
): Promise<ServerSocket> {
  const socket = await world.connect(hub);
  const payload = { query: '{}', variables: { symbols: [...symbols] }, extensions };
  await world.receive(hub, socket, { type: 'connection_init', payload: parameters });
  await world.receive(hub, socket, { type: 'subscribe', id: 'a', payload });
  return socket;
}

const seen = (socket: ServerSocket) =>
  socket
    .read(Number.POSITIVE_INFINITY)
    .filter(({ type }) => type === 'next')
    .map(({ payload }) => payload as PriceEvent);
const pricesOf = (events: PriceEvent[]) => events.map(({ data }) => data.priceUpdated.priceUsd);

test('who resumes at a hub that is behind is told a value that the others there saw last', async () => {
  setPrices(1);
  await watching(0, 'A');
  const moves = await watching(1, 'A');
  expect(pricesOf(seen(moves))).toEqual([1]);
  setPrices(2);
  // The price API answers, and the call to the first hub is lost.
  faults.push(passes, fails);
  await world.poll();
  const [event] = seen(moves);
  expect(event?.data.priceUpdated.priceUsd).toBe(2);
  await world.drop(1, moves);
  const again = await watching(0, 'A', { resumeFrom: event?.extensions.position });
  expect(seen(again)).toEqual([]);
  setPrices(1);
  await world.poll();
  await world.poll();
  expect(pricesOf(seen(again))).toEqual([1]);
});

test('an operation that cannot be prepared again keeps no event from the others of its hub, and gets its own later', async () => {
  setPrices(1);
  const ill = await watching(0, 'A');
  const well = await watching(0, 'B');
  for (const socket of [ill, well]) seen(socket);
  world.evictHub(0);
  setPrices(2);
  for (let round = 0; round < 3; round += 1) {
    // The price API, the call to the hub, and what the first group's document is read from.
    faults = [passes, passes, fails];
    await world.poll();
  }
  expect(pricesOf(seen(well))).toEqual([2]);
  expect(seen(ill)).toEqual([]);
  faults = [];
  await world.poll();
  expect(pricesOf(seen(ill))).toEqual([2]);
  expect(seen(well)).toEqual([]);
});

/** Begins to watch, and stops at its first event; the feed knows already that this hub watches the symbol. */
async function watchingSlowly(hub: number, symbol: string) {
  const executing = Promise.withResolvers<void>();
  const execution = Promise.withResolvers<void>();
  // Its document, the current state, and then the event.
  faults.push(passes, passes, () => {
    executing.resolve();
    return execution.promise;
  });
  const joining = watching(hub, symbol);
  await executing.promise;
  return () => {
    execution.resolve();
    return joining;
  };
}

test('an operation whose event takes long keeps none of the same change from being executed', async () => {
  setPrices(1);
  const sockets = [await watching(0, 'A'), await watching(0, 'AB')];
  for (const socket of sockets) seen(socket);
  world.setPrice('A', 2);
  const other = Promise.withResolvers<void>();
  // The price API, the call to the hub, and one execution each.
  faults.push(passes, passes, () => other.promise, other.resolve);
  await world.poll();
  for (const socket of sockets) expect(pricesOf(seen(socket))).toEqual([2]);
});

test('a subscriber whose first event takes long keeps no event from the others, and misses none itself', async () => {
  setPrices(1);
  const prompt = await watching(0, 'A');
  expect(pricesOf(seen(prompt))).toEqual([1]);
  const goOn = await watchingSlowly(0, 'A');
  setPrices(2);
  await world.poll();
  expect(pricesOf(seen(prompt))).toEqual([2]);
  const slow = await goOn();
  expect(pricesOf(seen(slow))).toEqual([1, 2]);
  setPrices(3);
  await world.poll();
  for (const socket of [prompt, slow]) expect(pricesOf(seen(socket))).toEqual([3]);
});

test('what changes during a first event is not forgotten where the feed’s answers to others are lost', async () => {
  setPrices(1);
  await watching(0, 'A');
  const goOn = await watchingSlowly(0, 'A');
  setPrices(2);
  await world.poll();
  // That it begins to watch, and that it does not.
  world.answersToLose = 2;
  expect(seen(await watching(0, 'B'))).toEqual([]);
  expect(world.answersToLose).toBe(0);
  expect(pricesOf(seen(await goOn()))).toEqual([1, 2]);
});

test('what is again as it was when the first event was executed is not sent twice', async () => {
  setPrices(1);
  await watching(0, 'A');
  const goOn = await watchingSlowly(0, 'A');
  for (const price of [2, 1]) {
    setPrices(price);
    await world.poll();
  }
  const slow = await goOn();
  expect(pricesOf(seen(slow))).toEqual([1]);
  setPrices(3);
  await world.poll();
  expect(pricesOf(seen(slow))).toEqual([3]);
});

test('a hub that restarts with its clock an hour back is refused nothing', async () => {
  setPrices(1);
  await watching(0, 'A');
  world.hubSkewMs = -3_600_000;
  world.crashHub(0);
  expect(pricesOf(seen(await watching(0, 'B')))).toEqual([1]);
});

describe('a feed that does not answer', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const hangs = () => new Promise<void>(() => undefined);
  /** Begins to watch: its document and the current state are there, and then the call to the feed comes. */
  const watchingWith = (fault: () => void | Promise<void>, symbols: string) => {
    faults.push(passes, passes, fault);
    return watching(0, symbols);
  };
  const errorsOf = (socket: ServerSocket) =>
    socket.read(Number.POSITIVE_INFINITY).map(({ type, payload }) => [type, codeOf(payload)]);
  const codeOf = (payload: unknown) => (Array.isArray(payload) ? payload[0].extensions.code : undefined);
  const REFUSED = [
    ['connection_ack', undefined],
    ['error', 'UPSTREAM_UNAVAILABLE'],
  ];

  test('refuses the subscription in time, and the hub watches the next ones', async () => {
    setPrices(1);
    const refused = watchingWith(hangs, 'A');
    await vi.advanceTimersByTimeAsync(FEED_WATCH_TIMEOUT_MS - 1);
    const next = watching(0, 'B');
    await vi.advanceTimersByTimeAsync(1);
    expect(errorsOf(await refused)).toEqual(REFUSED);
    const watcher = await next;
    expect(pricesOf(seen(watcher))).toEqual([1]);
    setPrices(2);
    await world.poll();
    expect(pricesOf(seen(watcher))).toEqual([2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('refuses everybody who asks meanwhile by one call more', async () => {
    setPrices(1);
    const first = watchingWith(hangs, 'A');
    await vi.advanceTimersByTimeAsync(0);
    const others = [watching(0, 'A'), watching(0, 'B'), watching(0, 'AB')];
    await vi.advanceTimersByTimeAsync(0);
    faults.push(hangs);
    await vi.advanceTimersByTimeAsync(2 * FEED_WATCH_TIMEOUT_MS);
    for (const socket of await Promise.all([first, ...others])) expect(errorsOf(socket)).toEqual(REFUSED);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is told once that several sockets have closed', async () => {
    setPrices(1);
    for (const symbols of ['A', 'B']) await watching(0, symbols, {}, { authorization: 'session' });
    faults = [hangs, hangs];
    const ending = world.endSessions(0, 'session');
    await vi.advanceTimersByTimeAsync(FEED_WATCH_TIMEOUT_MS);
    await ending;
    expect(faults).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('does not undo a newer call when the late one arrives', async () => {
    setPrices(1);
    const late = Promise.withResolvers<void>();
    const refused = watchingWith(() => late.promise, 'A');
    await vi.advanceTimersByTimeAsync(FEED_WATCH_TIMEOUT_MS);
    await refused;
    const watcher = await watching(0, 'B');
    expect(pricesOf(seen(watcher))).toEqual([1]);
    late.resolve();
    await vi.advanceTimersByTimeAsync(0);
    setPrices(2);
    await world.poll();
    expect(pricesOf(seen(watcher))).toEqual([2]);
  });

  test('watches nothing for a hub that has given up, when the late call arrives', async () => {
    setPrices(1);
    const late = Promise.withResolvers<void>();
    const refused = watchingWith(() => late.promise, 'A');
    await vi.advanceTimersByTimeAsync(FEED_WATCH_TIMEOUT_MS);
    await refused;
    late.resolve();
    await vi.advanceTimersByTimeAsync(0);
    // A poll of any symbol would ask the price API, and fail.
    faults = [fails];
    await world.poll();
    expect(faults).toHaveLength(1);
  });
});
