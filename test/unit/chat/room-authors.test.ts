import { beforeEach, expect, test } from 'vitest';
import { CHAT_CHANGES_KEPT, CHAT_MESSAGE_MAX_AGE_SECONDS } from '../../../src/config.ts';
import { chatFeed } from '../../../src/realtime/chat-events.ts';
import { KnownChanges } from '../../../src/realtime/known-changes.ts';
import { outcomeOf, person, RoomWorld, START_MS } from '../../support/chat/room-world.ts';

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

/** What a hub remembers of all that it took, as text. */
function rememberedBy(hubId = 'hub'): string {
  const known = new KnownChanges(chatFeed.journal);
  for (const change of world.taken.get(hubId)?.flat() ?? []) known.take(change);
  return JSON.stringify([...known.changes.values()]);
}

const remove = (author: string, sequence: number) => world.room.remove({ actor: person(author), sequence });
const LONG_AGO: [string, () => Promise<unknown>][] = [
  ['an answer', () => world.posted('bob', { replyTo: 1 })],
  ['a reaction', () => world.react('bob', 1)],
  [
    'a pin that was lifted',
    async () => {
      await world.moderate('pin', { sequence: 1 });
      await world.settled();
      await world.moderate('unpin');
    },
  ],
  ['a deletion', () => remove('ann', 1)],
  [
    'an answer, and a deletion before it',
    async () => {
      await remove('ann', 1);
      for (let made = 0; made < CHAT_CHANGES_KEPT; made += 1) await world.posted('bob');
      await world.posted('bob', { replyTo: 1 });
    },
  ],
  ['reports that held it back', () => world.reportThrice(1)],
];

test.each(LONG_AGO)(
  'hubs remember nothing of a closed account whose old message is shown by %s',
  async (_, show) => {
    await world.watch();
    await world.posted('ann', { text: 'canary' });
    for (let made = 0; made < CHAT_CHANGES_KEPT; made += 1) await world.posted('bob');
    await show();
    await world.settled();
    expect(rememberedBy()).toContain('Name of ann');
    await apply(null);
    await world.settled();
    expect(rememberedBy()).not.toMatch(/canary|Name of ann/);
  },
);

test('hubs are not told of a message of a closed account that was held back from the start, nor of its answers', async () => {
  await world.watch();
  await world.posted('ann', { text: 'canary', holdReason: 'odd' });
  await world.posted('ann', { replyTo: 1 });
  await apply(null);
  await world.settled();
  expect(world.eventsOf()).toEqual(['posted 2', 'deleted 2']);
});

test('hubs forget the name of a closed account whose pinned message has expired', async () => {
  await world.watch();
  await world.posted('ann');
  await world.moderate('pin', { sequence: 1 });
  await world.settled();
  world.nowMs = START_MS + CHAT_MESSAGE_MAX_AGE_SECONDS * 1000;
  await world.room.alarm();
  await world.settled();
  expect(rememberedBy()).toContain('Name of ann');
  await apply(null);
  await world.settled();
  const last = world.taken.get('hub')?.flat().at(-1);
  expect(last).toMatchObject({
    entity: 'pin',
    value: { kind: 'unpinned', message: { author: { id: 'ann' } } },
  });
  expect(JSON.stringify(last)).not.toContain('Name of ann');
});
