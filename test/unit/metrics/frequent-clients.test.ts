import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OTHER_CLIENTS_MAX } from '../../../src/config.ts';
import { FrequentClients } from '../../../src/metrics/frequent-clients.ts';

test('a name of which come two in a hundred requests is never missing, and its count is no more than the true one', () => {
  const names = fc.array(fc.oneof(fc.constantFrom('x', 'y'), fc.nat(2_000).map(String)), {
    minLength: 1,
    maxLength: 5_000,
    size: 'max',
  });
  fc.assert(
    fc.property(names, (drawn) => {
      const frequent = new FrequentClients();
      const truth = new Map<string, number>();
      for (const name of drawn) {
        frequent.add(name, '');
        truth.set(name, (truth.get(name) ?? 0) + 1);
      }
      const taken = new Map(frequent.take().map(({ client, count }) => [client, count]));
      expect(taken.size).toBeLessThanOrEqual(OTHER_CLIENTS_MAX);
      for (const [name, count] of taken) expect(count).toBeLessThanOrEqual(truth.get(name) ?? 0);
      for (const [name, count] of truth)
        if (count * 50 >= drawn.length) expect([...taken.keys()]).toContain(name);
    }),
    { numRuns: 50 },
  );
});
