/** Backups of rooms: all that a room has, for nobody without the key. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { verifyBackup } from '../../../scripts/backup/verify.ts';
import { dateOf } from '../../../src/backups/backup-keys.ts';
import { type BackupManifest, readManifest } from '../../../src/backups/manifest.ts';
import { openSealed } from '../../../src/backups/sealing.ts';
import type { RoomActor } from '../../../src/chat/room-calls.ts';
import { type AskedRoom, type Rooms, roomsOf } from '../../../src/chat/rooms.ts';
import { CHAT_EXPORT_PART_ROWS } from '../../../src/config.ts';
import type { JobDeps } from '../../../src/sync/job.ts';
import { KEYS, SEALING } from '../../support/backups.ts';
import { emptyBucket } from '../../support/bucket.ts';
import { keysIn } from '../../support/stored-keys.ts';
import { insertUsers } from '../accounts/inserted-users.ts';
import { type Bench, createBench, syncOf } from '../sync-bench.ts';

const CANARY = 'canary-of-a-message-that-is-held-back';
const rooms = roomsOf(env.REALTIME_CHAT);

let bench: Bench;
let nth = 0;
beforeEach(async () => {
  await emptyBucket();
  bench = await createBench({ projectCount: 1 });
  await insertUsers(['usr_a', 'usr_mod'].map((id) => ({ id, lastActiveAt: 1 })));
});

/** The objects of rooms outlive a test. */
const newRoom = () => {
  nth += 1;
  return `project:backed up ${nth} ø/x` as const;
};
const actor = (id: string, isModerator = false): RoomActor => ({
  ...{ id, displayName: `Name of ${id}`, avatarUrl: null, isModerator, isYoung: false },
  role: isModerator ? 'moderator' : 'member',
});
const post = (room: Pick<AskedRoom, 'post'>, text: string, holdReason: string | null = null) =>
  room.post({
    ...{ author: actor('usr_a'), text, links: [], replyTo: null, holdReason, refusal: null },
    clientMutationId: crypto.randomUUID(),
  });

const run = (deps: Partial<JobDeps> = {}) =>
  syncOf({ ...bench.deps, rooms, backupSealing: SEALING, ...deps }).runJob('backups');
const manifestNow = async () => {
  const manifest = await readManifest(env.STORAGE, dateOf(bench.now() * 1000));
  if (manifest === null) throw new Error('there is no backup');
  return manifest;
};

async function rowsOf(manifest: BackupManifest, room: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (const { key, sealedWith } of manifest.files.filter(({ source }) => source === `room/${room}`)) {
    const opened = openSealed(KEYS, { keyId: sealedWith ?? '', key });
    const object = await env.STORAGE.get(key);
    if (opened === null || object === null) throw new Error(`${key} does not open`);
    const plain = (object.body.pipeThrough(opened) as ReadableStream).pipeThrough(
      new DecompressionStream('gzip'),
    );
    const lines = (await new Response(plain).text()).split('\n').slice(0, -1);
    rows.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
  }
  return rows;
}

test('a backup has what a room has, with what is held back, sanctions and acts, and only who has the key reads it', async () => {
  const [key, quiet] = [newRoom(), newRoom()];
  await post(rooms.of(key), 'hello');
  await post(rooms.of(key), CANARY, 'it looks odd');
  await post(rooms.of(quiet), 'the only one');
  const ban = { moderator: actor('usr_mod', true), action: 'ban', userId: 'usr_b' } as const;
  await rooms.of(key).moderate({ ...ban, sequence: null, seconds: null, reason: 'a thief' });

  expect(await run()).toMatchObject({ outcome: 'ok' });
  const manifest = await manifestNow();
  expect(manifest.missing).toEqual([]);
  const files = manifest.files.filter(({ source }) => source.startsWith('room/'));
  expect(files.map(({ source }) => source)).toEqual([`room/${key}`, `room/${quiet}`]);
  const rows = await rowsOf(manifest, key);
  expect(rows.filter(({ table }) => table === 'message')).toHaveLength(2);
  expect(JSON.stringify(rows)).toContain(CANARY);
  expect(rows).toContainEqual(expect.objectContaining({ table: 'act', action: 'ban', user_id: 'usr_b' }));

  for (const { key: file, sealedWith } of files) {
    expect(sealedWith).toBe('k1');
    const bytes = await (await env.STORAGE.get(file))?.text();
    expect(bytes).not.toContain(CANARY);
  }
  const { faults, unopened } = await verifyBackup(env.STORAGE, manifest, KEYS);
  expect([faults, unopened]).toEqual([[], []]);
});

test('without a key no room is in it, and the manifest says so', async () => {
  const key = newRoom();
  await post(rooms.of(key), CANARY);
  await run({ backupSealing: null });
  const { missing } = await manifestNow();
  expect(missing).toContainEqual({ source: `room/${key}`, reason: 'BACKUP_KEY is not set' });
  expect(await keysIn('backups/rooms/')).toEqual([]);
});

test('a room of many pages is whole and has no row twice', async () => {
  const key = newRoom();
  const room = rooms.of(key);
  for (let index = 0; index < CHAT_EXPORT_PART_ROWS + 30; index += 1) await post(room, `message ${index}`);
  await run();
  const rows = await rowsOf(await manifestNow(), key);
  const texts = rows.filter(({ table }) => table === 'message').map(({ text }) => text);
  expect(texts).toEqual(Array.from({ length: CHAT_EXPORT_PART_ROWS + 30 }, (_, index) => `message ${index}`));
});

test('a room that fails is missing, and the day has its backup with everything else', async () => {
  const [broken, good] = [newRoom(), newRoom()];
  await post(rooms.of(broken), 'hello');
  await post(rooms.of(good), 'hello');
  const failing: Rooms = {
    of: (key) =>
      key === broken
        ? { ...rooms.of(key), exportRows: () => Promise.reject(new Error('out of order')) }
        : rooms.of(key),
  };
  expect(await run({ rooms: failing })).toMatchObject({ outcome: 'ok' });
  const manifest = await manifestNow();
  expect(manifest.missing).toEqual([
    { source: `room/${broken}`, reason: 'it failed: the log has the reason' },
  ]);
  expect(await rowsOf(manifest, good)).not.toEqual([]);
  expect(bench.loggedWarnings()).toContainEqual(
    expect.objectContaining({ event: 'backups.source_missing', source: `room/${broken}` }),
  );
});

test('old backups of rooms are deleted with the others', async () => {
  const key = newRoom();
  await post(rooms.of(key), 'hello');
  await run();
  const [old] = await keysIn('backups/rooms/');
  bench.advanceSync(36 * 86_400);
  await run();
  const left = await keysIn('backups/rooms/');
  expect(left).toHaveLength(1);
  expect(left).not.toContain(old);
});
