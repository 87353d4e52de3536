/** The work that a room causes: it does not grow with those who watch, nor with what was said before. */

import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { executionCounts } from '../../../src/execution/execute.ts';
import { createPeople, createPerson, type OpenRoom, openRoom } from '../../support/chat/open-room.ts';
import { RoomWatcher } from '../../support/chat/room-watcher.ts';
import { alarmOf } from '../../support/client-socket.ts';
import { coldIsolate } from '../../support/isolates.ts';

const EQUAL_WATCHERS = 500;
const EARLIER_MESSAGES = 60;

let room: OpenRoom;
let watchers: RoomWatcher[] = [];
/** Accounts of all tests of this file are in one database. */
let turn = 0;
beforeEach(async () => {
  turn += 1;
  room = await openRoom();
});
afterEach(() => {
  for (const watcher of watchers) watcher.leave();
  watchers = [];
  vi.restoreAllMocks();
  coldIsolate();
});

const executions = () => executionCounts().planned + executionCounts().fellBack;

async function watching(count: number, hubName = 'hub-0'): Promise<void> {
  const opener = await createPerson(`opener-${turn}-${watchers.length}`);
  await room.posted(opener, 'What opens the room');
  const position = await room.position();
  const { id } = await room.posted(opener, 'What all see');
  const added = Array.from(
    { length: count },
    () => new RoomWatcher({ roomId: room.id, position, transport: 'socket', hubOf: () => hubName }),
  );
  watchers.push(...added);
  for (const watcher of added) watcher.watch();
  await Promise.all(added.map((watcher) => watcher.shows(id)));
}

/** The calls of one post, with the room's own to its hubs. */
async function callsOfPost(author: Awaited<ReturnType<typeof createPerson>>, text: string) {
  room.gateway.resetCounts();
  const { id } = await room.posted(author, text);
  const { d1Calls, d1Statements, kvReads, kvWrites, durableObjectCalls } = room.gateway.counts;
  await Promise.all(watchers.map((watcher) => watcher.shows(id)));
  return { d1Calls, d1Statements, kvReads, kvWrites, durableObjectCalls };
}

test('an event is executed once for five hundred equal subscriptions of a hub', async () => {
  await watching(EQUAL_WATCHERS);
  const author = await createPerson(`author-${turn}`);
  await callsOfPost(author, 'A first one');
  const before = executions();
  const { id } = await room.posted(author, 'A second one');
  await Promise.all(watchers.map((watcher) => watcher.shows(id)));
  // The other one is the mutation.
  expect(executions() - before).toBe(2);
});

test('a post makes the same calls however many watch, and however many messages there are', async () => {
  const author = await createPerson(`author-${turn}`);
  await room.posted(author, 'A first one');
  const alone = await callsOfPost(author, 'Nobody watches');
  await watching(100);
  expect(await callsOfPost(author, 'A hundred watch')).toEqual(alone);
  const others = await createPeople(Array.from({ length: 6 }, (_, at) => `other-${turn}-${at}`));
  for (const other of others)
    for (let at = 0; at < EARLIER_MESSAGES / others.length; at += 1)
      await room.posted(other, `Message ${at} of ${other.id}`);
  expect(await callsOfPost(author, 'After many messages')).toEqual(alone);
});

test('a room in which nobody is costs nothing while others talk', async () => {
  const [author, empty] = [await createPerson(`author-${turn}`), await openRoom()];
  await empty.posted(author, 'The last one for long');
  const quiet = empty.object;
  const state = () =>
    runInDurableObject(quiet, (_, { storage }) =>
      ['room', 'message', 'change', 'hub', 'act'].map((table) =>
        storage.sql.exec(`SELECT * FROM ${table}`).toArray(),
      ),
    );
  const [before, alarm] = [await state(), await alarmOf(quiet)];
  await watching(20);
  for (const text of ['One', 'Two', 'Three']) await callsOfPost(author, text);
  for (const watcher of watchers) watcher.leave();
  expect(await state()).toEqual(before);
  expect(await alarmOf(quiet)).toBe(alarm);
  // That of the expiry alone: 90 days away.
  expect((alarm ?? 0) - Date.now()).toBeGreaterThan(89 * 86_400_000);
  expect(await alarmOf(env.REALTIME_CHAT.getByName('project:nobody-was-ever-there'))).toBeNull();
});
