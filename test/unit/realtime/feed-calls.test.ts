import { expect, test } from 'vitest';
import { FEED_WATCH_PAUSE_MS } from '../../../src/config.ts';
import { WatchedTopics } from '../../../src/realtime/watched-topics.ts';

test('a hub calls a feed at most once in each pause, however often clients change what they watch', async () => {
  let nowMs = 0;
  const callsAtMs: number[] = [];
  const topics = new WatchedTopics<number>(
    {
      watch: async () => {
        callsAtMs.push(nowMs);
        return { position: callsAtMs.length, topics: [] };
      },
      refreshed: async () => null,
    },
    () => callsAtMs.length + 1,
    {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        nowMs += ms;
      },
    },
  );
  for (let change = 0; change < 500; change += 1) {
    topics.add([`SYMBOL${change}`]);
    if (change > 0) topics.remove([`SYMBOL${change - 1}`]);
    await topics.update();
    nowMs += 3;
  }
  const pausesMs = callsAtMs.slice(1).map((atMs, index) => atMs - (callsAtMs[index] ?? 0));
  expect(Math.min(...pausesMs)).toBeGreaterThanOrEqual(FEED_WATCH_PAUSE_MS);
  expect(callsAtMs.length).toBeLessThanOrEqual(nowMs / FEED_WATCH_PAUSE_MS + 1);
});
