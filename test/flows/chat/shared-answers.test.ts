/** Rooms in caches: everybody gets the same page for 2 s, and what is a viewer's own is never kept. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { documentIdOf } from '../../support/accounts.ts';
import { parseCacheStatus } from '../../support/cache-status.ts';
import { openTalk, type Talk } from '../../support/chat/talk.ts';
import type { Investor } from '../../support/investors.ts';

let talk: Talk;
let ann: Investor;

beforeEach(async () => {
  talk = await openTalk();
  ann = await talk.person();
});
afterEach(() => vi.useRealTimers());

async function get(name: string, asker?: Investor) {
  const variables = encodeURIComponent(JSON.stringify({ of: talk.ofProject }));
  const path = `/graphql/${documentIdOf(name)}?variables=${variables}`;
  const headers = { 'x-requested-with': 'test', ...asker?.headers };
  talk.gateway.resetCounts();
  const response = await talk.gateway.fetch(path, { headers });
  return {
    text: await response.text(),
    headers: response.headers,
    isHit: parseCacheStatus(response.headers.get('Cache-Status')).hit === true,
    roomCalls: talk.gateway.counts.durableObjectCalls,
  };
}

describe('the page of a room', () => {
  test('is executed once for everybody, without a viewer, and kept for two seconds', async () => {
    await talk.posted(ann, 'Hello');
    const first = await get('ChatRoomPage');
    expect(first.headers.get('Cache-Control')).toBe(
      'public, max-age=2, stale-while-revalidate=0, stale-if-error=0',
    );
    expect([first.isHit, first.roomCalls]).toEqual([false, 1]);
    const moderator = await talk.moderator();
    for (const asker of [undefined, ann, moderator]) {
      const again = await get('ChatRoomPage', asker);
      expect([again.text, again.isHit, again.roomCalls]).toEqual([first.text, true, 0]);
    }
    await talk.posted(ann, 'Hello again');
    await talk.gateway.advance(3);
    const later = await get('ChatRoomPage');
    expect([later.isHit, later.roomCalls]).toEqual([false, 1]);
    expect(later.text).toContain('Hello again');
  });

  test('has nothing that is held back, also if who sees it asks first', async () => {
    const author = await talk.person({ createdAt: Math.floor(Date.now() / 1000) });
    await talk.posted(author, 'A canary');
    const moderator = await talk.moderator();
    for (const asker of [moderator, author, undefined]) {
      await talk.gateway.advance(3);
      expect((await get('ChatRoomPage', asker)).text).not.toContain('A canary');
    }
  });

  test('is made anew after two seconds: a room that was closed is gone then', async () => {
    await get('ChatRoomPage');
    await talk.gateway.advance(3);
    await env.DB.prepare("UPDATE project_cache SET status = 'delisted' WHERE id = ?1")
      .bind(talk.projectId)
      .run();
    expect(JSON.parse((await get('ChatRoomPage')).text)).toEqual({ data: { chatRoom: null } });
  });
});

test('what is held back, and whether one may post, is answered to each viewer and never kept', async () => {
  const author = await talk.person({ createdAt: Math.floor(Date.now() / 1000) });
  await talk.posted(author, 'A canary');
  const moderator = await talk.moderator();
  const answers = [];
  for (const asker of [moderator, undefined, ann, author]) {
    const { text, headers, isHit, roomCalls } = await get('ChatViewer', asker);
    expect(headers.get('Cache-Control')).toBe('private, no-store');
    expect([isHit, roomCalls]).toEqual([false, 1]);
    answers.push(text.includes('A canary'));
  }
  expect(answers).toEqual([true, false, false, true]);
});

test('all fields of a room are one call of it, and of D1, however many there are', async () => {
  await talk.posted(ann, 'Hello');
  const fields = `id position watching slowModeSeconds viewerMayPost viewerRefusal pinned { id } heldBack { id }
    a: messages(first: 2) { nodes { id } } b: messages { nodes { id replyTo { id } } }`;
  const of = `of: { projectId: "${talk.ofProject.projectId}" }`;
  const { data } = await talk.asked(
    `{ one: chatRoom(${of}) { ${fields} } two: chatRoom(${of}) { ${fields} } }`,
    ann,
  );
  expect(data.one).toEqual(data.two);
  talk.gateway.resetCounts();
  await talk.asked(`{ one: chatRoom(${of}) { ${fields} } two: chatRoom(${of}) { ${fields} } }`, ann);
  const { durableObjectCalls, d1Calls } = talk.gateway.counts;
  // If the room is open, and what the rules of posting need. The copy of the session is in memory.
  expect([durableObjectCalls, d1Calls]).toEqual([1, 2]);
});

test('a room whose object does not answer is an error that says when to ask again', async () => {
  const broken = await openTalk({
    REALTIME_CHAT: {
      getByName: () => ({
        read: () => Promise.reject(Object.assign(new Error('busy'), { overloaded: true })),
        post: () => Promise.reject(new Error('Network connection lost.')),
      }),
    },
  });
  const { data, errors } = await broken.asked(
    `{ chatRoom(of: { projectId: "${broken.ofProject.projectId}" }) { id messages { nodes { id } } } }`,
  );
  expect(data).toEqual({ chatRoom: { id: broken.roomId, messages: null } });
  const lost = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 };
  expect(errors).toMatchObject([{ path: ['chatRoom', 'messages'], extensions: lost }]);
  const bob = await broken.person();
  const input = `{ roomId: "${broken.roomId}", text: "Hello", clientMutationId: "once" }`;
  const posted = await broken.asked(`mutation { postChatMessage(input: ${input}) { __typename } }`, bob);
  expect([posted.status, posted.errors]).toMatchObject([503, [{ extensions: lost }]]);
});
