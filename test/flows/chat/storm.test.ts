/**
 * A thousand people watch a room in which twenty post, while the room, the hubs and connections break off at random: nobody
 * misses a message, nobody sees one twice, and nobody sees them in another order.
 */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHAT_CHANGES_KEPT, CHAT_GAP_MESSAGES, SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import { createPeople, createPerson, type OpenRoom, openRoom } from '../../support/chat/open-room.ts';
import { RoomStorm } from '../../support/chat/room-storm.ts';
import { RoomWatcher } from '../../support/chat/room-watcher.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { Dice } from '../../support/upstream/random.ts';

const WATCHERS = 1_000;
const STREAMS = 40;
const POSTERS = 20;
const POSTS_EACH = 6;
const SEED = 19;
/** On a machine that others use too. */
const TEST_TIMEOUT_MS = 300_000;
const PATIENCE_MS = 60_000;

let room: OpenRoom;
let watchers: RoomWatcher[] = [];
beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockImplementation(() => undefined);
  room = await openRoom();
});
afterEach(() => {
  for (const watcher of watchers) watcher.leave();
  watchers = [];
  vi.restoreAllMocks();
  coldIsolate();
});

test(
  'everybody who watches sees every message once, in order',
  async () => {
    const opener = await createPerson('opener');
    const young = await createPerson('young', { createdAt: Math.floor(Date.now() / 1000) });
    const posters = await createPeople(Array.from({ length: POSTERS }, (_, at) => `poster-${at}`));
    // An empty room has no position of its own yet.
    const before = await room.posted(opener, 'What nobody watches');
    const position = await room.position();
    const first = await room.posted(opener, 'The first message');
    watchers = Array.from({ length: WATCHERS }, (_, at) => {
      const dice = new Dice(SEED, `watcher ${at}`);
      return new RoomWatcher({
        roomId: room.id,
        position,
        transport: at < STREAMS ? 'stream' : 'socket',
        hubOf: (connection) => `hub-${dice.whole(`hub ${connection}`, 0, SUBSCRIPTION_HUBS - 1)}`,
      });
    });
    for (const watcher of watchers) watcher.watch();
    await allShow(first.id);

    const storm = new RoomStorm(room, watchers, SEED);
    const heldBack = Array.from({ length: POSTS_EACH }, (_, at) => `Held back ${at}`);
    await Promise.all([
      ...posters.map((poster) => storm.posts(poster, POSTS_EACH)),
      storm.postsHeldBack(young, heldBack),
    ]);
    await storm.over();
    const last = await room.posted(opener, 'The last message');
    await allShow(last.id);

    const history = await room.history();
    expect(history.map(({ text }) => text).toSorted()).toEqual(
      [before.text, first.text, ...storm.posted.keys(), last.text]
        .map((text) => (storm.takenBack.has(text) ? '' : text))
        .toSorted(),
    );
    const whole = history.slice(1);
    const inOrder = whole.filter(({ deleted }) => !deleted).map(({ id }) => id);
    const textsById = Object.fromEntries(whole.map(({ id, text }) => [id, text]));
    for (const { log } of watchers) {
      const shown = [...log.shown];
      expect(shown.filter(([, { isDeleted }]) => !isDeleted).map(([id]) => id)).toEqual(inOrder);
      expect(Object.fromEntries(shown.map(([id, { text }]) => [id, text]))).toEqual(textsById);
      // There were fewer changes than the room keeps for those who come back.
      expect(log.gaps).toBe(0);
    }
    expect(storm.counts.faults).toBeGreaterThan(12);
    const connections = watchers.reduce((sum, { connections: own }) => sum + own, 0);
    expect(connections).toBeGreaterThan(1.2 * WATCHERS);
  },
  TEST_TIMEOUT_MS,
);

test('who comes back after more changes than are kept is told of a gap, and shows the newest messages', async () => {
  const author = await createPerson('gap-author');
  await room.posted(author, 'What opens the room');
  const watcher = new RoomWatcher({
    ...{ roomId: room.id, position: await room.position(), transport: 'socket' },
    hubOf: (connection) => `hub-${connection % SUBSCRIPTION_HUBS}`,
  });
  watchers = [watcher];
  watcher.watch();
  await watcher.shows((await room.posted(author, 'Seen before')).id);
  watcher.leave();
  // Over HTTP an account may not post so fast.
  const actor = { id: author.id, displayName: 'Ann', avatarUrl: null, role: 'member' as const };
  for (let at = 0; at <= CHAT_CHANGES_KEPT; at += 1)
    await env.REALTIME_CHAT.getByName(room.key).post({
      author: { ...actor, isModerator: false, isYoung: false },
      ...{ text: `Missed ${at}`, links: [], replyTo: null, clientMutationId: `missed ${at}` },
      ...{ holdReason: null, refusal: null },
    });
  watcher.watch();
  const last = await room.posted(author, 'Seen after');
  await watcher.unbroken(watcher.shows(last.id));
  const newest = (await room.history()).slice(-watcher.log.shown.size);
  expect(watcher.log.gaps).toBe(1);
  expect(watcher.log.shown.size).toBeGreaterThanOrEqual(CHAT_GAP_MESSAGES);
  expect([...watcher.log.shown.keys()]).toEqual(newest.map(({ id }) => id));
});

/** @throws Error with how many do not, if some never do, or the promise that was broken */
async function allShow(messageId: string): Promise<void> {
  const showing = Promise.all(watchers.map((watcher) => watcher.shows(messageId)));
  showing.catch(() => undefined);
  const behind = () => watchers.filter(({ log }) => !log.shown.has(messageId)).length;
  await Promise.race([
    showing,
    vi.waitFor(() => expect(behind(), `seed ${SEED}`).toBe(0), {
      timeout: PATIENCE_MS,
      interval: 500,
    }),
  ]);
  await showing;
}
