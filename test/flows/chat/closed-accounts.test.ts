/** An account that is closed: what it has written is gone from every room, wherever and however late it is asked for. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import type { RoomActor } from '../../../src/chat/room-calls.ts';
import { type RoomKey, roomKey } from '../../../src/chat/room-key.ts';
import { roomsOf } from '../../../src/chat/rooms.ts';
import { openTalk, type Talk } from '../../support/chat/talk.ts';
import { faultyObjects, platformError } from '../../support/faulty-objects.ts';
import { type Investor, insertPools } from '../../support/investors.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { type Bench, createBench, syncOf } from '../sync-bench.ts';

const CANARY = 'canary-of-what-was-written';
const NAME = 'Canary Annabel';

let bench: Bench;
let talk: Talk;
let keys: RoomKey[];
beforeEach(async () => {
  bench = await createBench({ projectCount: 1 });
  talk = await openTalk();
  const other = `other-${crypto.randomUUID()}`;
  await insertPools([{ id: other, project: { id: `project-of-${other}`, symbol: other.slice(-6) } }]);
  keys = [talk.key, roomKey('pool', `pool-of-${talk.projectId}`), roomKey('pool', other)];
});
afterEach(coldIsolate);

const roomIdOf = (key: RoomKey) => encodeGlobalId('ChatRoom', key);
const rooms = roomsOf(env.REALTIME_CHAT);

/** Runs the job that tells rooms; the room of `failing` is not reached. */
const tellRooms = (failing: RoomKey | null = null) => {
  const namespace = new Proxy(env.REALTIME_CHAT, {
    get(target, property) {
      if (property !== 'getByName') return Reflect.get(target, property, target);
      return (key: string) =>
        faultyObjects(target, (call) =>
          key === failing && call === 'applyAuthors'
            ? { call, kind: 'refused', error: platformError('overloaded', { overloaded: true }) }
            : null,
        ).getByName(key);
    },
  });
  return syncOf({ ...bench.deps, rooms: roomsOf(namespace) }).runJob('chat-authors');
};

/** All that a room gives: pages, single messages, events for a client that resumes, the view of a moderator, and its backup. */
async function givenBy(key: RoomKey): Promise<string> {
  const state = { state: true, messages: { limit: 100, before: null }, bySequence: [1, 2, 3, 4, 5] };
  const hubId = `hub-${crypto.randomUUID()}`;
  const watched = await env.REALTIME_CHAT.getByName(key).watch(hubId, true, 1);
  await env.REALTIME_CHAT.getByName(key).watch(hubId, false, 2);
  return JSON.stringify([
    await rooms.of(key).read(state),
    await rooms.of(key).read({ ...state, ofViewer: true, viewer: { id: 'usr_mod', isModerator: true } }),
    watched,
    await rooms.of(key).exportRows(null, 1_000),
  ]);
}
const overHttp = async (): Promise<string> => JSON.stringify(await talk.messages('(first: 50)'));
const hasCanary = (text: string) => text.includes(CANARY) || text.includes(NAME);

const close = async ({ id }: Investor) => {
  await bench.control('PUT', `/users/${id}`, { kyc_level: 1 });
  await bench.control('DELETE', `/users/${id}`);
  bench.advanceSync(60);
  expect(await bench.sync.runJob('closed-users')).toMatchObject({ outcome: 'ok', written: 1 });
};
const actorOf = ({ id }: Investor): RoomActor => ({
  ...{ id, displayName: NAME, avatarUrl: null, role: 'member', isModerator: false, isYoung: false },
});
const postPast = (author: Investor, key: RoomKey) =>
  rooms.of(key).post({
    ...{ author: actorOf(author), text: `${CANARY} in flight`, links: [], replyTo: null },
    ...{ clientMutationId: crypto.randomUUID(), holdReason: null, refusal: null },
  });

test('texts and name go from three rooms, also from the one that fails at first', async () => {
  const ann = await talk.person({ displayName: NAME });
  const bob = await talk.person({ displayName: 'Bob' });
  for (const key of keys) {
    const { id } = await talk.posted(ann, `${CANARY} one`, { roomId: roomIdOf(key) });
    await talk.posted(bob, 'I see', { roomId: roomIdOf(key), replyTo: id });
    await talk.posted(ann, `${CANARY} two`, { roomId: roomIdOf(key) });
    expect(hasCanary(await givenBy(key))).toBe(true);
  }
  expect(hasCanary(await overHttp())).toBe(true);
  await close(ann);

  const [first, failing, last] = keys as [RoomKey, RoomKey, RoomKey];
  expect(await tellRooms(failing)).toMatchObject({ outcome: 'partial' });
  expect([await givenBy(first), await givenBy(last)].map(hasCanary)).toEqual([false, false]);
  expect(hasCanary(await givenBy(failing))).toBe(true);

  bench.advanceSync(60);
  expect(await tellRooms()).toMatchObject({ outcome: 'ok' });
  for (const key of keys) expect(hasCanary(await givenBy(key)), key).toBe(false);
  expect(hasCanary(await overHttp())).toBe(false);
  // What another has answered is there still.
  expect((await talk.messages('(first: 50)')).map(({ text }) => text)).toEqual(['', 'I see', '']);
  const left = (await bench.rows('chat_author', 'room')).map(({ user_id }) => user_id);
  expect(left).toEqual([bob.id, bob.id, bob.id]);
});

test('a post that is under way while the account is closed is gone too, whenever it arrives', async () => {
  const ann = await talk.person({ displayName: NAME });
  const [known, unknown] = keys as [RoomKey, RoomKey, RoomKey];
  await talk.posted(ann, `${CANARY} before`, { roomId: roomIdOf(known) });
  await close(ann);
  // D1 has no account any more, and the room has not been told.
  expect(await postPast(ann, unknown)).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
  await postPast(ann, known);
  await tellRooms();
  expect(await postPast(ann, known)).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
  for (const key of [known, unknown]) expect(hasCanary(await givenBy(key)), key).toBe(false);
});
