/** What moderators do in a room, and what others may not. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { CHAT_SLOW_MODE_MAX_SECONDS } from '../../../src/config.ts';
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

const userId = ({ id }: Investor) => encodeGlobalId('User', id);

const act = async (action: string, input: Record<string, unknown> = {}) => {
  const answer = await talk.moderate(moderator, { action, ...input });
  if (answer.room === undefined) throw new Error(JSON.stringify(answer));
  return answer.room;
};

const mayPost = (person: Investor) => talk.room('viewerMayPost viewerRefusal', person);
const MAY = { viewerMayPost: true, viewerRefusal: null };
const MAY_NOT = { viewerMayPost: false, viewerRefusal: 'CHAT_NOT_ALLOWED' };

test('nobody moderates but who has the permission at this moment', async () => {
  const input = `{ roomId: "${talk.roomId}", action: SLOW_MODE, seconds: 5 }`;
  const asked = async (asker?: Investor) => {
    const { errors } = await talk.asked(`mutation { moderateChat(input: ${input}) { __typename } }`, asker);
    return errors?.map(({ extensions }) => extensions.code);
  };
  const team = await talk.person({ displayName: 'Quill of the makers', permissions: ['read', 'team'] });
  expect([await asked(), await asked(ann), await asked(team)]).toEqual([
    ['UNAUTHENTICATED'],
    ['FORBIDDEN'],
    ['FORBIDDEN'],
  ]);
  expect(await asked(moderator)).toBeUndefined();
});

describe('a mute', () => {
  test('lasts for its time, and keeps its user from posting alone', async () => {
    const { id } = await talk.posted(moderator, 'Hello');
    expect(await mayPost(ann)).toEqual(MAY);
    await act('MUTE', { userId: userId(ann), seconds: 60, reason: 'Shouts' });
    expect(await talk.post(ann, {})).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    expect(await mayPost(ann)).toEqual(MAY_NOT);
    expect((await talk.react(ann, id)).chatMessage).toMatchObject({ id });
    await talk.gateway.advance(61);
    await talk.posted(ann, 'Again');
    expect(await mayPost(ann)).toEqual(MAY);
  });

  test('without a time lasts until it is ended', async () => {
    await act('MUTE', { userId: userId(ann) });
    await talk.gateway.advance(600);
    expect(await talk.post(ann, {})).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
    await act('UNMUTE', { userId: userId(ann) });
    await talk.posted(ann, 'Again');
  });

  test('is of one room', async () => {
    await act('MUTE', { userId: userId(ann) });
    await talk.posted(ann, 'There', { roomId: talk.poolRoomId });
  });
});

test('a ban keeps its user from posting, reacting and reporting', async () => {
  const { id } = await talk.posted(await talk.person(), 'Hello');
  await act('BAN', { userId: userId(ann), seconds: 60 });
  expect(await talk.post(ann, {})).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
  expect(await talk.react(ann, id)).toMatchObject({ code: 'CHAT_NOT_ALLOWED' });
  expect(await talk.report(ann, id)).toBe(false);
  await act('UNBAN', { userId: userId(ann) });
  await talk.posted(ann, 'Again');
});

test('moderators and the team are not muted or banned, and post in slow mode', async () => {
  const team = await talk.person({ displayName: 'Quill of the makers', permissions: ['read', 'team'] });
  for (const staff of [team, moderator])
    for (const action of ['MUTE', 'BAN'])
      expect(await talk.moderate(moderator, { action, userId: userId(staff) })).toMatchObject({
        ...{ code: 'CHAT_NOT_ALLOWED', field: ['input', 'userId'] },
      });
  await act('SLOW_MODE', { seconds: 60 });
  for (const staff of [team, team, moderator]) await talk.posted(staff, 'Hello');
});

test('slow mode makes an author wait, and is ended by 0 seconds', async () => {
  expect(await act('SLOW_MODE', { seconds: 30 })).toMatchObject({ slowModeSeconds: 30 });
  await talk.posted(ann, 'One');
  expect(await talk.post(ann, {})).toMatchObject({ code: 'CHAT_TOO_FAST' });
  expect(await talk.room('viewerRefusal', ann)).toEqual({ viewerRefusal: 'CHAT_TOO_FAST' });
  await talk.posted(await talk.person(), 'Another author');
  await talk.gateway.advance(31);
  await talk.posted(ann, 'Two');
  expect(await act('SLOW_MODE', { seconds: 0 })).toMatchObject({ slowModeSeconds: 0 });
  await talk.posted(ann, 'Three');
});

test('one message is pinned, another one in its place, and a deleted one is not any more', async () => {
  const [first, second] = [await talk.posted(ann, 'One'), await talk.posted(ann, 'Two')];
  expect(await act('PIN', { messageId: first.id })).toMatchObject({ pinned: { id: first.id } });
  expect(await act('PIN', { messageId: second.id })).toMatchObject({ pinned: { id: second.id } });
  await talk.remove(ann, second.id);
  expect(await talk.room('pinned { id }')).toEqual({ pinned: null });
  await act('PIN', { messageId: first.id });
  expect(await act('UNPIN', { messageId: first.id })).toMatchObject({ pinned: null });
});

test("a moderator takes others' messages away", async () => {
  const { id } = await talk.posted(ann, 'Rude');
  expect((await talk.remove(moderator, id)).chatMessage).toMatchObject({ id, deleted: true });
});

describe('an act that lacks something is refused', () => {
  test.each([
    ['RELEASE', {}, 'messageId'],
    ['PIN', {}, 'messageId'],
    ['MUTE', {}, 'userId'],
    ['UNMUTE', {}, 'userId'],
    ['BAN', {}, 'userId'],
    ['UNBAN', {}, 'userId'],
    ['SLOW_MODE', {}, 'seconds'],
    ['SLOW_MODE', { seconds: -1 }, 'seconds'],
    ['SLOW_MODE', { seconds: CHAT_SLOW_MODE_MAX_SECONDS + 1 }, 'seconds'],
    ['MUTE', { userId: encodeGlobalId('User', 'nobody') }, 'userId'],
    ['MUTE', { userId: encodeGlobalId('Project', 'project') }, 'userId'],
    ['MUTE', { userId: encodeGlobalId('User', 'nobody'), seconds: 0 }, 'seconds'],
    ['BAN', { userId: encodeGlobalId('User', 'nobody'), seconds: -5 }, 'seconds'],
    ['SLOW_MODE', { seconds: 1, reason: 'r'.repeat(501) }, 'reason'],
  ])('%s with %j', async (action, input, field) => {
    expect(await talk.moderate(moderator, { action, ...input })).toMatchObject({
      ...{ code: 'VALIDATION_FAILED', field: ['input', field] },
    });
  });
});
