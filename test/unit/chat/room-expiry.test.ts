import { beforeEach, describe, expect, test, vi } from 'vitest';
import { CHAT_MESSAGE_MAX_AGE_SECONDS, CHAT_MESSAGES_MAX } from '../../../src/config.ts';
import { messageOf, RoomWorld, START_MS } from '../../support/chat/room-world.ts';

let world: RoomWorld;
beforeEach(() => {
  world = new RoomWorld();
});
const rowsOf = (table: string) => world.storage.sql.exec(`SELECT * FROM ${table}`).toArray();

describe('messages that are too old', () => {
  test('go by the alarm with all that belongs to them, and no sequence or position comes again', async () => {
    await world.posted('ann', { clientMutationId: 'known' });
    await world.react('bob', 1);
    await world.report('bob', 1);
    world.pass(60);
    await world.posted('ann');
    const { position } = await world.room.read({});
    world.evict();
    await world.ring();
    expect((await world.page()).map(({ sequence }) => sequence)).toEqual([2]);
    for (const table of ['reaction', 'report']) expect(rowsOf(table)).toEqual([]);
    expect(rowsOf('change')).toHaveLength(1);
    expect(world.storage.alarmMs).toBe(START_MS + (CHAT_MESSAGE_MAX_AGE_SECONDS + 60) * 1000);
    await world.ring();
    expect(rowsOf('message')).toEqual([]);
    expect(world.storage.alarmMs).toBeNull();
    world.evict();
    const again = messageOf(await world.post('ann', { clientMutationId: 'known' }));
    expect(again.sequence).toBe(3);
    expect((await world.room.read({})).position).toBe(position + 1);
  });

  test('raise the floor of the changes', async () => {
    const { position } = await world.watch();
    await world.posted('ann');
    world.pass(60);
    await world.posted('ann');
    world.nowMs = START_MS + CHAT_MESSAGE_MAX_AGE_SECONDS * 1000;
    await world.room.alarm();
    const { topics } = await world.watch();
    expect(topics[0]).toMatchObject({ floor: position + 1, changes: [{ entity: 'message:2' }] });
  });

  test('go in order of their own times after a clock that was wrong', async () => {
    world.pass(365 * 86_400);
    await world.posted('ann');
    world.pass(-365 * 86_400);
    await world.posted('bob');
    await world.ring();
    // The alarm that was set first is the one of the wrong time: the next post, or a restart, does not matter.
    expect((await world.page()).map(({ sequence }) => sequence)).not.toContain(2);
  });

  test('are looked for when the next one is due, not by each alarm of a busy room', async () => {
    const exec = vi.spyOn(world.storage.sql, 'exec');
    await world.watch();
    for (let rings = 0; rings < 5; rings += 1) {
      await world.posted('ann');
      await world.settled();
      await world.ring();
    }
    const searches = exec.mock.calls.filter(([query]) => /min\(posted_at\)|posted_at <=/.test(query));
    expect(searches).toHaveLength(1);
    world.pass(-3_600);
    await world.posted('bob');
    await world.settled();
    world.nowMs = START_MS + (CHAT_MESSAGE_MAX_AGE_SECONDS - 3_000) * 1000;
    await world.room.alarm();
    expect((await world.page()).map(({ sequence }) => sequence)).toEqual([5, 4, 3, 2, 1]);
  });

  test('lose their pin, and screens are told', async () => {
    await world.watch();
    await world.posted('ann', { text: 'canary' });
    await world.moderate('pin', { sequence: 1 });
    await world.settled();
    await world.ring();
    world.nowMs = START_MS + CHAT_MESSAGE_MAX_AGE_SECONDS * 1000 - 5_000;
    await world.posted('bob');
    await world.settled();
    await world.ring();
    await world.settled();
    expect(await world.room.read({ state: true, bySequence: [1] })).toMatchObject({
      pinned: null,
      bySequence: [],
    });
    expect(world.eventsOf()).toEqual(['posted 1', 'pinned 1', 'posted 2', 'unpinned 1']);
    const last = world.taken.get('hub')?.at(-1)?.at(-1)?.value.message;
    expect(last).toMatchObject({ text: '', author: { id: 'ann' }, deleted: true });
  });
});

test('a room keeps its newest messages, and pages them by their sequences', async () => {
  await world.posted('ann');
  const { sql } = world.storage;
  sql.exec(`INSERT INTO message (sequence, author_id, client_mutation_id, text, links, reply_to, posted_at, is_deleted,
      is_held_back, hold_reason, is_released)
    WITH RECURSIVE made (sequence) AS (SELECT 2 UNION ALL SELECT sequence + 1 FROM made WHERE sequence < ${CHAT_MESSAGES_MAX})
    SELECT sequence, 'ann', 'id ' || sequence, 'text', '[]', NULL, ${START_MS / 1000}, 0, 0, NULL, 0 FROM made`);
  world.evict();
  await world.react('bob', 1);
  expect(rowsOf('reaction')).toHaveLength(1);
  await world.posted('bob');
  expect(rowsOf('message')).toHaveLength(CHAT_MESSAGES_MAX);
  expect(rowsOf('reaction')).toEqual([]);
  const seen: number[] = [];
  for (let before: number | null = null; ; before = seen.at(-1) ?? null) {
    const page = await world.page(1_000, before);
    if (page.length === 0) break;
    seen.push(...page.map(({ sequence }) => sequence));
  }
  expect(seen).toEqual(Array.from({ length: CHAT_MESSAGES_MAX }, (_, at) => CHAT_MESSAGES_MAX + 1 - at));
});
