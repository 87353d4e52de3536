/** Runs that hand accounts over and end in the middle, and many of them at once. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OutboxDeps } from '../../../src/auth/user-outbox.ts';
import { refreshRights } from '../../../src/auth/user-rights.ts';
import { linkWallet } from '../../../src/storage/d1/users.ts';
import {
  account,
  createOutboxBench,
  errorsOf,
  FIRST_WALLET,
  NEW_CUSTOMER,
  type OutboxBench,
  SECOND_WALLET,
  THIRD_WALLET,
} from './outbox-bench.ts';

const { DB: db } = env;

describe('a run that ends in the middle', () => {
  /** D1 and the main API, of which one call is the last: it does not happen, or nobody learns that it has. */
  function endingDeps(bench: OutboxBench, lastCall: number, isDone: boolean) {
    let calls = 0;
    const step = async <Result>(perform: () => Promise<Result>): Promise<Result> => {
      calls += 1;
      if (calls > lastCall || (calls === lastCall && !isDone)) throw new Error('the isolate was evicted');
      const result = await perform();
      if (calls >= lastCall) throw new Error('the isolate was evicted');
      return result;
    };
    const { mainApi, write } = bench.outboxDeps;
    const deps: Partial<OutboxDeps> = {
      mainApi: {
        createUser: (...asked) => step(() => mainApi.createUser(...asked)),
        userStats: (...asked) => step(() => mainApi.userStats(...asked)),
      },
      write: (statements) => step(() => write(statements)),
    };
    return { deps, hasEnded: () => calls >= lastCall };
  }

  test.each([
    ['before a step', false],
    ['after a step', true],
  ])('leaves nothing undone and nothing done twice, if it ends %s', async (_, isDone) => {
    let lastCall = 0;
    for (let hasEnded = true; hasEnded; ) {
      lastCall += 1;
      const bench = await createOutboxBench();
      await bench.customer('cus_1', { wallet_addresses: [SECOND_WALLET] });
      await bench.open('usr_a');
      for (const wallet of [FIRST_WALLET, SECOND_WALLET, THIRD_WALLET]) await bench.link('usr_a', wallet);
      const ending = endingDeps(bench, lastCall, isDone);
      await bench.send('usr_a', ending.deps);
      hasEnded = ending.hasEnded();

      while ((await bench.pending()).length > 0) {
        await bench.advance(60);
        await bench.send();
      }
      const where = `call ${lastCall}`;
      expect(new Set(bench.posted.map((posted) => JSON.stringify(posted))).size, where).toBe(4);
      expect(bench.keys(), where).toEqual(bench.keys().toSorted());
      expect(await account('usr_a'), where).toMatchObject({
        refusedAt: null,
        wallets: [FIRST_WALLET, THIRD_WALLET],
      });
      expect(errorsOf(bench), where).toContainEqual(['users.wallet_refused', 'usr_a']);
      await refreshRights(db, bench.deps.mainApi, 'usr_a', bench.now());
      expect(await account('usr_a'), where).toMatchObject(NEW_CUSTOMER);
    }
    // Each of four versions: a claim, a post and a write; the rights of the first one; a claim that finds nothing.
    expect(lastCall - 1).toBe(4 * 3 + 1 + 1);
  });

  test.each([false, true])('refuses an account all the same: %j', async (isDone) => {
    for (let lastCall = 1; lastCall <= 3; lastCall += 1) {
      const bench = await createOutboxBench();
      await bench.customer('cus_1', { email: 'usr_a@example.com' });
      await bench.open('usr_a');
      await bench.send('usr_a', endingDeps(bench, lastCall, isDone).deps);
      await bench.advance(60);
      await bench.send();
      expect(await bench.pending()).toEqual([]);
      expect((await account('usr_a')).refusedAt).not.toBeNull();
      expect(errorsOf(bench)).toContainEqual(['users.refused', 'usr_a']);
    }
  });
});

describe('many runs at once', () => {
  test('send each version once, and none before the earlier one is answered', async () => {
    const users = ['usr_a', 'usr_b', 'usr_c'];
    const wallet = fc.record({
      user: fc.constantFrom(...users),
      address: fc.integer({ min: 1, max: 6 }).map((digit) => `0x${String(digit).repeat(40)}`),
    });
    const sender = fc.constantFrom(undefined, ...users);
    const turns = fc.infiniteStream(fc.integer({ min: 0, max: 4 }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(wallet, { maxLength: 6 }),
        fc.array(wallet, { maxLength: 4 }),
        fc.array(sender, { minLength: 2, maxLength: 6 }),
        turns,
        async (before, meanwhile, senders, delays) => {
          const bench = await createOutboxBench();
          const answered: string[] = [];
          const asked: string[] = [];
          const mainApi: OutboxDeps['mainApi'] = {
            userStats: async () => null,
            async createUser({ userId, sequence }) {
              asked.push(`${userId}:${sequence}`);
              const earlier = Array.from({ length: sequence - 1 }, (_, index) => `${userId}:${index + 1}`);
              expect(answered).toEqual(expect.arrayContaining(earlier));
              for (let turn = delays.next().value; turn > 0; turn -= 1) await scheduler.wait(0);
              answered.push(`${userId}:${sequence}`);
              return 'stored';
            },
          };
          for (const user of users) await bench.open(user);
          for (const { user, address } of before) await bench.link(user, address);
          await Promise.all([
            ...senders.map((user) => bench.send(user, { mainApi })),
            ...meanwhile.map(({ user, address }) =>
              linkWallet(db, user, { address, contractChainId: null }, bench.now()),
            ),
          ]);
          expect(await bench.send(undefined, { mainApi })).toMatchObject({ failed: 0, firstError: null });
          expect(await bench.pending()).toEqual([]);
          expect(asked.toSorted()).toEqual([...new Set(asked)].toSorted());
          const { results } = await db
            .prepare("SELECT id || ':' || sequence AS last FROM user_account")
            .all<{ last: string }>();
          expect(asked).toEqual(expect.arrayContaining(results.map(({ last }) => last)));
        },
      ),
      { numRuns: 15 },
    );
  });

  test('take a version again from a run that is slower than its claim, and send the later one after it', async () => {
    const delay = Promise.withResolvers<void>();
    let calls = 0;
    const bench = await createOutboxBench(async () => {
      calls += 1;
      if (calls === 1) await delay.promise;
    });
    await bench.open('usr_a');
    await bench.link('usr_a', FIRST_WALLET);
    const slow = bench.send();
    await expect.poll(() => calls).toBe(1);
    await bench.advance(59);
    expect(await bench.send()).toMatchObject({ stored: 0, failed: 0 });
    await bench.advance(1);
    expect(await bench.send()).toMatchObject({ stored: 2 });
    delay.resolve();
    expect(await slow).toMatchObject({ stored: 1, refused: 0 });
    expect(bench.keys()).toEqual(['usr_a:1', 'usr_a:1', 'usr_a:2']);
    expect(await account('usr_a')).toMatchObject({ refusedAt: null, wallets: [FIRST_WALLET] });
  });
});
