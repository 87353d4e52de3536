import { expect, test } from 'vitest';
import { mergedReads, type RoomAsk } from '../../../src/chat/merged-reads.ts';

const room = 'project:one';

test('all that is asked of a room is one call, and each room has its own', () => {
  const asks: RoomAsk[] = [
    { room, state: true },
    { room, page: { before: null, limit: 3 } },
    { room, sequence: 7 },
    { room: 'pool:two', ofViewer: true },
    { room, sequence: 7 },
    { room, page: { before: null, limit: 51 } },
    { room, sequence: 8 },
  ];
  const reads = mergedReads(asks);
  expect(reads.map(({ room: asked, request }) => [asked, request])).toEqual([
    [room, { messages: { before: null, limit: 51 }, bySequence: [7, 8], state: true }],
    ['pool:two', { ofViewer: true }],
  ]);
  expect(new Set(reads.flatMap((read) => read.asks))).toEqual(new Set(asks));
});

test('a page that begins elsewhere is another call, and the state comes with the newest page', () => {
  const asks: RoomAsk[] = [
    { room, page: { before: 9, limit: 5 } },
    { room, state: true },
    { room, page: { before: null, limit: 2 } },
    { room, page: { before: 9, limit: 6 } },
  ];
  const reads = mergedReads(asks);
  expect(reads.map(({ request }) => request)).toEqual([
    { messages: { before: 9, limit: 6 } },
    { messages: { before: null, limit: 2 }, state: true },
  ]);
  expect(reads.map((read) => read.asks.length)).toEqual([2, 2]);
});

test('without the newest page the state comes with another one', () => {
  const [read, ...others] = mergedReads([
    { room, page: { before: 9, limit: 5 } },
    { room, state: true },
  ]);
  expect([read?.request, others]).toEqual([{ messages: { before: 9, limit: 5 }, state: true }, []]);
});
