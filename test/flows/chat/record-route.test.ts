/** The record of a room as operators read it. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { ModerationAct, RoomActor } from '../../../src/chat/room-calls.ts';
import { roomsOf } from '../../../src/chat/rooms.ts';
import { CHAT_RECORD_PAGE_ACTS } from '../../../src/config.ts';
import { ADMIN_KEY, adminOf } from '../../support/admin.ts';
import { startServing } from '../../support/serving-bench.ts';

interface RecordPage {
  room: string;
  acts: ModerationAct[];
  next: number | null;
}

const MODERATOR: RoomActor = {
  ...{ id: 'usr_mod', displayName: 'Mira', avatarUrl: null, role: 'moderator' },
  ...{ isModerator: true, isYoung: false },
};

let admin: ReturnType<typeof adminOf>;
let nth = 0;
beforeEach(async () => {
  const serving = await startServing({ crons: [], vars: { ADMIN_KEY } });
  admin = adminOf(serving.gateway);
});

/** The objects of rooms outlive a test. */
function newRoom() {
  nth += 1;
  const key = `project:recorded ø/${nth}` as const;
  const room = roomsOf(env.REALTIME_CHAT).of(key);
  const ban = (userId: string) =>
    room.moderate({
      ...{ moderator: MODERATOR, action: 'ban', userId, sequence: null, seconds: 600, reason: 'a thief' },
    });
  return { key, ban };
}
const page = (room: string, after?: number | string) =>
  admin.get<RecordPage>(
    `/chat/record?${new URLSearchParams({ room, ...(after === undefined ? {} : { after: String(after) }) })}`,
  );

test('it has each act with its author, oldest first, behind a number', async () => {
  const { key, ban } = newRoom();
  for (const user of ['usr_1', 'usr_2', 'usr_3']) expect(await ban(user)).toBeNull();
  const { status, body, headers } = await page(key);
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(body).toMatchObject({ room: key, next: null });
  expect(body.acts).toMatchObject(
    ['usr_1', 'usr_2', 'usr_3'].map((userId, index) => ({
      ...{ number: index + 1, actorId: 'usr_mod', action: 'ban', userId, seconds: 600, reason: 'a thief' },
    })),
  );
  expect((await page(key, 2)).body.acts.map(({ userId }) => userId)).toEqual(['usr_3']);
  expect((await page(key, 3)).body).toEqual({ room: key, acts: [], next: null });
});

test('a long one comes in pages, without an act twice', async () => {
  const { key, ban } = newRoom();
  const count = CHAT_RECORD_PAGE_ACTS + 3;
  for (let index = 0; index < count; index += 1) await ban(`usr_${index}`);
  const first = (await page(key)).body;
  expect([first.acts.length, first.next]).toEqual([CHAT_RECORD_PAGE_ACTS, CHAT_RECORD_PAGE_ACTS]);
  const second = (await page(key, first.next ?? 0)).body;
  expect([...first.acts, ...second.acts].map(({ userId }) => userId)).toEqual(
    Array.from({ length: count }, (_, index) => `usr_${index}`),
  );
  expect(second.next).toBeNull();
});

test.each(['', 'prj_a', 'user:usr_a', 'project:'])('"%s" is no room', async (room) => {
  expect(await page(room)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
});

test.each(['x', '-1', '1.5'])('"%s" is no number of an act', async (after) => {
  expect(await page('project:prj_a', after)).toMatchObject({ status: 400, code: 'BAD_USER_INPUT' });
});

test('a room that nobody has posted in has none', async () => {
  expect((await page('pool:never seen')).body).toEqual({ room: 'pool:never seen', acts: [], next: null });
});
