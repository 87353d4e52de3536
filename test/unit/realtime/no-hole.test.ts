import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { LiveWorld } from '../../support/live-world.ts';
import { WatchingClient } from '../../support/watching-client.ts';

/** More than CI has time for: LIVE_RUNS=2000 npx vitest run --project unit test/unit/realtime/no-hole.test.ts */
const RUNS = Number(process.env.LIVE_RUNS ?? 300);
/** Some 20 s on two quiet cores. */
const SIMULATION_TIMEOUT_MS = 120_000;
const SYMBOLS = ['A', 'B', 'C', 'D'];
const HUBS = 3;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('price'), symbol: fc.constantFrom(...SYMBOLS) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('poll') }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('connect'), client: fc.nat(3), hub: fc.nat(HUBS - 1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop'), client: fc.nat(3) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('read'),
      client: fc.nat(3),
      frames: fc.integer({ min: 1, max: 5 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('settle') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart-feed') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash-hub'), hub: fc.nat(HUBS - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('evict-hub'), hub: fc.nat(HUBS - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lose-answers'), answers: fc.integer({ min: 1, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('delay-calls'),
      calls: fc.array(fc.constantFrom('there' as const, 'back' as const), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('hub-clock'), skewMs: fc.constantFrom(0, -3_600_000, 60_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('upstream'), isDown: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constantFrom(50, 5_000, 600_000, 4_000_000) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Seldom, whatever it is takes longer than a whole round of everything else. */
const pauseTurns = fc.oneof(
  { weight: 6, arbitrary: fc.nat(4) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 300 }) },
);

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  // What is lost on purpose is logged, thousands of times.
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
});

afterAll(() => {
  vi.useRealTimers();
});

async function play(steps: readonly Step[], pauses: readonly number[]): Promise<number> {
  let paused = 0;
  const pause = async () => {
    const turns = pauses[paused++ % pauses.length] ?? 0;
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  };
  const world = new LiveWorld(HUBS, pause);
  let price = 0;
  const setPrice = (symbol: string) => {
    price += 1;
    world.nowMs += 1_000;
    world.setPrice(symbol, price);
  };
  for (const symbol of SYMBOLS) setPrice(symbol);
  const clients = [['A'], ['A', 'B'], ['B', 'C', 'D'], SYMBOLS].map(
    (symbols) => new WatchingClient(world, symbols),
  );
  let going: Promise<unknown>[] = [];
  const begin = (work: Promise<unknown> | undefined) => going.push(Promise.resolve(work));
  const settle = async () => {
    let isOver = false;
    const all = Promise.all(going).finally(() => {
      isOver = true;
    });
    // Only a delayed call needs time to pass.
    while (!isOver && world.delayedCalls + world.callsToDelay.length > 0)
      await vi.advanceTimersByTimeAsync(1_000);
    await all;
    going = [];
  };
  for (const at of steps) {
    switch (at.kind) {
      case 'price':
        setPrice(at.symbol);
        break;
      case 'poll':
        begin(world.poll());
        break;
      case 'connect':
        begin(clients[at.client]?.connect(at.hub));
        break;
      case 'drop':
        begin(clients[at.client]?.drop());
        break;
      case 'read':
        begin(clients[at.client]?.read(at.frames));
        break;
      case 'restart-feed':
        world.restartFeed();
        break;
      case 'crash-hub':
        world.crashHub(at.hub);
        break;
      case 'evict-hub':
        await settle();
        world.evictHub(at.hub);
        break;
      case 'lose-answers':
        world.answersToLose += at.answers;
        break;
      case 'delay-calls':
        world.callsToDelay.push(...at.calls);
        break;
      case 'upstream':
        world.isUpstreamDown = at.isDown;
        break;
      case 'hub-clock':
        world.hubSkewMs = at.skewMs;
        break;
      case 'pass':
        world.nowMs += at.ms;
        break;
      default:
        await settle();
    }
    await Promise.resolve();
  }
  // The end: all is well again, and everybody is there.
  await settle();
  world.callsToDelay = [];
  while (world.delayedCalls > 0) await vi.advanceTimersByTimeAsync(1_000);
  world.isUpstreamDown = false;
  world.answersToLose = 0;
  for (let round = 0; round < 3; round += 1) {
    for (const [at, client] of clients.entries()) await client.reconnectUntilWatching(at % HUBS);
    await world.poll();
  }
  for (const client of clients) {
    await client.read(Number.POSITIVE_INFINITY);
    const latest = client.symbols.map((symbol) => [symbol, world.prices.get(symbol)?.priceUsd]);
    expect([...client.seen].sort()).toEqual(latest);
  }
  return clients.reduce((sum, client) => sum + client.connections, 0);
}

test(
  'whoever drops and comes back misses nothing, and sees nothing twice',
  async () => {
    let connections = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }),
        fc.array(pauseTurns, { minLength: 7, maxLength: 31 }),
        async (steps, pauses) => {
          connections += await play(steps, pauses);
        },
      ),
      { numRuns: RUNS },
    );
    // It is of use only where clients do come back.
    expect(connections).toBeGreaterThan(RUNS * 8);
  },
  SIMULATION_TIMEOUT_MS,
);
