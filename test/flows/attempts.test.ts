/** Attempts are counted in workerd's own Durable Objects, at once and one by one, and outlive their memory. */
import { evictAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Attempts, type AttemptsObject } from '../../src/auth/attempts.ts';
import { Guesses } from '../../src/auth/guesses.ts';
import { RateLimits } from '../../src/auth/rate-limits.ts';
import {
  ATTEMPTS_TIMEOUT_MS,
  GUESSES_LOCK_SECONDS,
  GUESSES_MAX_FAILURES,
  GUESSES_WINDOW_SECONDS,
  RATE_LIMIT_WINDOW_SECONDS,
  RATE_LIMITS,
} from '../../src/config.ts';

const START_MS = Date.UTC(2100, 0);
let address: string;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS });
  address = `${crypto.randomUUID()}@example.com`;
});
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const randomId = () => crypto.randomUUID();
/** As another isolate, of another data centre, would have them. */
const attempts = () => new Attempts({ objects: env.ATTEMPTS, randomId });
const guess = (device: string | null = null) => new Guesses(attempts()).begin({ address, device });
const counterOf = (key: string) => env.ATTEMPTS.getByName(key);

async function fail(times: number, device: string | null = null): Promise<void> {
  for (let at = 0; at < times; at += 1) expect(await guess(device)).toMatchObject({ ok: true });
}

describe('guesses of a password', () => {
  test('a hundred wrong ones from a hundred networks lock strangers out once, and no known device', async () => {
    const results = await Promise.all(Array.from({ length: 100 }, () => guess()));
    expect(results.filter(({ ok }) => ok)).toHaveLength(GUESSES_MAX_FAILURES);
    const refusals = results.filter((result) => !result.ok);
    expect(new Set(refusals.map(({ retryAfterSeconds }) => retryAfterSeconds))).toEqual(
      new Set([GUESSES_LOCK_SECONDS]),
    );
    expect(await guess('phone')).toMatchObject({ ok: true });
    // Refused guesses have not made the lock any longer.
    pass(GUESSES_LOCK_SECONDS - 1);
    expect(await guess()).toEqual({ ok: false, retryAfterSeconds: 1 });
    pass(1);
    await fail(GUESSES_MAX_FAILURES);
    expect(await guess()).toEqual({ ok: false, retryAfterSeconds: GUESSES_LOCK_SECONDS });
  });

  test('each known device has a count of its own', async () => {
    await fail(GUESSES_MAX_FAILURES, 'phone');
    expect(await guess('phone')).toEqual({ ok: false, retryAfterSeconds: GUESSES_LOCK_SECONDS });
    expect(await guess('laptop')).toMatchObject({ ok: true });
    expect(await guess()).toMatchObject({ ok: true });
  });

  test('other addresses are not locked', async () => {
    await fail(GUESSES_MAX_FAILURES);
    const other = await new Guesses(attempts()).begin({ address: `other-${address}`, device: null });
    expect(other).toMatchObject({ ok: true });
  });

  test('the right password counts as no failure, also the one that would have locked the address', async () => {
    await fail(GUESSES_MAX_FAILURES - 1);
    for (let at = 0; at < 20; at += 1) {
      const right = await guess();
      if (!right.ok) throw new Error('it is locked');
      // While it is being looked at, it counts.
      expect(await guess()).toMatchObject({ ok: false });
      await right.succeeded();
    }
    await fail(1);
    expect(await guess()).toMatchObject({ ok: false });
  });

  test('failures of longer ago do not count', async () => {
    await fail(GUESSES_MAX_FAILURES - 1);
    pass(GUESSES_WINDOW_SECONDS);
    await fail(GUESSES_MAX_FAILURES);
    expect(await guess()).toMatchObject({ ok: false });
  });

  test('a lock begins with the last failure, however long ago the first one was', async () => {
    await fail(1);
    pass(GUESSES_WINDOW_SECONDS - 1);
    await fail(GUESSES_MAX_FAILURES - 1);
    pass(1);
    expect(await guess()).toEqual({ ok: false, retryAfterSeconds: GUESSES_LOCK_SECONDS - 1 });
  });

  test('a lock outlives the memory of the object', async () => {
    await fail(GUESSES_MAX_FAILURES - 1);
    await evictAllDurableObjects();
    await fail(1);
    await evictAllDurableObjects();
    expect(await guess()).toEqual({ ok: false, retryAfterSeconds: GUESSES_LOCK_SECONDS });
  });

  test('a clock that is set back locks nobody out for longer', async () => {
    await fail(GUESSES_MAX_FAILURES);
    pass(-1_000_000);
    expect(await guess()).toEqual({ ok: false, retryAfterSeconds: GUESSES_LOCK_SECONDS });
    pass(GUESSES_LOCK_SECONDS);
    expect(await guess()).toMatchObject({ ok: true });
  });
});

describe('limits of single fields', () => {
  const limits = (network: string = randomId()) => new RateLimits(attempts(), network);
  const RATE_LIMITED = { extensions: { code: 'RATE_LIMITED' } };

  test('of a hundred requests of one user at once, from a hundred networks, exactly so many pass', async () => {
    const userId = randomId();
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, () => limits().take('changePassword', { userId })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(
      RATE_LIMITS.changePassword.user,
    );
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject(RATE_LIMITED);
  });

  test.each(['network', 'address', 'user'] as const)('requests of one %s count together', async (kind) => {
    const key = randomId();
    const field = kind === 'address' ? 'login' : 'changePassword';
    const max = { ...RATE_LIMITS.login, ...RATE_LIMITS.changePassword, ...RATE_LIMITS[field] }[kind];
    const take = (value: string) =>
      limits(kind === 'network' ? value : undefined).take(field, {
        address: kind === 'address' ? value : null,
        userId: kind === 'user' ? value : null,
      });
    for (let at = 0; at < max; at += 1) await take(key);
    await expect(take(key)).rejects.toMatchObject(RATE_LIMITED);
    await take(randomId());
  });

  test('other fields have counts of their own', async () => {
    const own = limits();
    for (let at = 0; at < RATE_LIMITS.register.network; at += 1) await own.take('register', {});
    await expect(own.take('register', {})).rejects.toMatchObject(RATE_LIMITED);
    await own.take('login', {});
  });

  test('a refusal says the seconds after which the next request passes, and no earlier one does', async () => {
    const own = limits();
    for (let at = 0; at < RATE_LIMITS.register.network; at += 1) {
      await own.take('register', {});
      pass(1.5);
    }
    const seconds = RATE_LIMIT_WINDOW_SECONDS - RATE_LIMITS.register.network * 1.5;
    for (let left = seconds; left > 0; left -= 1) {
      await expect(own.take('register', {})).rejects.toMatchObject({
        extensions: { retryAfterSeconds: left },
      });
      pass(1);
    }
    await own.take('register', {});
    // The second place is free a second and a half later.
    await expect(own.take('register', {})).rejects.toMatchObject({ extensions: { retryAfterSeconds: 2 } });
  });

  test('a refused network makes no object of another key', async () => {
    const own = limits();
    for (let at = 0; at < RATE_LIMITS.login.network; at += 1) await own.take('login', {});
    await expect(own.take('login', { address })).rejects.toMatchObject(RATE_LIMITED);
    const tables = await runInDurableObject(counterOf(`limit:login:address:${address}`), tablesOf);
    expect(tables).toEqual([]);
  });
});

describe('a counter of attempts', () => {
  const rule = { max: 2, windowMs: 60_000, lockMs: 0 };

  test('deletes all that it has when its last attempt has expired, and counts again after that', async () => {
    const key = randomId();
    const counter = counterOf(key);
    await attempts().begin(key, { rule });
    pass(40);
    await attempts().begin(key, { rule });
    pass(20);
    expect(await runDurableObjectAlarm(counter)).toBe(true);
    // The second one is still there, and has its alarm, by the platform's own clock.
    const alarmAtMs = await runInDurableObject(counter, (_, { storage }) => storage.getAlarm());
    const inMs = (alarmAtMs ?? 0) - performance.timeOrigin - performance.now();
    expect(inMs).toBeGreaterThan(0);
    expect(inMs).toBeLessThanOrEqual(40_000);
    pass(40);
    expect(await runDurableObjectAlarm(counter)).toBe(true);
    expect(await runInDurableObject(counter, tablesOf)).toEqual([]);
    expect(await runInDurableObject(counter, (_, { storage }) => storage.getAlarm())).toBeNull();
    for (const ok of [true, true, false]) expect(await attempts().begin(key, { rule })).toMatchObject({ ok });
  });

  test.each<[string, AttemptsObject['begin']]>([
    ['fails', () => Promise.reject(new Error('down'))],
    ['does not answer', () => new Promise(() => undefined)],
  ])('lets nothing begin if it %s', async (_, begin) => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: START_MS });
    const objects = { getByName: () => ({ begin, takeBack: async () => undefined }) };
    const begun = new Attempts({ objects, randomId }).begin(address, { rule });
    const refused = expect(begun).rejects.toMatchObject({ extensions: { code: 'UPSTREAM_UNAVAILABLE' } });
    await vi.advanceTimersByTimeAsync(ATTEMPTS_TIMEOUT_MS);
    await refused;
  });
});

const tablesOf = (_: unknown, { storage }: DurableObjectState) =>
  storage.sql
    .exec("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
    .toArray();
