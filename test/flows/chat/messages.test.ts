/** Posting, reading, answering, reacting to and taking back messages, as an app does it. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { openTalk, type Talk } from '../../support/chat/talk.ts';
import type { Investor } from '../../support/investors.ts';

let talk: Talk;
let ann: Investor;
let bob: Investor;

beforeEach(async () => {
  talk = await openTalk();
  ann = await talk.person();
  bob = await talk.person({ displayName: null });
});
afterEach(() => vi.useRealTimers());

const textsOf = (messages: { text: string }[]) => messages.map(({ text }) => text);

describe('a room', () => {
  test('is empty until somebody posts, and is the same by its key and by its global id', async () => {
    const selection = 'id slowModeSeconds watching pinned { id } messages { nodes { id } }';
    const room = await talk.room(selection);
    expect(room).toEqual({
      ...{ id: talk.roomId, slowModeSeconds: 0, watching: 0, pinned: null, messages: { nodes: [] } },
    });
    const { data } = await talk.asked(`{ node(id: "${talk.roomId}") { ... on ChatRoom { ${selection} } } }`);
    expect(data.node).toEqual(room);
  });

  test('of a pool is another one than that of its project', async () => {
    await talk.posted(ann, 'About the project');
    await talk.posted(ann, 'About the pool', { roomId: talk.poolRoomId });
    expect(textsOf(await talk.messages())).toEqual(['About the project']);
    const { data } = await talk.asked(
      `{ chatRoom(of: { poolId: "${talk.ofPool.poolId}" }) { id messages { nodes { text } } } }`,
    );
    expect(data.chatRoom).toEqual({
      id: talk.poolRoomId,
      messages: { nodes: [{ text: 'About the pool' }] },
    });
  });

  test('has its messages in pages, the newest first, each once', async () => {
    for (const text of ['one', 'two', 'three', 'four', 'five']) await talk.posted(ann, text);
    interface Page {
      messages: {
        edges: { cursor: string; node: { text: string } }[];
        pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
      };
    }
    const pages: string[][] = [];
    const flags: boolean[][] = [];
    for (let after = 'null'; after !== ''; ) {
      const { messages }: Page = await talk.room<Page>(
        `messages(first: 2, after: ${after}) {
           edges { cursor node { text } } pageInfo { hasNextPage hasPreviousPage endCursor } }`,
      );
      const { hasNextPage, hasPreviousPage, endCursor } = messages.pageInfo;
      expect(endCursor).toBe(messages.edges.at(-1)?.cursor);
      pages.push(textsOf(messages.edges.map(({ node }) => node)));
      flags.push([hasPreviousPage, hasNextPage]);
      after = hasNextPage ? JSON.stringify(endCursor) : '';
    }
    expect(pages).toEqual([['five', 'four'], ['three', 'two'], ['one']]);
    expect(flags).toEqual([
      [false, true],
      [true, true],
      [true, false],
    ]);
  });
});

describe('a message', () => {
  test('is answered as it is stored, and shows its author by name or by letters of their own', async () => {
    const posted = await talk.posted(ann, '  caf\u0065\u0301, at 5.30?  ');
    expect(posted).toMatchObject({
      ...{ text: 'caf\u00e9, at 5.30?', links: [], deleted: false, heldBack: false, replyTo: null },
      author: { id: encodeGlobalId('User', ann.id), displayName: 'Ann', avatarUrl: null, role: 'MEMBER' },
    });
    const { author } = await talk.posted(bob, 'Yes');
    expect(author.displayName).toMatch(/^User-[A-Z]{6}$/);
    expect(JSON.stringify(author)).not.toContain('@');
    const { data } = await talk.asked(`{ node(id: "${posted.id}") { id ... on ChatMessage { text } } }`);
    expect(data.node).toEqual({ id: posted.id, text: posted.text });
  });

  test('answers another one of its room, and shows it for as long as it is there', async () => {
    const question = await talk.posted(ann, 'When?');
    const answer = await talk.posted(bob, 'At noon', { replyTo: question.id });
    expect(answer.replyTo).toEqual({ id: question.id });
    const third = await talk.posted(ann, 'Good', { replyTo: answer.id });
    const deep = 'id replyTo { text deleted replyTo { text } }';
    const { messages } = await talk.room<{ messages: { nodes: unknown[] } }>(
      `messages { nodes { ${deep} } }`,
    );
    expect(messages.nodes[0]).toEqual({
      id: third.id,
      replyTo: { text: 'At noon', deleted: false, replyTo: { text: 'When?' } },
    });
    await talk.remove(bob, answer.id);
    expect(await talk.room(`messages(first: 1) { nodes { ${deep} } }`)).toEqual({
      messages: {
        nodes: [{ id: third.id, replyTo: { text: '', deleted: true, replyTo: { text: 'When?' } } }],
      },
    });
  });

  test('has reactions, one of a kind and a person, which they may take away again', async () => {
    const { id } = await talk.posted(ann, 'Good news');
    await talk.react(bob, id);
    await talk.react(bob, id);
    await talk.react(bob, id, { kind: 'ROCKET' });
    const liked = await talk.react(ann, id);
    expect(liked.chatMessage?.reactions).toEqual([
      { kind: 'LIKE', count: 2 },
      { kind: 'ROCKET', count: 1 },
    ]);
    await talk.react(bob, id, { remove: true });
    await talk.react(bob, id, { kind: 'ROCKET', remove: true });
    const [shown] = await talk.messages();
    expect(shown?.reactions).toEqual([{ kind: 'LIKE', count: 1 }]);
  });

  test('is taken back by its author, keeps its place without its text, and takes no reactions then', async () => {
    const { id } = await talk.posted(ann, 'A mistake');
    await talk.react(bob, id);
    expect(await talk.remove(bob, id)).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    const taken = await talk.remove(ann, id);
    expect(taken.chatMessage).toMatchObject({ id, text: '', deleted: true });
    expect((await talk.remove(ann, id)).chatMessage).toMatchObject({ id, deleted: true });
    const [shown] = await talk.messages();
    expect(shown).toMatchObject({ id, text: '', links: [], reactions: [], deleted: true });
    expect(await talk.react(bob, id)).toMatchObject({ code: 'CHAT_MESSAGE_NOT_FOUND' });
  });
});

describe('one clientMutationId', () => {
  const again = { clientMutationId: 'the-same' };

  test('posts once, also twice at once, and with another text', async () => {
    const answers = await Promise.all(
      ['First', 'First', 'Second'].map((text) => talk.post(ann, { ...again, text })),
    );
    const ids = new Set(answers.map(({ chatMessage }) => chatMessage?.id));
    expect(ids.size).toBe(1);
    const later = await talk.posted(ann, 'x'.repeat(501), again);
    expect(ids).toEqual(new Set([later.id]));
    expect(await talk.messages()).toHaveLength(1);
  });

  test("is each author's and each room's own", async () => {
    const posted = [
      await talk.posted(ann, 'Hers', again),
      await talk.posted(bob, 'His', again),
      await talk.posted(ann, 'Hers there', { ...again, roomId: talk.poolRoomId }),
    ];
    expect(new Set(posted.map(({ id }) => id)).size).toBe(3);
  });

  test('is answered with the message also where its author may not post any more', async () => {
    const { id } = await talk.posted(ann, 'Hello', again);
    const moderator = await talk.moderator();
    await talk.moderate(moderator, { action: 'MUTE', userId: encodeGlobalId('User', ann.id) });
    expect(await talk.posted(ann, 'Hello', again)).toMatchObject({ id });
    await env.DB.prepare('UPDATE user_account SET refused_at = 1 WHERE id = ?1').bind(ann.id).run();
    expect(await talk.posted(ann, 'Hello', again)).toMatchObject({ id });
    expect(await talk.post(ann, {})).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
  });
});
