import { expect, test } from 'vitest';
import {
  dailyUse,
  grownTo,
  type Watching,
  type WatchingCosts,
  watchingBill,
} from '../../../../bench/live/watching-cost.ts';

const COSTS: WatchingCosts = {
  perConnection: {
    workerRequests: 1,
    objectRequests: 2,
    messages: 2,
    rowsRead: 3,
    rowsWritten: 1,
    cpuMs: 4,
  },
  perPoll: {
    objectRequests: 1,
    objectRequestsPerHub: 1,
    upstreamCalls: 1,
    rowsRead: 1,
    rowsWritten: 2,
    rowsReadPerHub: 3,
    rowsWrittenPerHub: 1,
    feedMs: 10,
  },
  perMessageCpuMs: 0.5,
  perFrameCpuMs: 0.04,
  frameBytes: 200,
};

/** One connection a watcher, and nobody answers pings. */
const WATCHING: Watching = {
  watchers: 1_000,
  hubs: 4,
  pollSeconds: 10,
  sessionSeconds: 86_400,
  pongSeconds: Number.POSITIVE_INFINITY,
  initialisationSeconds: 10,
  upstreamMs: 100,
};
const POLLS = 8_640;

test('a poll is one alarm, one upstream call, and one call of each hub, which has rows of its own', () => {
  const use = dailyUse(COSTS, { ...WATCHING, watchers: 0 });
  expect(use).toMatchObject({
    frames: 0,
    workerRequests: 0,
    objectRequests: POLLS * (1 + 4),
    upstreamCalls: POLLS,
    rowsRead: POLLS * (1 + 4 * 3),
    rowsWritten: POLLS * (2 + 4),
  });
});

test('a watcher is sent a frame a poll, and costs its connection and an alarm of its hub', () => {
  const use = dailyUse(COSTS, WATCHING);
  expect(use.frames).toBe(1_000 * POLLS);
  expect(use.bytesOut).toBe(1_000 * POLLS * 200);
  expect(use.workerRequests).toBe(1_000);
  expect(use.workerCpuMs).toBe(4_000);
  // Twenty messages are one request.
  expect(use.objectRequests).toBe(POLLS * 5 + 1_000 * 2 + 1_000 + 2_000 / 20);
  expect(use.rowsRead).toBe(POLLS * 13 + 3_000);
  expect(use.rowsWritten).toBe(POLLS * 6 + 1_000 + 1_000);
});

test('however many connect, a hub has no more alarms than fit in a day', () => {
  const use = (watchers: number) => dailyUse(COSTS, { ...WATCHING, watchers }).objectRequests;
  expect(use(1_000_000) - use(900_000)).toBeCloseTo(100_000 * (2 + 0.1));
});

test('objects are charged 128 MB for as long as hubs send and the feed waits for the price API and its slowest hub', () => {
  const use = dailyUse(COSTS, WATCHING);
  const seconds = 4 + (1_000 * POLLS * 0.04) / 1000 + (POLLS * (10 + 100 + 250 * 0.04)) / 1000;
  expect(use.objectGigabyteSeconds).toBeCloseTo(seconds * 0.128);
});

test('a pong is a message that comes in', () => {
  const use = dailyUse(COSTS, { ...WATCHING, pongSeconds: 60 });
  const silent = dailyUse(COSTS, WATCHING);
  expect(use.messagesIn - silent.messagesIn).toBe(1_000 * 1_440);
  expect(use.objectRequests - silent.objectRequests).toBeCloseTo((1_000 * 1_440) / 20);
  expect(use.objectGigabyteSeconds - silent.objectGigabyteSeconds).toBeCloseTo(1_440 * 0.5 * 0.128);
});

test('a day is charged from the first unit on, a month beyond what the plan includes', () => {
  const use = {
    frames: 0,
    bytesOut: 0,
    messagesIn: 0,
    upstreamCalls: 0,
    workerRequests: 1e6,
    workerCpuMs: 0,
    objectRequests: 1e6,
    objectGigabyteSeconds: 0.1e6,
    rowsRead: 0,
    rowsWritten: 1e6,
  };
  const { dollarsADay, dollarsAMonth } = watchingBill(use);
  expect(dollarsADay).toBeCloseTo(0.3 + 0.15 + 1.25 + 1);
  expect(dollarsAMonth).toBeCloseTo(20 * 0.3 + 29 * 0.15 + 2.6 * 12.5 + 0);
});

test('what grows is told as rates', () => {
  const grown = grownTo(COSTS, { ...WATCHING, watchers: 1_000_000, hubs: 200 });
  expect(grown.framesPerSecond).toBe(100_000);
  expect(grown.bytesPerSecond).toBe(20_000_000);
  expect(grown.cores).toBeCloseTo(4);
  expect(grown.lastSocketMs).toBeCloseTo(200);
});
