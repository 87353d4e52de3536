import { expect, test } from 'vitest';
import { WorkersCache } from '../../../bench/cost/workers-cache.ts';

const POLICY = {
  maxAgeSeconds: 60,
  staleWhileRevalidateSeconds: 60,
  staleIfErrorSeconds: 300,
  scope: 'public',
  tags: ['projects'],
} as const;

/** Asks for one answer at a second and a place; says who answered, and how the Worker was asked meanwhile. */
function startCache(upperTiers: number) {
  const cache = new WorkersCache({ locations: 2, upperTiers });
  const ask = async (second: number, location = 0, ageSeconds = 0) => {
    const nowMs = second * 1000;
    const forwarded: ('plain' | 'conditional')[] = [];
    const outcome = await cache.serve({
      location,
      key: 'answer',
      policy: { ...POLICY, tags: [...POLICY.tags] },
      nowMs,
      forward: async (isConditional) => {
        forwarded.push(isConditional ? 'conditional' : 'plain');
        return { executedAtMs: nowMs - ageSeconds * 1000 };
      },
    });
    return [outcome, ...forwarded];
  };
  return { cache, ask };
}

test('answers from the location while fresh, then stale with one revalidation, then not at all', async () => {
  const { ask } = startCache(0);
  expect(await ask(0)).toEqual(['forwarded', 'plain']);
  expect(await ask(59)).toEqual(['lower']);
  expect(await ask(60)).toEqual(['lower', 'conditional']);
  expect(await ask(61)).toEqual(['lower']);
  expect(await ask(181)).toEqual(['forwarded', 'conditional']);
});

test('counts the age that an answer came with', async () => {
  const { ask } = startCache(0);
  await ask(0, 0, 50);
  expect(await ask(9)).toEqual(['lower']);
  expect(await ask(10)).toEqual(['lower', 'conditional']);
});

test('locations share what an upper tier holds, and only then', async () => {
  const apart = startCache(0);
  await apart.ask(0, 0);
  expect(await apart.ask(1, 1)).toEqual(['forwarded', 'plain']);
  const together = startCache(1);
  await together.ask(0, 0);
  expect(await together.ask(1, 1)).toEqual(['upper']);
  expect(await together.ask(2, 1)).toEqual(['lower']);
});

test('a purged tag takes what was made before it out of every tier', async () => {
  const { cache, ask } = startCache(1);
  await ask(0);
  cache.purge(['pools'], 1_000);
  expect(await ask(2)).toEqual(['lower']);
  cache.purge(['projects'], 3_000);
  expect(await ask(4)).toEqual(['forwarded', 'plain']);
});
