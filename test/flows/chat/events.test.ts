/** What happens in a room reaches everybody who watches it, once and in order, and nobody else. */
import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { CHAT_GAP_MESSAGES } from '../../../src/config.ts';
import { openTalk, type Talk } from '../../support/chat/talk.ts';
import { type ClientSocket, connect } from '../../support/client-socket.ts';
import type { Investor } from '../../support/investors.ts';

const EVENTS = `subscription ($roomId: ID!) {
  chatEvents(roomId: $roomId) { kind message { id text deleted replyTo { text } reactions { kind count } } }
}`;

let talk: Talk;
let ann: Investor;

beforeAll(async () => {
  talk = await openTalk();
  ann = await talk.person();
});

async function connected(hubName: string): Promise<ClientSocket> {
  const socket = await connect(hubName);
  onTestFinished(() => socket.close());
  return socket;
}

/** Watches the room from a position on. */
async function watching(hubName: string, resumeFrom: string): Promise<ClientSocket> {
  const socket = await connected(hubName);
  socket.subscribe('a', EVENTS, { roomId: talk.roomId }, { resumeFrom });
  return socket;
}

/** A position from which everything is known: the state of the room says it. */
const positionNow = async () => (await talk.room<{ position: string }>('position')).position;

/** Kind and text of the next events, and the last one's position. */
async function events(socket: ClientSocket, count: number) {
  const seen: [string, string][] = [];
  let position = '';
  let gaps = 0;
  for (let at = 0; at < count; at += 1) {
    const { payload } = await socket.next();
    const { kind, message } = payload.data.chatEvents;
    seen.push([kind, message.text]);
    position = payload.extensions.position;
    if (payload.extensions.gap) gaps += 1;
  }
  return { seen, position, gaps };
}

test('a watcher of one room hears of it and of no other, also after its hub has hibernated', async () => {
  const from = await positionNow();
  const pool = { roomId: talk.poolRoomId };
  await talk.posted(ann, 'before', pool);
  const socket = await connected('hub-0');
  // It begins with the newest messages, which shows that it runs.
  socket.subscribe('pool', EVENTS, pool, { resumeFrom: '1' });
  expect(await events(socket, 1)).toMatchObject({ seen: [['POSTED', 'before']], gaps: 1 });
  socket.subscribe('a', EVENTS, { roomId: talk.roomId }, { resumeFrom: from });
  await talk.posted(ann, 'first');
  expect(await events(socket, 1)).toMatchObject({ seen: [['POSTED', 'first']], gaps: 0 });
  await evictDurableObject(env.SUBSCRIPTION_HUBS.getByName('hub-0'));
  const second = await talk.posted(ann, 'second');
  await talk.react(ann, second.id);
  await talk.remove(ann, second.id);
  // Changes of one message that were not delivered yet are one event.
  let last: [string, string] | undefined;
  while (last?.[0] !== 'DELETED') [last] = (await events(socket, 1)).seen;
  expect(last).toEqual(['DELETED', '']);
  await talk.posted(ann, 'in the pool', pool);
  expect(await socket.next()).toMatchObject({
    id: 'pool',
    payload: { data: { chatEvents: { kind: 'POSTED', message: { text: 'in the pool' } } } },
  });
  await socket.expectSilence();
});

test('who comes back at another hub gets what they have missed, without what was taken away meanwhile', async () => {
  const from = await positionNow();
  const kept = await talk.posted(ann, 'kept');
  const gone = await talk.posted(ann, 'gone');
  await talk.posted(ann, 'an answer', { replyTo: gone.id });
  await talk.remove(ann, gone.id);
  const socket = await watching('hub-1', from);
  const missed = await events(socket, 3);
  expect(missed).toMatchObject({ gaps: 0 });
  expect(missed.seen.toSorted()).toEqual([
    ['DELETED', ''],
    ['POSTED', 'an answer'],
    ['POSTED', 'kept'],
  ]);
  await talk.react(ann, kept.id);
  expect((await events(socket, 1)).seen).toEqual([['REACTED', 'kept']]);
  await socket.expectSilence();
});

test('a position that nobody knows any more is answered with the newest messages, oldest first, and a gap', async () => {
  for (let at = 0; at < 3; at += 1) await talk.posted(ann, `newest ${at}`);
  const { length } = await talk.messages(`(first: ${CHAT_GAP_MESSAGES})`);
  const socket = await watching('hub-2', '1');
  const { seen, gaps, position } = await events(socket, length);
  expect(gaps).toBe(1);
  expect(seen.slice(-3).map(([, text]) => text)).toEqual(['newest 0', 'newest 1', 'newest 2']);
  await socket.expectSilence();
  const again = await watching('hub-0', position);
  await talk.posted(ann, 'after the gap');
  for (const each of [socket, again])
    expect((await events(each, 1)).seen).toEqual([['POSTED', 'after the gap']]);
});

test('a room that does not exist is refused, and so is an id of something else', async () => {
  const socket = await connected('hub-3');
  for (const roomId of [talk.ofProject.projectId, 'nonsense']) {
    socket.subscribe('a', EVENTS, { roomId });
    expect(await socket.next()).toMatchObject({
      type: 'error',
      payload: [{ extensions: { code: 'NOT_FOUND', argumentPath: ['roomId'] } }],
    });
  }
});

test('a room counts its watchers, without a hub that sleeps being restored', async () => {
  const from = await positionNow();
  const sockets = [await watching('hub-3', from), await watching('hub-3', from)];
  await talk.posted(ann, 'is anybody there');
  for (const socket of sockets) await events(socket, 1);
  const hub = env.SUBSCRIPTION_HUBS.getByName('hub-3');
  expect(await hub.watchers(`chat/${talk.key}`)).toBe(2);
  await evictDurableObject(hub);
  expect(await hub.watchers(`chat/${talk.key}`)).toBe(2);
  expect(await hub.watchers('chat/project:another')).toBe(0);
});
