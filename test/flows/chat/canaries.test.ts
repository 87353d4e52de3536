/**
 * Each text that waits for a moderator, or is gone, carries a canary: a word that is nowhere else. Everybody reads by every
 * path that there is, and whatever has the canary shows the text.
 */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import { evicted } from '../../support/broken-objects.ts';
import { requestOf } from '../../support/cache-bench.ts';
import {
  createPeople,
  createPerson,
  type OpenRoom,
  openRoom,
  type Person,
} from '../../support/chat/open-room.ts';
import { storedTexts } from '../../support/chat/stored-texts.ts';
import {
  answersTo,
  answersToActs,
  type Listener,
  listenBySocket,
  listenByStream,
  type Told,
} from '../../support/chat/told-texts.ts';
import { connect } from '../../support/client-socket.ts';
import { CRONS } from '../../support/gateway.ts';
import { coldIsolate } from '../../support/isolates.ts';

const LOG_LEVELS = ['debug', 'info', 'log', 'warn', 'error'] as const;
const FOREIGN_ADDRESS = '0x52908400098527886E0F7030069857D2E4169EE7';

let room: OpenRoom;
let moderator: Person;
let reporters: Person[];
let listeners: Listener[] = [];
let logged: string[] = [];
/** Accounts of all tests of this file are in one database. */
let turn = 0;

beforeEach(async () => {
  logged = [];
  for (const level of LOG_LEVELS)
    vi.spyOn(console, level).mockImplementation((...line) => void logged.push(line.map(String).join(' ')));
  room = await openRoom();
  turn += 1;
  moderator = await createPerson(named('moderator'), { permissions: ['read', 'moderate'] });
  reporters = await createPeople([1, 2, 3].map((at) => named(`reporter-${at}`)));
});
afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.end()));
  listeners = [];
  vi.useRealTimers();
  vi.restoreAllMocks();
  coldIsolate();
});

const named = (name: string) => `${name}-${turn}`;
const now = () => Math.floor(Date.now() / 1000);
const pathsWith = (canary: string, told: readonly Told[]) =>
  told.filter(({ text }) => text.includes(canary)).map(({ path }) => path);

interface Hidden {
  canary: string;
  author: Person;
  id: string;
}

async function post(author: Person, text: string, canary: string): Promise<Hidden> {
  const { id } = await room.posted(author, text);
  return { canary, author, id };
}

async function reported(id: string): Promise<void> {
  for (const reporter of reporters) expect(await room.report(reporter, id)).toBe(true);
}

/** Why a message is held back: each posts one. */
const HELD_BACK: [string, () => Promise<Hidden>][] = [
  [
    'a link of somebody without identification',
    async () =>
      post(
        await createPerson(named('linking'), { kycLevel: 0 }),
        'Read https://example.org/canary-link',
        'canary-link',
      ),
  ],
  [
    'an address that is not verified',
    async () =>
      post(
        await createPerson(named('foreign')),
        `Look at ${FOREIGN_ADDRESS} canary-foreign`,
        'canary-foreign',
      ),
  ],
  [
    'a young account',
    async () =>
      post(await createPerson(named('young'), { createdAt: now() }), 'I am canary-young', 'canary-young'),
  ],
  [
    'a pattern of fraud',
    async () =>
      post(
        await createPerson(named('thief')),
        'Send me your seed phrase now, says canary-fraud',
        'canary-fraud',
      ),
  ],
];

const held = async () => Promise.all(HELD_BACK.map(([, make]) => make()));

async function everyListener(positions: readonly string[]): Promise<Listener[]> {
  const hub = (at: number) => `hub-${at % SUBSCRIPTION_HUBS}`;
  const made = [
    ...positions.map((position, at) => listenBySocket(room, hub(at), position)),
    ...positions.map((position) => listenByStream(room, position)),
    listenBySocket(room, hub(1), null),
    listenBySocket(room, hub(2), null, moderator),
    listenBySocket(room, hub(2), '0', moderator),
  ];
  const all = await Promise.all(made);
  listeners.push(...all);
  return all;
}

/** What each listener is told up to a message that everybody sees. */
async function toldUntilNow(all: readonly Listener[], author: Person): Promise<Told[]> {
  const { id } = await room.posted(author, 'Everybody sees this');
  return (await Promise.all(all.map((listener) => listener.until(id)))).flat();
}

describe('a message that is held back from the start', () => {
  test('reaches its author and moderators alone, and everybody once it is released', async () => {
    const other = await createPerson(named('other'));
    const opening = await room.posted(other, 'What opens the room');
    const start = await room.position();
    const live = await everyListener([start, '0', 'nonsense', '999999999999999', String(Number(start) - 1)]);
    const hidden = await held();
    const ids = [opening.id, ...hidden.map(({ id }) => id)];
    const acts = (
      await Promise.all(hidden.map(({ id }) => answersToActs(reporters[0] ?? other, room, id)))
    ).flat();
    // The hubs learn of the room anew.
    for (let at = 0; at < SUBSCRIPTION_HUBS; at += 1)
      await evicted(env.SUBSCRIPTION_HUBS.getByName(`hub-${at}`));
    const late = await everyListener([start, '0', await room.position()]);
    const told = await toldUntilNow([...live, ...late], other);

    const toStranger = await answersTo(null, room, ids);
    const toOther = await answersTo(other, room, ids);
    const toModerator = await answersTo(moderator, room, ids);
    // Once more: what was kept for everybody.
    const kept = await answersTo(null, room, ids);
    const stored = await storedTexts();
    const lines = logged.map((text) => ({ path: 'log', text }));
    for (const { canary, author } of hidden) {
      const foreign = [...acts, ...told, ...toStranger, ...toOther, ...kept, ...stored, ...lines];
      expect([canary, pathsWith(canary, foreign)]).toEqual([canary, []]);
      const toAuthor = await answersTo(author, room, ids);
      for (const seen of [toAuthor, toModerator]) {
        const paths = pathsWith(canary, seen);
        for (const path of ['private by POST', 'private by socket', 'node by GET', 'ChatViewer by id'])
          expect([canary, paths]).toEqual([canary, expect.arrayContaining([path])]);
        for (const path of paths) expect(path).not.toMatch(/^(public|aliased|ChatRoomPage)/);
      }
      const ownAlone = hidden
        .filter((one) => one.author !== author)
        .map((one) => pathsWith(one.canary, toAuthor));
      expect(ownAlone.flat()).toEqual([]);
    }

    for (const { id } of hidden) await room.moderate(moderator, 'RELEASE', { messageId: id });
    const released = await toldUntilNow([...live, ...late], other);
    const page = await answersTo(null, room, ids);
    for (const { canary } of hidden) {
      expect(new Set(pathsWith(canary, released))).toEqual(
        new Set([...live, ...late].map(({ path }) => path)),
      );
      expect(pathsWith(canary, page)).toEqual(
        expect.arrayContaining(['private by POST', 'node by GET', 'node by socket']),
      );
    }
    for (const { text } of released.filter(({ text }) => text.includes('canary')))
      expect(text).toContain('"kind":"RELEASED"');
  });
});

describe('a message that everybody has seen', () => {
  test.each<[string, (message: Hidden) => Promise<void>]>([
    ['is held back by reports', ({ id }) => reported(id)],
    ['is taken back', async ({ author, id }) => void (await room.remove(author, id))],
    ['is deleted by a moderator', async ({ id }) => void (await room.remove(moderator, id))],
    [
      'has an author who closes the account',
      async ({ author }) => {
        await env.DB.prepare('DELETE FROM user_account WHERE id = ?1').bind(author.id).run();
        await room.gateway.scheduled(CRONS.prices);
      },
    ],
  ])('and then %s is in no new answer', async (how, hide) => {
    const canary = `canary-${turn}-was-public`;
    const [author, other] = [await createPerson(named('author')), await createPerson(named('other'))];
    await room.posted(other, 'What opens the room');
    const start = await room.position();
    const live = await everyListener([start, '0']);
    const message = await post(author, `Hello from ${canary}`, canary);
    const reply = await room.posted(other, 'A reply to it', message.id);
    await room.moderate(moderator, 'PIN', { messageId: message.id });
    const between = await room.position();
    const before = await toldUntilNow(live, other);
    expect(new Set(pathsWith(canary, before)).size).toBe(live.length);

    await hide(message);
    const late = await everyListener([start, '0', between, await room.position()]);
    const told = await toldUntilNow([...live, ...late], other);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + CACHED_MS });
    const ids = [message.id, reply.id];
    const readers: [string, Person | null][] = [
      ['stranger', null],
      ['other', other],
    ];
    if (how.includes('is taken back') || how.includes('deleted'))
      readers.push(['author', author], ['moderator', moderator]);
    for (const [reader, person] of readers)
      expect([reader, pathsWith(canary, await answersTo(person, room, ids))]).toEqual([reader, []]);
    const elsewhere = [...told, ...logged.map((text) => ({ path: 'log', text }))];
    expect(pathsWith(canary, elsewhere)).toEqual([]);
    vi.useRealTimers();

    if (!how.includes('reports')) return;
    for (const person of [author, moderator])
      expect(pathsWith(canary, await answersTo(person, room, ids))).toEqual(
        expect.arrayContaining(['private by POST', 'node by GET']),
      );
    await room.moderate(moderator, 'RELEASE', { messageId: message.id });
    const again = await toldUntilNow([...live, ...late], other);
    expect(new Set(pathsWith(canary, again))).toEqual(new Set([...live, ...late].map(({ path }) => path)));
  });

  test('stays in caches for two seconds at most once it is held back', async () => {
    const author = await createPerson(named('author'));
    const message = await post(author, 'Hello from canary-cached', 'canary-cached');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const query = 'query Cached($of: ChatRoomKey!) { chatRoom(of: $of) { messages { nodes { text } } } }';
    const variables = { of: { projectId: room.projectId } };
    const socket = await connect('hub-0');
    const bySocket = async () => {
      socket.subscribe('page', query, variables);
      const text = await socket.nextText();
      await socket.nextText();
      return text;
    };
    const byHttp = async () => {
      const response = await room.gateway.fetch(...requestOf({ query, variables }));
      expect(response.headers.get('cache-control')).toBe(
        'public, max-age=2, stale-while-revalidate=0, stale-if-error=0',
      );
      return response.text();
    };
    expect(await byHttp()).toContain('canary-cached');
    expect(await bySocket()).toContain('canary-cached');
    await reported(message.id);
    vi.setSystemTime(Date.now() + CACHED_MS);
    expect(await byHttp()).not.toContain('canary-cached');
    expect(await bySocket()).not.toContain('canary-cached');
    const old = await storedTexts();
    room.gateway.coldIsolate();
    expect(await byHttp()).not.toContain('canary-cached');
    expect(
      pathsWith(
        'canary-cached',
        old.filter(({ path }) => !path.startsWith('CACHE_KV')),
      ),
    ).toEqual([]);
    socket.close();
  });
});

const CACHED_MS = 2_000;
