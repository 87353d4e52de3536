import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GroupedRuns } from '../../../src/investing/grouped-runs.ts';

/** A task whose runs the test ends. */
function startTask() {
  const begun: { resolve(): void; reject(error: Error): void }[] = [];
  const runs = new GroupedRuns(() => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    begun.push({ resolve, reject });
    return promise;
  });
  return { runs, begun };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a run begins at once, and all who ask during it share the next one', async () => {
  const { runs, begun } = startTask();
  const first = runs.run();
  const later = [runs.run(), runs.run(), runs.run()];
  expect(new Set(later).size).toBe(1);
  expect(begun).toHaveLength(1);
  begun[0]?.resolve();
  await first;
  await settle();
  expect(begun).toHaveLength(2);
  expect(runs.isRunning).toBe(true);
  begun[1]?.resolve();
  await Promise.all(later);
  expect(runs.isRunning).toBe(false);
});

test('a run that fails ends no other', async () => {
  const { runs, begun } = startTask();
  const first = runs.run();
  const second = runs.run();
  begun[0]?.reject(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await settle();
  begun[1]?.resolve();
  await second;
});

test('never two at once, and each ask gets a run that begins after it', async () => {
  const steps = fc.array(fc.constantFrom('ask', 'end', 'settle'), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(steps, async (drawn) => {
      let begun = 0;
      let running = 0;
      let end: () => void = () => undefined;
      const runs = new GroupedRuns(async () => {
        begun += 1;
        running += 1;
        expect(running).toBe(1);
        await new Promise<void>((resolve) => {
          end = resolve;
        });
        running -= 1;
      });
      const asks: Promise<void>[] = [];
      for (const step of drawn) {
        if (step === 'ask') {
          const before = begun;
          asks.push(runs.run().then(() => expect(begun).toBeGreaterThan(before)));
        } else if (step === 'end') end();
        else await settle();
      }
      while (runs.isRunning) {
        end();
        await settle();
      }
      await Promise.all(asks);
    }),
    { numRuns: 200 },
  );
});
