/** Accounts reach the main API once each, in order, whatever fails on the way. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { sendOutboxOf } from '../../../src/auth/user-outbox.ts';
import { refreshRights } from '../../../src/auth/user-rights.ts';
import type { FaultKind } from '../sync-bench.ts';
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
const NONE = { userLevel: 0, kycLevel: 0, permissions: [] };

const walletsOf = ({ posted }: OutboxBench) =>
  posted.map(({ key, body }) => [key, JSON.parse(body).wallet_addresses]);

describe('a new account', () => {
  test('is handed over once, and gets its rights', async () => {
    const bench = await createOutboxBench();
    await bench.open('usr_a');
    expect(await bench.send()).toMatchObject({ stored: 1, refused: 0, failed: 0, firstError: null });
    expect(bench.posted).toEqual([
      {
        key: 'usr_a:1',
        body: JSON.stringify({
          id: 'usr_a',
          email: 'usr_a@example.com',
          wallet_addresses: [],
          created_at: bench.now(),
        }),
      },
    ]);
    expect(await account('usr_a')).toMatchObject(NEW_CUSTOMER);
    expect(await bench.send()).toMatchObject({ stored: 0, failed: 0 });
    expect(bench.posted).toHaveLength(1);
  });

  test('is handed over with the wallets that were linked since, each version in order', async () => {
    const bench = await createOutboxBench();
    await bench.open('usr_a');
    await bench.link('usr_a', FIRST_WALLET);
    await bench.link('usr_a', SECOND_WALLET);
    await bench.open('usr_b');
    expect(await bench.send()).toMatchObject({ stored: 4 });
    expect(walletsOf(bench).filter(([key]) => key !== 'usr_b:1')).toEqual([
      ['usr_a:1', []],
      ['usr_a:2', [FIRST_WALLET]],
      ['usr_a:3', [FIRST_WALLET, SECOND_WALLET]],
    ]);
    expect(await bench.pending()).toEqual([]);
  });

  test('is sent alone by its request, whose id and trace it carries', async () => {
    const bench = await createOutboxBench();
    await bench.open('usr_a');
    await bench.open('usr_b');
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await sendOutboxOf('usr_b', { ...bench.outboxDeps, trace: { requestId: 'req-7', traceparent } });
    expect(await bench.pending()).toEqual(['usr_a:1']);
    const { last } = await bench.calls();
    expect(last.find(({ path }) => path === '/internal/users')).toMatchObject({
      headers: { idempotencyKey: 'usr_b:1', requestId: 'req-7', traceparent },
    });
    expect(await account('usr_b')).toMatchObject(NEW_CUSTOMER);
  });

  test('is sent by the next run of the job if its request could not', async () => {
    const bench = await createOutboxBench();
    await bench.open('usr_a');
    await bench.fault('create-user', '503', { times: 3 });
    await sendOutboxOf('usr_a', bench.outboxDeps);
    expect(await bench.pending()).toEqual(['usr_a:1']);
    await bench.advance(60);
    expect(await bench.sync.runJob('user-outbox')).toMatchObject({ outcome: 'ok', read: 1, written: 1 });
    expect(await account('usr_a')).toMatchObject(NEW_CUSTOMER);
  });

  test('stays when D1 fails its request, which is logged', async () => {
    const bench = await createOutboxBench();
    await bench.open('usr_a');
    const away = {
      prepare: (sql: string) => db.prepare(sql),
      batch: () => Promise.reject(new Error('D1 is away')),
    } as unknown as D1Database;
    await sendOutboxOf('usr_a', { ...bench.outboxDeps, db: away });
    expect(errorsOf(bench)).toEqual([['users.outbox_failed', 'usr_a']]);
    expect(await bench.send()).toMatchObject({ stored: 1 });
  });
});

describe('a version whose handing over fails', () => {
  test.each<FaultKind>(['429', '500', '503', 'reset', 'truncated', 'wrong-shape', 'huge', 'latency'])(
    'is sent again with the same key and the same bytes after the fault %s',
    async (kind) => {
      const bench = await createOutboxBench();
      await bench.open('usr_a');
      await bench.link('usr_a', FIRST_WALLET);
      await bench.fault('create-user', kind, kind === 'latency' ? { latencyMs: 2_000 } : {});
      const mainApi = kind === 'latency' ? bench.impatientDeps.mainApi : bench.outboxDeps.mainApi;
      expect(await bench.send(undefined, { mainApi })).toMatchObject({ stored: 0, refused: 0, failed: 1 });
      expect(await bench.pending()).toEqual(['usr_a:1', 'usr_a:2']);

      await bench.clearFaults();
      expect(await bench.send()).toMatchObject({ stored: 0, failed: 0 });
      await bench.advance(60);
      expect(await bench.send()).toMatchObject({ stored: 2, refused: 0, failed: 0 });
      expect(new Set(bench.posted.filter(({ key }) => key === 'usr_a:1').map(({ body }) => body)).size).toBe(
        1,
      );
      expect([...new Set(bench.keys())]).toEqual(['usr_a:1', 'usr_a:2']);
      expect(await account('usr_a')).toMatchObject({ ...NEW_CUSTOMER, refusedAt: null });
    },
  );

  test('is tried again after a minute, then after twice as long each time, up to 16 minutes', async () => {
    const bench = await createOutboxBench();
    await bench.open('usr_a');
    await bench.fault('create-user', '500');
    const begun = bench.now();
    const minutes: number[] = [];
    for (let minute = 0; minute < 70; minute += 1) {
      const before = bench.posted.length;
      expect((await bench.sync.runJob('user-outbox')).outcome).toMatch(/ok|partial/);
      if ((await bench.calls()).byRoute['create-user'] ?? bench.posted.length > before)
        minutes.push((bench.now() - begun) / 60);
      await bench.advance(60);
    }
    expect(minutes).toEqual([0, 1, 3, 7, 15, 31, 47, 63]);
  });

  test('is due at once after the clock was set back', async () => {
    const bench = await createOutboxBench();
    await bench.open('usr_a');
    await bench.fault('create-user', '500', { times: 3 });
    await bench.send(undefined, { nowSeconds: () => bench.now() + 86_400 });
    expect(await bench.send()).toMatchObject({ stored: 1 });
  });

  test('holds up no other account, and a main API that is down is asked for a few of many', async () => {
    const bench = await createOutboxBench();
    for (let index = 0; index < 12; index += 1) await bench.open(`usr_${index}`);
    await bench.fault('create-user', '503');
    expect(await bench.sync.runJob('user-outbox')).toMatchObject({
      outcome: 'partial',
      read: 5,
      written: 0,
      skipped: 5,
      firstError: expect.stringContaining('HTTP 503'),
    });
    await bench.clearFaults();
    // Nobody but the main API could mend it.
    await db.exec(`UPDATE user_outbox SET body = '{"id":"usr_3"}' WHERE user_id = 'usr_3'`);
    await bench.advance(60);
    expect(await bench.sync.runJob('user-outbox')).toMatchObject({ read: 12, written: 11, skipped: 1 });
    expect(await bench.pending()).toEqual(['usr_3:1']);
  });
});

describe('an account that the main API refuses', () => {
  async function refusedBench() {
    const bench = await createOutboxBench();
    await bench.customer('cus_1', { email: 'USR_A@example.com' });
    await bench.control('PUT', '/users/usr_a', { kyc_level: 3, user_level: 5, permissions: ['ADMIN'] });
    await bench.open('usr_a');
    await bench.link('usr_a', FIRST_WALLET);
    // Not even rights that it had before.
    await refreshRights(db, bench.deps.mainApi, 'usr_a', bench.now());
    expect(await account('usr_a')).toMatchObject({ kycLevel: 3, permissions: ['admin'] });
    return bench;
  }

  test('has level 0 and no permission for ever, and a person is told without the address', async () => {
    const bench = await refusedBench();
    expect(await bench.send()).toMatchObject({ stored: 0, refused: 1, failed: 0 });
    expect(bench.loggedErrors()).toEqual([
      { level: 'error', event: 'users.refused', user: 'usr_a', sequence: 1, requestId: 'req-1' },
    ]);
    expect(JSON.stringify(bench.loggedErrors()).toLowerCase()).not.toContain('example.com');
    expect(await account('usr_a')).toMatchObject({ ...NONE, refusedAt: bench.now() });

    const refusedAt = bench.now();
    await bench.advance(3_600);
    expect(await refreshRights(db, bench.deps.mainApi, 'usr_a', bench.now())).toEqual(NONE);
    await bench.sync.runCron('0 * * * *');
    expect(await account('usr_a')).toMatchObject({ ...NONE, refusedAt });
  });

  test('is not sent again: neither the version that waited nor a wallet that is linked later', async () => {
    const bench = await refusedBench();
    await bench.send();
    expect(await bench.pending()).toEqual([]);
    expect(await bench.link('usr_a', SECOND_WALLET)).toBe(true);
    expect(await bench.pending()).toEqual([]);
    await bench.advance(3_600);
    await bench.send();
    expect(bench.keys()).toEqual(['usr_a:1']);
  });

  test('stays refused by the first of two runs that sent it', async () => {
    const delay = Promise.withResolvers<void>();
    let calls = 0;
    const bench = await createOutboxBench(async () => {
      calls += 1;
      if (calls === 1) await delay.promise;
    });
    await bench.customer('cus_1', { email: 'usr_a@example.com' });
    await bench.open('usr_a');
    const slow = bench.send();
    await expect.poll(() => calls).toBe(1);
    await bench.advance(60);
    expect(await bench.send()).toMatchObject({ refused: 1 });
    const refusedAt = bench.now();
    await bench.advance(60);
    delay.resolve();
    await slow;
    expect(bench.keys()).toEqual(['usr_a:1', 'usr_a:1']);
    expect((await account('usr_a')).refusedAt).toBe(refusedAt);
  });
});

describe("another customer's wallet", () => {
  test('is unlinked when the main API refuses it, and the account keeps its rights and its other wallets', async () => {
    const bench = await createOutboxBench();
    await bench.customer('cus_1', { wallet_addresses: [SECOND_WALLET.toLowerCase()] });
    await bench.open('usr_a');
    for (const wallet of [FIRST_WALLET, SECOND_WALLET, THIRD_WALLET]) await bench.link('usr_a', wallet);
    expect(await bench.send()).toMatchObject({ stored: 3, refused: 1, failed: 0 });
    expect(walletsOf(bench)).toEqual([
      ['usr_a:1', []],
      ['usr_a:2', [FIRST_WALLET]],
      ['usr_a:3', [FIRST_WALLET, SECOND_WALLET]],
      ['usr_a:4', [FIRST_WALLET, THIRD_WALLET]],
    ]);
    expect(await account('usr_a')).toEqual({
      ...NEW_CUSTOMER,
      refusedAt: null,
      wallets: [FIRST_WALLET, THIRD_WALLET],
    });
    expect(errorsOf(bench)).toEqual([['users.wallet_refused', 'usr_a']]);
    expect(JSON.stringify(bench.loggedErrors())).not.toContain('0x');
  });
});
