/** The rows that say which rooms are to be told of an author: who makes them due, and when they end. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import {
  dueAuthors,
  noteAuthor,
  postponedAuthorsWrite,
  roomsWithPosts,
  toldAuthorsWrites,
} from '../../../src/storage/d1/chat-authors.ts';
import { closedUsersDeletes } from '../../../src/storage/d1/closed-users.ts';
import { rightsWrite } from '../../../src/storage/d1/user-rights.ts';
import { updateProfile } from '../../../src/storage/d1/users.ts';
import { insertUsers } from '../accounts/inserted-users.ts';

const { DB: db } = env;
const NOW = 1_800_000_000;
const ROOM = 'project:prj_a';
const OTHER_ROOM = 'pool:pool_a';

beforeEach(async () => {
  await db.batch(
    ['user_account', 'user_session', 'chat_author', 'chat_room'].map((table) =>
      db.prepare(`DELETE FROM ${table}`),
    ),
  );
  await insertUsers([
    { id: 'usr_a', lastActiveAt: NOW },
    { id: 'usr_b', lastActiveAt: NOW },
  ]);
});

const due = async (nowSeconds = NOW) => (await dueAuthors(db, { nowSeconds, limit: 100 })).due;
const dueRooms = async (nowSeconds = NOW) =>
  (await due(nowSeconds)).map(({ user_id, room }) => `${user_id} in ${room}`);
const close = (id: string) => db.batch(closedUsersDeletes(db, JSON.stringify([id])));
const tellAll = async (nowSeconds = NOW) => db.batch(toldAuthorsWrites(db, await due(nowSeconds)));

/** Users who have posted, and whose rooms know it. */
async function known(...authors: [userId: string, room: string][]): Promise<void> {
  for (const [userId, room] of authors) await noteAuthor(db, userId, room, NOW - 60);
  await tellAll();
  expect(await due()).toEqual([]);
}

test('an author is noted once a room, and only while there is such an account', async () => {
  expect(await noteAuthor(db, 'usr_a', ROOM, NOW)).toBe(true);
  expect(await noteAuthor(db, 'usr_a', ROOM, NOW)).toBe(true);
  expect(await noteAuthor(db, 'usr_a', OTHER_ROOM, NOW)).toBe(true);
  expect(await noteAuthor(db, 'usr_none', 'project:prj_none', NOW)).toBe(false);
  await close('usr_b');
  expect(await noteAuthor(db, 'usr_b', ROOM, NOW)).toBe(false);
  const { results } = await db.prepare('SELECT user_id, room FROM chat_author ORDER BY room').all();
  expect(results).toEqual([
    { user_id: 'usr_a', room: OTHER_ROOM },
    { user_id: 'usr_a', room: ROOM },
  ]);
  expect(await roomsWithPosts(db)).toEqual([OTHER_ROOM, ROOM]);
});

test('a room is told once of an author that was noted, when the post has surely been stored', async () => {
  await noteAuthor(db, 'usr_a', ROOM, NOW);
  expect(await dueRooms(NOW + 59)).toEqual([]);
  expect(await dueRooms(NOW + 60)).toEqual([`usr_a in ${ROOM}`]);
  await tellAll(NOW + 60);
  expect(await dueRooms(NOW + 10_000)).toEqual([]);
});

test.each([
  ['name', "display_name = 'Ann'"],
  ['picture', "avatar_url = 'https://gateway.example/files/users/avatars/usr_a.webp?v=1'"],
  ['permissions', `permissions = '["read","moderate"]'`],
  ['refusal by the main API', 'refused_at = 1'],
])('a change of the %s makes all rooms of the user due, and of nobody else', async (_what, change) => {
  await known(['usr_a', ROOM], ['usr_a', OTHER_ROOM], ['usr_b', ROOM]);
  await db.exec(`UPDATE user_account SET ${change} WHERE id = 'usr_a'`);
  expect(await dueRooms()).toEqual([`usr_a in ${OTHER_ROOM}`, `usr_a in ${ROOM}`]);
});

test('rights that are checked and stay the same make nothing due', async () => {
  await known(['usr_a', ROOM]);
  const check = (permissions: string[], askedAt: number) =>
    db.batch([rightsWrite(db, 'usr_a', { user_level: 3, kyc_level: 1, permissions }, askedAt)]);
  await check(['read'], NOW);
  await db.exec(`UPDATE user_account SET last_active_at = 1, display_name = NULL, avatar_url = NULL`);
  expect(await due()).toEqual([]);
  const [checked] = await check(['read', 'moderate'], NOW + 10);
  expect(await dueRooms()).toEqual([`usr_a in ${ROOM}`]);
  // A count of changes would have the row of the room too.
  expect(checked?.results).toHaveLength(1);
});

test('a profile is changed although rows of rooms change with it', async () => {
  await known(['usr_a', ROOM], ['usr_a', OTHER_ROOM]);
  const session = `INSERT INTO user_session (id, user_id, created_at, last_activity_at, expires_at, refresh_hash, device)
    VALUES ('ses_a', 'usr_a', 1, 1, ?1, 'hash', 'device')`;
  await db
    .prepare(session)
    .bind(NOW + 1_000)
    .run();
  const by = { id: 'usr_a', sessionId: 'ses_a' };
  expect(await updateProfile(db, by, { displayName: 'Ann' })).toBe('updated');
  expect(await due()).toMatchObject([
    { room: OTHER_ROOM, account_id: 'usr_a', display_name: 'Ann' },
    { room: ROOM, account_id: 'usr_a', display_name: 'Ann' },
  ]);
});

test('the row of a closed account stays until its room was told, and ends then', async () => {
  await known(['usr_a', ROOM], ['usr_a', OTHER_ROOM]);
  await close('usr_a');
  const rows = await due();
  expect(rows).toMatchObject([
    { room: OTHER_ROOM, account_id: null, display_name: null },
    { room: ROOM, account_id: null },
  ]);
  await db.batch(toldAuthorsWrites(db, rows.slice(0, 1)));
  await db.batch([postponedAuthorsWrite(db, [ROOM], NOW)]);
  expect(await due()).toEqual([]);
  expect(await dueRooms(NOW + 60)).toEqual([`usr_a in ${ROOM}`]);
  await tellAll(NOW + 60);
  const { results } = await db.prepare('SELECT * FROM chat_author').all();
  expect(results).toEqual([]);
  expect(await roomsWithPosts(db)).toEqual([OTHER_ROOM, ROOM]);
});

test.each([
  ['another name', "UPDATE user_account SET display_name = 'Bob' WHERE id = 'usr_a'"],
  ['the closing of the account', "DELETE FROM user_account WHERE id = 'usr_a'"],
])('%s that comes while a room is told is told next', async (_what, change) => {
  await known(['usr_a', ROOM]);
  await db.exec("UPDATE user_account SET display_name = 'Ann' WHERE id = 'usr_a'");
  const read = await due();
  await db.exec(change);
  await db.batch(toldAuthorsWrites(db, read));
  expect(await dueRooms()).toEqual([`usr_a in ${ROOM}`]);
});

test('a room that fails is told later and later, and at once of what has changed since', async () => {
  await known(['usr_a', ROOM], ['usr_b', OTHER_ROOM]);
  await db.exec("UPDATE user_account SET display_name = 'Ann'");
  const fail = (at: number) => db.batch([postponedAuthorsWrite(db, [ROOM], at)]);
  await fail(NOW);
  expect(await dueRooms(NOW + 59)).toEqual([`usr_b in ${OTHER_ROOM}`]);
  expect(await dueRooms(NOW + 60)).toEqual([`usr_b in ${OTHER_ROOM}`, `usr_a in ${ROOM}`]);
  await fail(NOW + 60);
  expect(await dueRooms(NOW + 179)).toEqual([`usr_b in ${OTHER_ROOM}`]);
  await db.exec("UPDATE user_account SET display_name = 'Cid' WHERE id = 'usr_a'");
  expect(await dueRooms(NOW + 61)).toContain(`usr_a in ${ROOM}`);
});

test('rows that are due are found by an index, however many others there are', async () => {
  const plan = await db
    .prepare(
      `EXPLAIN QUERY PLAN SELECT * FROM chat_author
       WHERE next_attempt_at IS NOT NULL AND (next_attempt_at <= 1 OR next_attempt_at > 2)`,
    )
    .all<{ detail: string }>();
  expect(plan.results.map(({ detail }) => detail).join()).toContain('chat_author_due');
});
