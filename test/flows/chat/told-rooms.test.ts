/** The job that tells rooms of authors who have changed, with rooms that note what they are told. */
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import type { AuthorChange } from '../../../src/chat/room-calls.ts';
import type { AskedRoom } from '../../../src/chat/rooms.ts';
import { shownName } from '../../../src/chat/rules/shown-name.ts';
import { CHAT_AUTHORS_PER_CALL, CHAT_AUTHORS_PER_RUN, CHAT_AUTHORS_RUN_MS } from '../../../src/config.ts';
import { noteAuthor } from '../../../src/storage/d1/chat-authors.ts';
import { insertUsers } from '../accounts/inserted-users.ts';
import { type Bench, createBench, syncOf } from '../sync-bench.ts';

const { DB: db } = env;

interface Told {
  room: string;
  changes: readonly AuthorChange[];
}

let bench: Bench;
let told: Told[];
/** Rooms that fail. */
let failing: Set<string>;
/** Asked with each call, before it is answered. */
let beforeAnswer: (room: string) => Promise<void> | void;

const run = () => {
  const rooms = {
    of: (room: string) =>
      ({
        applyAuthors: async (changes: readonly AuthorChange[]) => {
          await beforeAnswer(room);
          if (failing.has(room)) throw new Error(`${room} is out of order`);
          told.push({ room, changes });
        },
      }) as unknown as AskedRoom,
  };
  return syncOf({ ...bench.deps, rooms }).runJob('chat-authors');
};

const toldOf = () =>
  told
    .splice(0)
    .flatMap(({ room, changes }) => changes.map(({ userId }) => `${userId} in ${room}`))
    .toSorted();
const left = () => bench.rows('chat_author', 'room, user_id');
const roomOf = (index: number) => `project:prj_${String(index).padStart(4, '0')}`;

beforeEach(async () => {
  bench = await createBench({ projectCount: 1 });
  told = [];
  failing = new Set();
  beforeAnswer = () => undefined;
});

/** Users who have posted in rooms that know them. */
async function known(...authors: [userId: string, room: string][]): Promise<void> {
  const ids = [...new Set(authors.map(([id]) => id))];
  await insertUsers(ids.map((id) => ({ id, lastActiveAt: bench.now() })));
  for (const [userId, room] of authors) await noteAuthor(db, userId, room, bench.now());
  bench.advanceSync(60);
  await run();
  toldOf();
}

test('a run with nothing to tell reads D1 once, and calls no room', async () => {
  await known(['usr_a', roomOf(1)]);
  bench.d1Calls();
  expect(await run()).toMatchObject({ outcome: 'ok', read: 0, written: 0 });
  // Beside the call that begins the run, and the one that ends it.
  expect(bench.d1Calls() - 2).toBe(1);
  expect(told).toEqual([]);
});

test('rooms are told of the name, the picture and the role that D1 has', async () => {
  await known(['usr_a', roomOf(1)], ['usr_a', 'pool:pool_a'], ['usr_b', roomOf(1)]);
  await db.exec(
    `UPDATE user_account SET display_name = 'Ann', avatar_url = 'https://a.example/a', permissions = '["read","moderate"]' WHERE id = 'usr_a'`,
  );
  await db.exec(`UPDATE user_account SET permissions = '["team","moderate"]' WHERE id = 'usr_b'`);
  expect(await run()).toMatchObject({ outcome: 'ok', read: 3, written: 3, skipped: 0 });
  const ann = {
    userId: 'usr_a',
    author: { displayName: 'Ann', avatarUrl: 'https://a.example/a', role: 'moderator' },
  };
  const team = {
    userId: 'usr_b',
    author: {
      displayName: shownName({ id: 'usr_b', displayName: null }),
      avatarUrl: null,
      role: 'team',
    },
  };
  expect(told.toSorted((a, b) => (a.room < b.room ? -1 : 1))).toEqual([
    { room: 'pool:pool_a', changes: [ann] },
    { room: roomOf(1), changes: [ann, team] },
  ]);
  await run();
  expect(told).toHaveLength(2);
});

test('an account that the main API has refused keeps its name, and has no role', async () => {
  await known(['usr_a', roomOf(1)]);
  await db.exec(
    `UPDATE user_account SET display_name = 'Ann', permissions = '["team"]', refused_at = 1 WHERE id = 'usr_a'`,
  );
  await run();
  expect(told[0]?.changes[0]?.author).toMatchObject({ displayName: 'Ann', role: 'member' });
});

test.each([
  ['of the staff', 'COM2000 Support'],
  ['of a moderator', 'Mira Stone'],
  ['of the project', 'PROJECT'],
])('a name like that %s is not shown under older messages', async (_of, stolen) => {
  await bench.sync.runJob('projects-full');
  const [project] = await bench.rows('project_cache');
  const name = stolen === 'PROJECT' ? String(project?.name) : stolen;
  await known(['usr_a', `project:${project?.id}`], ['usr_mod', `project:${project?.id}`]);
  await db.prepare('UPDATE user_account SET display_name = ?1 WHERE id = ?2').bind(name, 'usr_a').run();
  await db.exec(
    `UPDATE user_account SET display_name = 'Mira Stone', permissions = '["moderate"]' WHERE id = 'usr_mod'`,
  );
  await run();
  const names = told.flatMap(({ changes }) => changes.map(({ author }) => author?.displayName));
  expect(names).toEqual([shownName({ id: 'usr_a', displayName: null }), 'Mira Stone']);
});

describe('a room that fails', () => {
  test('holds up no other one, is tried again later and later, and is told of what is true then', async () => {
    await known(['usr_a', roomOf(1)], ['usr_a', roomOf(2)]);
    await db.exec("UPDATE user_account SET display_name = 'Ann'");
    failing.add(roomOf(1));
    expect(await run()).toMatchObject({ outcome: 'partial', written: 1, skipped: 1 });
    expect(toldOf()).toEqual([`usr_a in ${roomOf(2)}`]);
    const attemptsAt: number[] = [];
    beforeAnswer = () => void attemptsAt.push(minute);
    let minute = 1;
    for (; minute < 16; minute += 1) {
      bench.advanceSync(60);
      // Not complete in between either: an alert tells of a room that fails for long.
      expect((await run()).outcome).toBe('partial');
    }
    expect(attemptsAt).toEqual([1, 3, 7, 15]);
    failing.clear();
    bench.advanceSync(960);
    expect(await run()).toMatchObject({ outcome: 'ok', written: 1, firstError: null });
    expect(told[0]?.changes).toMatchObject([{ author: { displayName: 'Ann' } }]);
  });

  test('keeps the rows of closed accounts until it has answered', async () => {
    await known(['usr_a', roomOf(1)], ['usr_a', roomOf(2)]);
    await db.exec("DELETE FROM user_account WHERE id = 'usr_a'");
    failing.add(roomOf(1));
    await run();
    expect(told).toEqual([{ room: roomOf(2), changes: [{ userId: 'usr_a', author: null }] }]);
    expect(await left()).toMatchObject([{ user_id: 'usr_a', room: roomOf(1) }]);
    failing.clear();
    bench.advanceSync(60);
    await run();
    expect(told.at(-1)).toEqual({ room: roomOf(1), changes: [{ userId: 'usr_a', author: null }] });
    expect(await left()).toEqual([]);
  });
});

test('a change while a room answers is told with the next run', async () => {
  await known(['usr_a', roomOf(1)]);
  await db.exec("UPDATE user_account SET display_name = 'Ann'");
  beforeAnswer = async () => {
    await db.exec("DELETE FROM user_account WHERE id = 'usr_a'");
    beforeAnswer = () => undefined;
  };
  await run();
  expect(await left()).toHaveLength(1);
  await run();
  expect(told.map(({ changes }) => changes[0]?.author?.displayName ?? null)).toEqual(['Ann', null]);
  expect(await left()).toEqual([]);
});

describe('a run', () => {
  const users = (count: number) => Array.from({ length: count }, (_, index) => `usr_${index}`);
  const insertAuthors = async (ids: readonly string[], rooms: readonly string[]) => {
    await insertUsers(ids.map((id) => ({ id, lastActiveAt: 1 })));
    await db
      .prepare(
        `INSERT INTO chat_author (user_id, room, next_attempt_at)
         SELECT user.value, room.value, 0 FROM json_each(?1) AS user, json_each(?2) AS room`,
      )
      .bind(JSON.stringify(ids), JSON.stringify(rooms))
      .run();
  };

  test('tells of a bounded number of authors by calls of bounded size, with a constant number of D1 calls', async () => {
    await insertAuthors(users(CHAT_AUTHORS_PER_RUN + 150), [roomOf(1)]);
    bench.d1Calls();
    expect(await run()).toMatchObject({ outcome: 'ok', written: CHAT_AUTHORS_PER_RUN });
    expect(bench.d1Calls() - 2).toBe(3);
    expect(told.splice(0).map(({ changes }) => changes.length)).toEqual(
      Array.from({ length: CHAT_AUTHORS_PER_RUN / CHAT_AUTHORS_PER_CALL }, () => CHAT_AUTHORS_PER_CALL),
    );
    expect(await run()).toMatchObject({ written: 150 });
    expect((await run()).read).toBe(0);
  });

  test('begins no call after its time, and leaves the rest to the next one', async () => {
    const rooms = Array.from({ length: 20 }, (_, index) => roomOf(index));
    await insertAuthors(['usr_a'], rooms);
    beforeAnswer = () => bench.advanceSync(CHAT_AUTHORS_RUN_MS / 10_000);
    const { written, skipped } = await run();
    // Six at once: five may have begun with the last one in time.
    expect(written).toBeGreaterThanOrEqual(10);
    expect(written).toBeLessThanOrEqual(15);
    expect(skipped).toBe(0);
    await run();
    expect(toldOf()).toEqual(rooms.map((room) => `usr_a in ${room}`));
  });

  test('tells of closed accounts before others', async () => {
    await insertAuthors(users(CHAT_AUTHORS_PER_RUN), [roomOf(1)]);
    await insertAuthors(['usr_closed'], [roomOf(2)]);
    await db.exec("DELETE FROM user_account WHERE id = 'usr_closed'");
    await run();
    expect(told).toContainEqual({ room: roomOf(2), changes: [{ userId: 'usr_closed', author: null }] });
  });
});
