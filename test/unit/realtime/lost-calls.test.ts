/** Single faults between objects, placed where they hurt. */
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { LiveWorld } from '../../support/live-world.ts';
import type { ServerSocket } from '../../support/server-socket.ts';

interface PriceEvent {
  data: { priceUpdated: { symbol: string; priceUsd: number } };
  extensions: { position: string };
}

/** What happens at the next pauses of the world, one each. */
let faults: (() => void)[];
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

async function watching(hub: number, symbol: string, extensions = {}): Promise<ServerSocket> {
  const socket = await world.connect(hub);
  const payload = { query: '{}', variables: { symbols: [symbol] }, extensions };
  await world.receive(hub, socket, { type: 'connection_init' });
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
