/** Messages that wait for a moderator: who sees them, and how they come back. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { openTalk, type Talk } from '../../support/chat/talk.ts';
import type { Investor } from '../../support/investors.ts';

let talk: Talk;
let ann: Investor;
let moderator: Investor;

beforeEach(async () => {
  talk = await openTalk();
  ann = await talk.person();
  moderator = await talk.moderator();
});
afterEach(() => vi.useRealTimers());

const shownIds = async () => (await talk.messages()).map(({ id }) => id);
const heldBackOf = async (asker?: Investor) => {
  const { heldBack } = await talk.room<{ heldBack: { id: string }[] | null }>('heldBack { id }', asker);
  return heldBack?.map(({ id }) => id) ?? null;
};
const nodeOf = async (id: string, asker?: Investor) =>
  (await talk.asked(`{ node(id: "${id}") { id ... on ChatMessage { text heldBack } } }`, asker)).data.node;

const now = () => Math.floor(Date.now() / 1000);

/** By an account of this minute. */
async function heldBack(text = 'My first words') {
  const author = await talk.person({ createdAt: now() });
  const message = await talk.posted(author, text);
  expect(message.heldBack).toBe(true);
  return { author, message };
}

describe('a first message of a young account', () => {
  test('is seen by its author and by moderators alone, until one of them has released it', async () => {
    const { author, message } = await heldBack();
    const { id } = message;
    expect(await shownIds()).toEqual([]);
    const askers = [undefined, ann, author, moderator];
    expect(await Promise.all(askers.map(heldBackOf))).toEqual([null, null, [id], [id]]);
    const node = { id, text: 'My first words', heldBack: true };
    expect(await Promise.all(askers.map((asker) => nodeOf(id, asker)))).toEqual([null, null, node, node]);

    const released = await talk.moderate(moderator, { action: 'RELEASE', messageId: id });
    expect(released.room).toMatchObject({ heldBack: [] });
    expect(await shownIds()).toEqual([id]);
    expect(await Promise.all(askers.map(heldBackOf))).toEqual([null, null, null, []]);
    expect((await talk.posted(author, 'My second')).heldBack).toBe(false);
  });

  test('cannot be answered, reacted to or reported by who does not see it', async () => {
    const { message } = await heldBack();
    expect(await talk.post(ann, { replyTo: message.id })).toMatchObject({ code: 'CHAT_MESSAGE_NOT_FOUND' });
    expect(await talk.react(ann, message.id)).toMatchObject({ code: 'CHAT_MESSAGE_NOT_FOUND' });
    expect(await talk.report(ann, message.id)).toBe(false);
    expect(await talk.remove(ann, message.id)).toMatchObject({ code: 'CHAT_MESSAGE_NOT_FOUND' });
  });
});

describe('a reported message', () => {
  const reporters = (count: number) => Promise.all(Array.from({ length: count }, () => talk.person()));

  test('is held back by three accounts, and by none of them twice', async () => {
    const { id } = await talk.posted(ann, 'Send me a coin and get two');
    const [one, two, three] = await reporters(3);
    if (one === undefined || two === undefined || three === undefined) throw new Error('nobody reports');
    for (const reporter of [one, one, two, two]) expect(await talk.report(reporter, id)).toBe(true);
    expect(await shownIds()).toEqual([id]);
    expect(await talk.report(three, id)).toBe(true);
    expect(await shownIds()).toEqual([]);
    expect(await Promise.all([undefined, one, ann, moderator].map(heldBackOf))).toEqual([
      null,
      null,
      [id],
      [id],
    ]);
  });

  test('comes back by release in its place, and no report takes it away again', async () => {
    const { id } = await talk.posted(ann, 'Read the fine print');
    const { id: later } = await talk.posted(ann, 'Later');
    for (const reporter of await reporters(3)) await talk.report(reporter, id);
    expect(await shownIds()).toEqual([later]);
    await talk.moderate(moderator, { action: 'RELEASE', messageId: id });
    expect(await shownIds()).toEqual([later, id]);
    for (const reporter of await reporters(3)) await talk.report(reporter, id);
    expect(await shownIds()).toEqual([later, id]);
  });

  test("of a moderator or the team is never held back, and one's own report and a young account's do not count", async () => {
    const team = await talk.person({ displayName: 'Quill of the makers', permissions: ['read', 'team'] });
    const message = await talk.posted(ann, 'Hello');
    const [byTeam, byModerator] = [await talk.posted(team, 'Hi'), await talk.posted(moderator, 'Hi')];
    expect(await talk.report(ann, message.id)).toBe(false);
    expect(await talk.report(await talk.person({ createdAt: now() }), message.id)).toBe(false);
    for (const reporter of await reporters(3))
      for (const { id } of [byTeam, byModerator]) expect(await talk.report(reporter, id)).toBe(false);
    expect(await shownIds()).toHaveLength(3);
  });

  test('is not shown as what others answer, nor pinned', async () => {
    const { id } = await talk.posted(ann, 'Look here');
    await talk.moderate(moderator, { action: 'PIN', messageId: id });
    await talk.posted(ann, 'Did you?', { replyTo: id });
    for (const reporter of await reporters(3)) await talk.report(reporter, id);
    const selection = 'pinned { id } messages { nodes { text replyTo { text } } }';
    expect(await talk.room(selection)).toEqual({
      pinned: null,
      messages: { nodes: [{ text: 'Did you?', replyTo: null }] },
    });
  });
});

describe('roles come from permissions', () => {
  test('and the team, moderators and others are shown as such', async () => {
    const team = await talk.person({
      displayName: 'Quill of the makers',
      permissions: ['read', 'team', 'moderate'],
    });
    const roles = [];
    for (const author of [ann, moderator, team]) roles.push((await talk.posted(author, 'Hi')).author.role);
    expect(roles).toEqual(['MEMBER', 'MODERATOR', 'TEAM']);
  });

  test.each(['Quillwort Support', 'COM2000 admin', 'Keeper of order', 'Кeeper оf оrder', 'm0derator'])(
    'and nobody posts as %s without them',
    async (displayName) => {
      const thief = await talk.person({ displayName });
      expect(await talk.post(thief, {})).toMatchObject({ code: 'CHAT_MESSAGE_REFUSED' });
      expect(await talk.room('viewerMayPost viewerRefusal', thief)).toEqual({
        viewerMayPost: false,
        viewerRefusal: 'CHAT_MESSAGE_REFUSED',
      });
    },
  );
});

describe('an account without identification', () => {
  test('has its links and addresses looked at first, and links of the allowlist alone may be followed', async () => {
    const person = await talk.person({ kycLevel: 0 });
    const allowed = 'https://com2000.example/pools';
    expect(await talk.posted(person, 'See https://blog.example.org/post')).toMatchObject({ heldBack: true });
    expect(await talk.posted(ann, `See ${allowed} and https://blog.example.org/post`)).toMatchObject({
      ...{ heldBack: false, links: [allowed] },
    });
    const address = `0x${'ab12'.repeat(10)}`;
    expect(await talk.posted(ann, `Send to ${address}`)).toMatchObject({ heldBack: true });
  });
});

describe('aliases and several rooms in one operation', () => {
  test('are answered each by its own arguments', async () => {
    for (const text of ['one', 'two', 'three']) await talk.posted(ann, text);
    await talk.posted(ann, 'there', { roomId: talk.poolRoomId });
    const room = `of: { projectId: "${talk.ofProject.projectId}" }`;
    const { data } = await talk.asked(`{
      a: chatRoom(${room}) { messages(first: 1) { nodes { text } pageInfo { hasNextPage } } }
      b: chatRoom(${room}) { few: messages(first: 2) { nodes { text } } all: messages { nodes { text } } }
      pool: chatRoom(of: { poolId: "${talk.ofPool.poolId}" }) { messages { nodes { text } } }
      byId: nodes(ids: ["${talk.roomId}", "${talk.poolRoomId}", "${encodeGlobalId('ChatRoom', 'pool:none')}"]) { id }
    }`);
    const nodes = (...texts: string[]) => ({ nodes: texts.map((text) => ({ text })) });
    expect(data).toEqual({
      a: { messages: { ...nodes('three'), pageInfo: { hasNextPage: true } } },
      b: { few: nodes('three', 'two'), all: nodes('three', 'two', 'one') },
      pool: { messages: nodes('there') },
      byId: [{ id: talk.roomId }, { id: talk.poolRoomId }, null],
    });
  });
});
