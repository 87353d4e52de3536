import { beforeEach, expect, test } from 'vitest';
import { outcomeOf, person, RoomWorld } from '../../support/chat/room-world.ts';

let world: RoomWorld;
beforeEach(() => {
  world = new RoomWorld();
});
const apply = (displayName: string | null, userId = 'ann') =>
  world.room.applyAuthors([
    { userId, author: displayName === null ? null : { displayName, avatarUrl: null, role: 'member' } },
  ]);

test('an author who has not changed is no write', async () => {
  await world.posted('ann');
  world.storage.rowsWritten = 0;
  await apply('Name of ann');
  await apply('Nobody', 'unknown');
  expect(world.storage.rowsWritten).toBe(0);
  await apply('Anna');
  expect(world.storage.rowsWritten).toBe(1);
  expect((await world.page())[0]?.author.displayName).toBe('Anna');
});

test('a closed account leaves neither text nor name nor reactions nor reasons, and may do nothing any more', async () => {
  await world.watch();
  await world.posted('bob');
  await world.posted('ann', { text: 'canary', clientMutationId: 'known' });
  await world.posted('ann', { text: 'canary', holdReason: 'odd' });
  await world.react('ann', 1);
  await world.react('cat', 1);
  await world.room.report({ reporter: person('ann'), sequence: 1, reason: 'canary' });
  await world.moderate('pin', { sequence: 2 });
  await world.settled();
  world.taken.clear();
  await apply(null);
  world.evict();
  await world.ring();
  const { lines = '' } = (await world.room.exportRows(null, 100)) ?? {};
  expect(lines).not.toMatch(/canary|Name of ann/);
  expect(lines).toContain('"user_id":"ann"');
  const [own, other] = await world.page();
  expect(own).toMatchObject({
    deleted: true,
    text: '',
    author: { id: 'ann', avatarUrl: null, role: 'member' },
  });
  expect(own?.author.displayName).toMatch(/^User-[A-Z]{6}$/);
  expect(other?.reactions).toEqual([{ kind: 'like', count: 1 }]);
  expect(world.eventsOf().filter((event) => !event.startsWith('posted 1'))).toEqual(
    expect.arrayContaining(['unpinned 2', 'deleted 2']),
  );
  expect(world.eventsOf()).not.toContain('deleted 3');

  expect(outcomeOf(await world.post('ann', { clientMutationId: 'known' }))).toBe('CHAT_NOT_ALLOWED');
  expect(outcomeOf(await world.react('ann', 1))).toBe('CHAT_NOT_ALLOWED');
  await world.posted('dan');
  expect(await world.report('ann', 4)).toBe(false);
  await apply('Ann again');
  expect((await world.page()).at(-2)?.author.displayName).toMatch(/^User-/);
});

test('an account is closed here although it has done nothing here yet', async () => {
  await apply(null);
  expect(outcomeOf(await world.post('ann'))).toBe('CHAT_NOT_ALLOWED');
  await apply(null);
});
