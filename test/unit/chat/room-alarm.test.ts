import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RoomWorld, START_MS } from '../../support/chat/room-world.ts';

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

describe('the alarm', () => {
  test('is written once while changes come, and stands for what an eviction has left', async () => {
    await world.watch();
    const setAlarm = vi.spyOn(world.storage, 'setAlarm');
    await postMany(50);
    await world.settled();
    expect(setAlarm).toHaveBeenCalledTimes(1);
    world.taken.clear();
    world.onPublish = never;
    await postMany(1);
    world.evict();
    world.onPublish = async () => undefined;
    await world.ring();
    expect(sequencesOf().at(-1)).toBe(51);
  });

  test('stores what was delivered: after a quiet time an eviction repeats nothing', async () => {
    await world.watch();
    await postMany(5);
    await world.settled();
    await world.ring();
    world.evict();
    await postMany(1);
    await world.settled();
    expect(sequencesOf()).toEqual(upTo(6));
  });

  test('of a room that nobody watches is for the first message that expires', async () => {
    await postMany(3);
    await vi.advanceTimersByTimeAsync(0);
    expect(world.storage.alarmMs).toBe(START_MS + 90 * 86_400_000);
    const setAlarm = vi.spyOn(world.storage, 'setAlarm');
    world.pass(50);
    await postMany(3);
    expect(setAlarm).not.toHaveBeenCalled();
  });

  test('is set anew by a post if the platform has given it up', async () => {
    await postMany(1);
    await vi.advanceTimersByTimeAsync(0);
    world.storage.alarmMs = null;
    world.evict();
    await postMany(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(world.storage.alarmMs).toBe(START_MS + 90 * 86_400_000);
  });

  test('goes off without a word if the storage fails, and is set again', async () => {
    await world.watch();
    await postMany(1);
    world.storage.alarmMs = null;
    vi.spyOn(world.storage, 'transactionSync').mockImplementation(() => {
      throw new Error('the disk is full');
    });
    await world.room.alarm();
    expect(world.storage.alarmMs).not.toBeNull();
  });
});

describe('those who watch', () => {
  test('are counted seldom, and a hub that does not say counts as none', async () => {
    await world.watch('a');
    await world.watch('b');
    world.watchers.set('a', 3);
    world.watchers.set('b', 4);
    const watching = async () => (await world.room.read({ watching: true })).watching;
    expect(await watching()).toBe(7);
    world.watchers.set('a', 9);
    expect(await watching()).toBe(7);
    world.pass(15);
    expect(await watching()).toBe(13);
    vi.spyOn(world.watchers, 'get').mockImplementation(() => {
      throw new Error('overloaded');
    });
    world.pass(-15);
    expect(await watching()).toBe(0);
    world.pass(15);
    const get = vi.spyOn(world.watchers, 'get').mockClear();
    expect((await world.room.read({ state: true })).watching).toBe(0);
    expect(get).not.toHaveBeenCalled();
  });
});
