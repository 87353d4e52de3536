/** An isolate that serves sockets alone learns of changes, by a clock that the test drives. */
import { beforeEach, expect, test, vi } from 'vitest';
import {
  CACHE_GENERATIONS_MEMORY_SECONDS,
  CACHE_GENERATIONS_RENEWAL_SECONDS,
} from '../../../src/storage/kv/keys.ts';
import { type ClientSocket, connect } from '../../support/client-socket.ts';
import { CRONS } from '../../support/gateway.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { type Serving, startServing } from '../../support/serving-bench.ts';

/** Its answers live for an hour. */
const CATEGORIES = '{ projectCategories { name projectCount } }';

let serving: Serving;
let socket: ClientSocket;

beforeEach(async () => {
  // Alarms of hubs go by the real clock.
  const startAt = Math.floor(Date.now() / 1000);
  serving = await startServing({
    market: { projectCount: 8, poolCount: 0, investmentCount: 0, startAt },
    crons: [CRONS.projects],
  });
  coldIsolate();
  socket = await connect(`hub-${crypto.randomUUID()}`);
  return () => {
    socket.close();
    vi.useRealTimers();
  };
});

async function categories(): Promise<string[]> {
  socket.subscribe('a', CATEGORIES);
  const { payload } = await socket.next();
  expect(await socket.next()).toEqual({ id: 'a', type: 'complete' });
  return payload.data.projectCategories.map(({ name }: { name: string }) => name);
}

async function syncNewCategory(): Promise<void> {
  const { projects } = await serving.market.records();
  for (const { id } of projects) await serving.market.patchProject(id, { category: 'New' });
  await serving.gateway.advance(1);
  await serving.gateway.scheduled(CRONS.projects);
}

/** The work beside requests goes on while the clock stands still. */
const untilNew = () => vi.waitFor(async () => expect(await categories()).toEqual(['New']));

test('a kept answer is made anew after a sync changed its tag, though queries come before generations are too old', async () => {
  const before = await categories();
  expect(before).not.toContain('New');
  await syncNewCategory();
  expect(await categories()).toEqual(before);
  await serving.gateway.advance(CACHE_GENERATIONS_RENEWAL_SECONDS);
  await untilNew();
});

test('the first query after a silence finds that its kept answer is stale, and a later one has the new answer', async () => {
  const before = await categories();
  await syncNewCategory();
  await serving.gateway.advance(CACHE_GENERATIONS_MEMORY_SECONDS);
  expect(await categories()).toEqual(before);
  await untilNew();
});
