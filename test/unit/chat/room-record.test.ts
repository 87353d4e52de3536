import { expect, test } from 'vitest';
import { RoomWorld } from '../../support/chat/room-world.ts';

test('every row leaves once, in pages of any size, while others are written', async () => {
  const world = new RoomWorld();
  expect(await world.room.exportRows(null, 10)).toBeNull();
  for (let made = 0; made < 7; made += 1) await world.posted(`author-${made % 3}`);
  for (const name of ['bob', 'cat']) await world.react(name, 2);
  await world.reportThrice(3);
  await world.moderate('ban', { userId: 'author-2', reason: 'spam' });
  const whole = await world.room.exportRows(null, 1_000);
  const known = whole?.lines.trimEnd().split('\n') ?? [];
  expect(known).toHaveLength(whole?.rows ?? 0);
  const tables = new Set(known.map((line): string => JSON.parse(line).table));
  expect([...tables]).toEqual(['room', 'author', 'message', 'reaction', 'report', 'sanction', 'act']);

  for (const limit of [1, 2, 3, 5, 100]) {
    const lines: string[] = [];
    let after: string | null = null;
    for (;;) {
      const page = await world.room.exportRows(after, limit);
      if (page === null) break;
      expect(page.rows).toBeLessThanOrEqual(limit);
      lines.push(...page.lines.trimEnd().split('\n'));
      after = page.upTo;
      if (lines.length < 20) await world.posted('author-0');
    }
    expect(new Set(lines).size).toBe(lines.length);
    // The room's own row has changed.
    const rest = known.filter((line) => JSON.parse(line).table !== 'room');
    expect(lines).toEqual(expect.arrayContaining(rest));
  }
});
