import { beforeEach, expect, test } from 'vitest';
import { RoomWorld } from '../../support/chat/room-world.ts';

let world: RoomWorld;
beforeEach(() => {
  world = new RoomWorld();
});

test('a message is stored, read and delivered', async () => {
  const { position } = await world.watch();
  const message = await world.posted('ann', { text: 'hello' });
  await world.settled();
  expect(message).toMatchObject({
    sequence: 1,
    text: 'hello',
    author: { id: 'ann', displayName: 'Name of ann' },
  });
  expect(await world.page()).toEqual([message]);
  const [[change] = []] = world.taken.get('hub') ?? [];
  expect(change).toEqual({
    ...{ topic: 'project:btc', entity: 'message:1', position: position + 1 },
    value: { kind: 'posted', message },
  });
});

test('a room that nobody uses stores nothing', async () => {
  await world.room.read({ messages: { limit: 10, before: null }, state: true });
  expect(world.storage.rowsWritten).toBe(0);
  await world.watch('hub');
  await world.watch('hub', false);
  const tables = world.storage.sql.exec('SELECT name FROM sqlite_master').toArray();
  expect(tables).toEqual([]);
  expect(world.storage.alarmMs).toBeNull();
});

test('a room that nobody used forgets its alarm too: the first message sets one', async () => {
  world.storage.alarmMs = world.nowMs + 1_000;
  await world.watch('hub');
  await world.settled();
  await world.watch('hub', false);
  expect(world.storage.alarmMs).toBeNull();
  await world.posted('ann');
  await world.settled();
  expect(world.storage.alarmMs).not.toBeNull();
});
