/** Input that rooms refuse: texts, ids, cursors and keys of rooms. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { RATE_LIMITS } from '../../../src/config.ts';
import { openTalk, type Talk, type TalkAnswer } from '../../support/chat/talk.ts';
import type { Investor } from '../../support/investors.ts';

let talk: Talk;
let ann: Investor;

beforeEach(async () => {
  talk = await openTalk();
  ann = await talk.person();
});
afterEach(() => vi.useRealTimers());

const refusal = ({ code, field }: TalkAnswer) => ({ code, field });

const FAMILY = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}';

describe('a text', () => {
  test.each([
    ['of 501 characters', 'x'.repeat(501)],
    ['of nothing', ''],
    ['of nothing that one sees', ' \u200b\n\u00ad '],
    ['of more than 4 KiB', FAMILY.repeat(400)],
    ['with heaps of marks', `z${'\u0301\u0316\u0334'.repeat(8)}algo`],
    ['with an override of directions', 'pay \u202egro.elpmaxe'],
    ['with a control character', 'bell \u0007'],
    ['with half of a pair', 'half \ud83d'],
  ])('%s is refused, and nothing is posted', async (_, text) => {
    expect(refusal(await talk.post(ann, { text }))).toEqual({
      code: 'VALIDATION_FAILED',
      field: ['input', 'text'],
    });
    expect(await talk.messages()).toEqual([]);
  });

  test.each([
    ['of 500 characters', 'y'.repeat(500)],
    ['with families of emoji, each one character', `${FAMILY.repeat(60)} hello`],
    ['in Arabic', 'متى يبدأ البيع؟'],
    ['in Hebrew with its vowel points', 'שָׁלוֹם'],
    ['in Thai', 'สวัสดีครับ น้ำ'],
    ['in Hindi', 'नमस्ते दुनिया'],
  ])('%s is posted as it is', async (_, text) => {
    expect(await talk.posted(ann, text)).toMatchObject({ text, heldBack: false });
  });
});

test('a name in a script from right to left is shown, and one without letters of its own is not made up', async () => {
  const person = await talk.person({ displayName: 'ليلى' });
  expect((await talk.posted(person, 'Hello')).author.displayName).toBe('ليلى');
});

test('a clientMutationId has 1 to 255 characters', async () => {
  for (const clientMutationId of ['', 'm'.repeat(256)])
    expect(refusal(await talk.post(ann, { clientMutationId }))).toEqual({
      code: 'VALIDATION_FAILED',
      field: ['input', 'clientMutationId'],
    });
  await talk.posted(ann, 'Long', { clientMutationId: 'm'.repeat(255) });
});

describe('an account', () => {
  test('posts so many messages a minute, of a thousand at once too, and then learns when it may again', async () => {
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, (_, at) => talk.post(ann, { text: `Message ${at}` })),
    );
    const posted = answers.filter(({ chatMessage }) => chatMessage !== undefined);
    expect(posted).toHaveLength(RATE_LIMITS.postChatMessage.user);
    const refused = new Set(answers.filter(({ code }) => code !== undefined).map(({ code }) => code));
    expect(refused).toEqual(new Set(['CHAT_TOO_FAST']));
    expect((await talk.post(ann, {})).message).toMatch(/in \d+ seconds/);
    await talk.gateway.advance(61);
    await talk.posted(ann, 'Later');
    expect(await talk.messages()).toHaveLength(RATE_LIMITS.postChatMessage.user + 1);
  });

  test('that the main API has refused neither posts, reacts nor reports, and is told so before', async () => {
    const { id } = await talk.posted(await talk.person(), 'Hello');
    await env.DB.prepare('UPDATE user_account SET refused_at = 1 WHERE id = ?1').bind(ann.id).run();
    expect(await talk.post(ann, {})).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    expect(await talk.react(ann, id)).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    expect(await talk.report(ann, id)).toBe(false);
    expect(await talk.room('viewerMayPost viewerRefusal', ann)).toEqual({
      viewerMayPost: false,
      viewerRefusal: 'CHAT_NOT_ALLOWED',
    });
  });
});

describe('an id', () => {
  test('of nothing, or of another type, is of no room and no message', async () => {
    const { id } = await talk.posted(ann, 'Hello');
    const others = [talk.ofProject.projectId, id, 'nonsense', encodeGlobalId('ChatRoom', 'project:none')];
    for (const roomId of [...others, encodeGlobalId('ChatRoom', 'planet:mars')])
      expect(refusal(await talk.post(ann, { roomId }))).toEqual({
        code: 'CHAT_ROOM_NOT_FOUND',
        field: ['input', 'roomId'],
      });
    const none = [talk.roomId, 'nonsense', encodeGlobalId('ChatMessage', `${talk.key}/0`)];
    for (const messageId of [...none, encodeGlobalId('ChatMessage', `${talk.key}/99`)]) {
      expect((await talk.remove(ann, messageId)).code, messageId).toBe('CHAT_MESSAGE_NOT_FOUND');
      expect((await talk.react(ann, messageId)).code).toBe('CHAT_MESSAGE_NOT_FOUND');
      expect(await talk.report(ann, messageId)).toBe(false);
      const { data } = await talk.asked(`{ node(id: "${messageId}") { ... on ChatMessage { id } } }`);
      expect(messageId === talk.roomId ? null : data.node).toBeNull();
    }
  });

  test('of a message of another room is not answered, moderated or a place in a list', async () => {
    const elsewhere = await talk.posted(ann, 'There', { roomId: talk.poolRoomId });
    expect(refusal(await talk.post(ann, { replyTo: elsewhere.id }))).toEqual({
      code: 'CHAT_MESSAGE_NOT_FOUND',
      field: ['input', 'replyTo'],
    });
    expect(refusal(await talk.post(ann, { replyTo: talk.roomId }))).toMatchObject({
      code: 'CHAT_MESSAGE_NOT_FOUND',
    });
    const pinned = await talk.moderate(await talk.moderator(), { action: 'PIN', messageId: elsewhere.id });
    expect(refusal(pinned)).toEqual({ code: 'CHAT_MESSAGE_NOT_FOUND', field: ['input', 'messageId'] });
  });
});

describe('a page', () => {
  const errorOf = async (args: string) => {
    const { errors = [], status } = await talk.asked(
      `{ chatRoom(of: { projectId: "${talk.ofProject.projectId}" }) { id messages${args} { nodes { id } } } }`,
    );
    return [
      status,
      ...errors.map(({ path, extensions }) => [path, extensions.code, extensions.argumentPath]),
    ];
  };

  test.each([0, -1, 101])('of %i messages is refused', async (first) => {
    const at = ['chatRoom', 'messages'];
    expect(await errorOf(`(first: ${first})`)).toEqual([200, [at, 'BAD_USER_INPUT', ['first']]]);
  });

  test('behind a message of another room, or behind nonsense, is refused', async () => {
    await talk.posted(ann, 'There', { roomId: talk.poolRoomId });
    const { data } = await talk.asked(
      `{ chatRoom(of: { poolId: "${talk.ofPool.poolId}" }) { messages { edges { cursor } } } }`,
    );
    const { messages } = data.chatRoom as { messages: { edges: { cursor: string }[] } };
    const expected = [200, [['chatRoom', 'messages'], 'BAD_USER_INPUT', ['after']]];
    for (const after of [messages.edges[0]?.cursor, 'nonsense', talk.roomId, ''])
      expect(await errorOf(`(after: ${JSON.stringify(after)})`), after).toEqual(expected);
  });
});

test('a room is asked for by one key, and null is of nobody', async () => {
  const { projectId } = talk.ofProject;
  const { poolId } = talk.ofPool;
  for (const of of ['{}', `{ projectId: "${projectId}", poolId: "${poolId}" }`, '{ projectId: null }'])
    expect((await talk.asked(`{ chatRoom(of: ${of}) { id } }`)).errors?.[0]?.extensions.code, of).toBe(
      'BAD_USER_INPUT',
    );
  for (const of of [
    `{ poolId: "${projectId}" }`,
    `{ projectId: "${poolId}" }`,
    '{ projectId: "nonsense" }',
  ]) {
    const { data, errors } = await talk.asked(`{ chatRoom(of: ${of}) { id } }`);
    expect([data, errors], of).toEqual([{ chatRoom: null }, undefined]);
  }
});

test('the reason of a report has 1 to 500 characters', async () => {
  const { id } = await talk.posted(await talk.person(), 'Hello');
  for (const reason of ['', 'r'.repeat(501)]) {
    const { errors } = await talk.asked(
      `mutation { reportChatMessage(messageId: "${id}", reason: "${reason}") }`,
      ann,
    );
    expect(errors?.map(({ extensions }) => [extensions.code, extensions.argumentPath])).toEqual([
      ['BAD_USER_INPUT', ['reason']],
    ]);
  }
});

describe('when the project is delisted', () => {
  test('its rooms are closed: nobody reads, posts, reacts or moderates there, and authors take back what is theirs', async () => {
    const moderator = await talk.moderator();
    const message = await talk.posted(ann, 'Hello');
    const inPool = await talk.posted(ann, 'There', { roomId: talk.poolRoomId });
    await env.DB.prepare("UPDATE project_cache SET status = 'delisted' WHERE id = ?1")
      .bind(talk.projectId)
      .run();
    const { data } = await talk.asked(
      `{ project: chatRoom(of: { projectId: "${talk.ofProject.projectId}" }) { id }
         pool: chatRoom(of: { poolId: "${talk.ofPool.poolId}" }) { id }
         room: node(id: "${talk.roomId}") { id } message: node(id: "${message.id}") { id } }`,
      ann,
    );
    expect(data).toEqual({ project: null, pool: null, room: null, message: null });
    for (const roomId of [talk.roomId, talk.poolRoomId])
      expect((await talk.post(ann, { roomId })).code).toBe('CHAT_ROOM_NOT_FOUND');
    expect((await talk.react(ann, message.id)).code).toBe('CHAT_MESSAGE_NOT_FOUND');
    expect(await talk.report(moderator, message.id)).toBe(false);
    expect((await talk.moderate(moderator, { action: 'PIN', messageId: message.id })).code).toBe(
      'CHAT_ROOM_NOT_FOUND',
    );
    for (const { id } of [message, inPool])
      expect((await talk.remove(ann, id)).chatMessage).toMatchObject({ id, deleted: true });
  });
});
