import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  CHAT_CHANGES_KEPT,
  CHAT_CHANGES_UNDELIVERED_MAX,
  CHAT_RETRY_MAX_MS,
  CHAT_RETRY_MS,
  HUB_PUBLISH_TIMEOUT_MS,
} from '../../../src/config.ts';
import { person, RoomWorld, START_MS } from '../../support/chat/room-world.ts';

let world: RoomWorld;
beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
  world = new RoomWorld();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const never = () => new Promise<never>(() => undefined);
const sequencesOf = (hubId?: string) => world.eventsOf(hubId).map((event) => Number(event.split(' ')[1]));
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);
async function postMany(count: number): Promise<void> {
  for (let made = 0; made < count; made += 1) await world.posted('ann');
}

describe('deliveries', () => {
  test('to a hub are one at a time, and later changes go together', async () => {
    await world.watch();
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun: number[] = [];
    world.onPublish = async (_, changes) => {
      begun.push(changes.length);
      if (begun.length === 1) await promise;
    };
    await postMany(5);
    expect(begun).toEqual([1]);
    resolve();
    await world.settled();
    expect(begun).toEqual([1, 4]);
    expect(sequencesOf()).toEqual(upTo(5));
  });

  test('are bounded in size', async () => {
    await world.watch();
    world.onPublish = never;
    await postMany(450);
    world.evict();
    world.onPublish = async () => undefined;
    await world.ring();
    expect(world.taken.get('hub')?.map(({ length }) => length)).toEqual([200, 200, 50]);
    expect(sequencesOf()).toEqual(upTo(450));
  });

  test('wait for no other hub, and no post waits for one', async () => {
    await world.watch('dead');
    await world.watch('slow');
    await world.watch('hub');
    world.onPublish = async (hubId) => {
      if (hubId === 'dead') throw new Error('overloaded');
      if (hubId === 'slow') await never();
    };
    await postMany(3);
    for (let turns = 0; turns < 20; turns += 1) await null;
    expect(sequencesOf('hub')).toEqual([1, 2, 3]);
  });

  test('that fail are repeated by the alarm after a while, and not by each post', async () => {
    await world.watch();
    let attempts = 0;
    world.onPublish = async () => {
      attempts += 1;
      throw new Error('overloaded');
    };
    await postMany(5);
    await world.settled();
    expect(attempts).toBe(1);
    expect(world.storage.alarmMs).toBe(world.nowMs + CHAT_RETRY_MS);
    await world.ring();
    expect(attempts).toBe(2);
    expect(world.storage.alarmMs).toBe(world.nowMs + 2 * CHAT_RETRY_MS);
    for (let rings = 0; rings < 8; rings += 1) await world.ring();
    expect(attempts).toBe(10);
    expect(world.storage.alarmMs).toBe(world.nowMs + CHAT_RETRY_MAX_MS);
    world.onPublish = async () => undefined;
    await world.ring();
    expect(sequencesOf()).toEqual(upTo(5));
  });

  test('to a hub that hangs end after their time', async () => {
    await world.watch();
    world.onPublish = never;
    await postMany(1);
    await vi.advanceTimersByTimeAsync(HUB_PUBLISH_TIMEOUT_MS);
    world.onPublish = async () => undefined;
    await world.ring();
    expect(sequencesOf()).toEqual([1]);
  });

  test('of more changes than are kept lose none, over an eviction', async () => {
    await world.watch('dead');
    await world.watch('hub');
    world.onPublish = async (hubId) => {
      if (hubId === 'dead') throw new Error('overloaded');
    };
    const count = CHAT_CHANGES_KEPT + 100;
    await postMany(count);
    await world.settled();
    const { topics, position } = await world.watch('new');
    const { floor, changes } = topics[0] ?? { floor: null, changes: [] };
    expect([changes.length, floor]).toEqual([CHAT_CHANGES_KEPT, position - CHAT_CHANGES_KEPT]);
    world.evict();
    world.onPublish = async () => undefined;
    await world.ring();
    expect(sequencesOf('dead')).toEqual(upTo(count));
    expect([...new Set(sequencesOf('hub'))]).toEqual(upTo(count));
    // Now they may go.
    await postMany(1);
    const rows = world.storage.sql.exec('SELECT count(*) AS count FROM change').toArray();
    expect(rows).toEqual([{ count: CHAT_CHANGES_KEPT }]);
  });
});

test.each([false, true])(
  'a hub that takes nothing for long loses the oldest changes, and is told (evicted: %s)',
  async (isEvicted) => {
    const { position } = await world.watch('dead');
    await world.watch('hub');
    const lost: [string, number][] = [];
    world.onPublish = async (hubId, _, lostUpTo) => {
      if (hubId === 'dead') throw new Error('overloaded');
      lost.push([hubId, lostUpTo]);
    };
    await postMany(CHAT_CHANGES_UNDELIVERED_MAX + 50);
    await world.settled();
    expect(new Set(lost.map(([, lostUpTo]) => lostUpTo))).toEqual(new Set([0]));
    const rows = world.storage.sql.exec('SELECT count(*) AS count FROM change').toArray();
    expect(rows).toEqual([{ count: CHAT_CHANGES_UNDELIVERED_MAX }]);
    if (isEvicted) world.evict();
    lost.length = 0;
    world.onPublish = async (hubId, _, lostUpTo) => void lost.push([hubId, lostUpTo]);
    await world.ring();
    expect(lost.filter(([hubId]) => hubId === 'dead').map(([, lostUpTo]) => lostUpTo)).toEqual([
      position + 50,
      0,
      0,
    ]);
    expect(sequencesOf('dead')).toEqual(upTo(CHAT_CHANGES_UNDELIVERED_MAX + 50).slice(50));
  },
);

describe('a hub', () => {
  test('that watches again keeps its place: the answer that told it a later one may be lost', async () => {
    await world.watch();
    world.onPublish = async () => {
      throw new Error('overloaded');
    };
    await postMany(2);
    await world.settled();
    await world.watch();
    world.onPublish = async () => undefined;
    await world.ring();
    expect(sequencesOf()).toEqual([1, 2]);
  });

  test('that has left is told of nothing', async () => {
    await world.watch();
    await postMany(1);
    await world.settled();
    await world.watch('hub', false);
    await postMany(1);
    await world.settled();
    expect(sequencesOf()).toEqual([1]);
    world.evict();
    await postMany(1);
    await world.settled();
    expect(sequencesOf()).toEqual([1]);
  });

  test('whose earlier call comes late is not heard, also after an eviction', async () => {
    await world.room.watch('hub', true, 5);
    await world.posted('ann');
    await expect(world.room.watch('hub', false, 4)).rejects.toThrow('a later call');
    world.evict();
    await expect(world.room.watch('hub', false, 4)).rejects.toThrow('a later call');
    await world.room.watch('hub', false, 6);
  });

  test('gets the changes that a subscription may have missed, as they are now', async () => {
    const { position } = await world.watch();
    for (const author of ['ann', 'bob', 'cat']) await world.posted(author, { text: `canary of ${author}` });
    await world.room.remove({ actor: person('ann'), sequence: 1 });
    await world.reportThrice(2);
    const states = await world.watch('other');
    expect(states.position).toBe(position + 5);
    const [{ floor, changes } = { floor: null, changes: [] }] = states.topics;
    expect(floor).toBe(position);
    expect(changes.map(({ value, position: at }) => [at - position, value.kind, value.message.text])).toEqual(
      [
        [3, 'posted', 'canary of cat'],
        [4, 'deleted', ''],
        [5, 'held_back', ''],
      ],
    );
    world.evict();
    // The floor may be later after an eviction: nothing older is there.
    expect((await world.watch('third')).topics[0]?.changes).toEqual(changes);
  });
});

describe('positions', () => {
  test('never go back, whatever the clock and evictions do', async () => {
    const positions = [(await world.watch()).position];
    for (let turns = 0; turns < 20; turns += 1) {
      world.pass(turns % 2 === 0 ? -90_000 : 10);
      await world.posted('ann');
      if (turns % 3 === 0) world.evict();
      positions.push((await world.room.read({})).position);
    }
    expect(positions).toEqual(upTo(21).map((at) => (positions[0] ?? 0) + at - 1));
  });
});
