/** The alarm of a ledger: whatever it has to do, an alarm is set for it, and set again at each wake. */
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from 'vitest';
import {
  LEDGER_ALARM_BUSY_MS,
  LEDGER_ALARM_PAUSE_MS,
  LEDGER_ALARM_RETRY_MS,
  LEDGER_ALARM_WORK_MS,
  LEDGER_CALL_LEASE_MS,
  LEDGER_FLUSH_WAIT_MS,
  RESERVATION_SECONDS,
} from '../../../src/config.ts';
import type { InvestRequest, PoolTerms } from '../../../src/investing/pool-ledger.ts';
import { RunningLedger, type RunningLedgerSources } from '../../../src/investing/running-ledger.ts';
import { UpstreamError } from '../../../src/upstream/http.ts';
import type { MainApi } from '../../../src/upstream/main-api.ts';
import { ObjectStorage } from '../../support/object-storage.ts';

const START_MS = Date.UTC(2026, 10, 26);
const START = START_MS / 1000;
const POOL: PoolTerms = {
  ...{ id: 'pool_a', pool_type: 'public', status: 'active', blockchain: 'ethereum' },
  ...{ token_price: '2', total_tokens: '1000', min_allocation: '10', max_allocation: '1000' },
  ...{ max_participants: null, payment_token: 'USDT', payment_decimals: 6 },
  ...{ registration_start: null, registration_end: null, sale_start: START - 60, sale_end: START + 864_000 },
  ...{ upstream_sold_tokens: '0', upstream_total_raised: '0', upstream_participant_count: 0 },
  ...{ updated_at: START, askedAtMs: 0 },
};
const request = (userId: string): InvestRequest => ({
  ...{ pool: POOL, userId, amount: '20', idempotencyKey: 'key-0001', refusal: null },
  elsewhere: { amount: '0', isParticipant: false },
  trace: { requestId: 'req-1', traceparent: null },
});

let storage: ObjectStorage;
let setAlarm: ReturnType<typeof vi.spyOn>;
let mainApi: Mock<MainApi['createInvestment']>;
let batch: Mock<() => Promise<unknown[]>>;
beforeEach(() => {
  vi.useFakeTimers({ now: START_MS });
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
  storage = new ObjectStorage();
  setAlarm = vi.spyOn(storage, 'setAlarm');
  mainApi = vi.fn(async () => ({ stored: null }));
  batch = vi.fn(async () => []);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function start(changes: Partial<RunningLedgerSources> = {}): RunningLedger {
  let ids = 0;
  const randomId = () => {
    ids += 1;
    return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
  };
  return new RunningLedger({
    storage: storage as unknown as RunningLedgerSources['storage'],
    db: { prepare: () => ({ bind: () => ({}) }), batch } as unknown as D1Database,
    mainApi: { createInvestment: mainApi, createRegistration: mainApi, createClaim: mainApi },
    notifySaleFeed: async () => undefined,
    nowMs: () => Date.now(),
    alarmNowMs: () => Date.now(),
    random: () => 0.5,
    randomId,
    ...changes,
  });
}
const invest = (running: RunningLedger, userId: string) =>
  running.command((ledger) => ledger.invest(request(userId)));
const alarmInMs = () => (storage.alarmMs === null ? null : storage.alarmMs - Date.now());
/** The alarm goes off, as the platform lets it. */
async function ring(running: RunningLedger): Promise<void> {
  vi.setSystemTime(storage.alarmMs ?? Number.NaN);
  storage.alarmMs = null;
  await running.alarm();
}
const never = () => new Promise<never>(() => undefined);
const failed = async () => {
  throw new UpstreamError({ api: 'main', route: '/r', kind: 'network', reason: 'down' });
};

describe('the alarm of a ledger', () => {
  test('is set in the step of the command, before anything is awaited', () => {
    const running = start();
    void invest(running, 'ann');
    expect(alarmInMs()).toBe(LEDGER_ALARM_BUSY_MS);
  });

  test('is for the end of the reservation once everything else is done', async () => {
    const running = start();
    await invest(running, 'ann');
    await ring(running);
    expect(alarmInMs()).toBe((START + RESERVATION_SECONDS) * 1000 - Date.now());
    await ring(running);
    const { status, failure } = running.ledger.investmentsAfter('', 1)[0] ?? {};
    expect([status, failure]).toEqual(['failed', 'EXPIRED']);
  });

  test('repeats a call that fails, with longer pauses', async () => {
    mainApi.mockImplementation(failed);
    const running = start();
    await invest(running, 'ann');
    const pauses: (number | null)[] = [];
    for (let wakes = 0; wakes < 6; wakes += 1) {
      await ring(running);
      pauses.push(alarmInMs());
    }
    expect(mainApi.mock.calls.length).toBeGreaterThan(4);
    expect(pauses.at(-1)).toBeGreaterThan(pauses[0] ?? 0);
    mainApi.mockReset().mockResolvedValue({ stored: null });
    while ((alarmInMs() ?? 0) < 600_000) await ring(running);
    expect(mainApi).toHaveBeenCalledTimes(1);
  });

  test('writes rows that D1 did not take, with longer pauses', async () => {
    batch.mockRejectedValue(new Error('D1_ERROR: no'));
    const running = start();
    await invest(running, 'ann');
    for (let wakes = 0; wakes < 4; wakes += 1) await ring(running);
    expect(alarmInMs()).toBeGreaterThan(4_000);
    batch.mockResolvedValue([]);
    await ring(running);
    await ring(running);
    const batches = batch.mock.calls.length;
    await ring(running);
    expect(batch.mock.calls.length).toBeLessThanOrEqual(batches + 1);
  });

  test.each([
    ['a tick', 'tick'],
    ['a look at what is due', 'due'],
    ['the time of the next wake', 'nextWakeMs'],
    ['rows for D1', 'projection'],
  ] as const)('is set again although %s fails', async (_, method) => {
    const running = start();
    await invest(running, 'ann');
    vi.spyOn(running.ledger, method).mockImplementation(() => {
      throw new Error('the disk is full');
    });
    // The reservation has run out.
    storage.alarmMs = (START + RESERVATION_SECONDS) * 1000;
    await ring(running);
    expect(alarmInMs()).toBeGreaterThanOrEqual(LEDGER_ALARM_PAUSE_MS);
    expect(alarmInMs()).toBeLessThanOrEqual(LEDGER_ALARM_RETRY_MS);
  });

  test('waits for a main API that hangs no longer than its time, and is set again', async () => {
    mainApi.mockImplementation(never);
    const running = start();
    await invest(running, 'ann');
    storage.alarmMs = null;
    const woken = running.alarm();
    await vi.advanceTimersByTimeAsync(LEDGER_ALARM_WORK_MS);
    await woken;
    // The call is made again when its lease ends.
    expect(alarmInMs()).toBe(LEDGER_CALL_LEASE_MS - LEDGER_ALARM_WORK_MS);
  });

  test('goes off again at once for nothing', async () => {
    const running = start();
    await invest(running, 'ann');
    vi.spyOn(running.ledger, 'due').mockReturnValue([]);
    vi.spyOn(running.ledger, 'nextWakeMs').mockReturnValue(START_MS - 60_000);
    for (let wakes = 0; wakes < 3; wakes += 1) {
      await ring(running);
      expect(alarmInMs()).toBe(LEDGER_ALARM_PAUSE_MS);
    }
  });

  test('is not set anew by each of many commands', async () => {
    const running = start();
    await Promise.all(Array.from({ length: 50 }, (_, at) => invest(running, `user-${at}`)));
    expect(setAlarm.mock.calls.length).toBeLessThan(5);
  });

  test('of a ledger that has nothing is not set', async () => {
    await start().alarm();
    expect(storage.alarmMs).toBeNull();
  });
});

describe('an object that is evicted', () => {
  test('before it has called anybody leaves an alarm with which the next one does all of it', async () => {
    mainApi.mockImplementation(never);
    batch.mockImplementation(never);
    void invest(start(), 'ann');
    expect(batch).toHaveBeenCalledTimes(1);
    mainApi.mockImplementation(async () => ({ stored: null }));
    batch.mockResolvedValue([]);
    const next = start();
    await ring(next);
    expect(batch).toHaveBeenCalledTimes(2);
    // The call of the first object may still be under way: its lease ends first.
    for (let wakes = 0; wakes < 3 && mainApi.mock.calls.length < 2; wakes += 1) await ring(next);
    expect(mainApi.mock.calls.map(([version]) => version)).toEqual(Array(2).fill(mainApi.mock.calls[0]?.[0]));
  });
});

describe('a command', () => {
  test('is answered when D1 has its rows', async () => {
    const { promise, resolve } = Promise.withResolvers<never[]>();
    batch.mockReturnValueOnce(promise);
    let isAnswered = false;
    const answer = invest(start(), 'ann').then(() => {
      isAnswered = true;
    });
    await vi.advanceTimersByTimeAsync(LEDGER_FLUSH_WAIT_MS - 1);
    expect(isAnswered).toBe(false);
    resolve([]);
    await answer;
  });

  test('is answered all the same after a while', async () => {
    batch.mockImplementation(never);
    const answer = invest(start(), 'ann');
    await vi.advanceTimersByTimeAsync(LEDGER_FLUSH_WAIT_MS);
    expect(await answer).toMatchObject({ investment: { status: 'pending' } });
  });

  test('of many at once shares the batches of the others', async () => {
    const running = start();
    await Promise.all(Array.from({ length: 200 }, (_, at) => invest(running, `user-${at}`)));
    expect(batch.mock.calls.length).toBeLessThan(12);
  });

  test('does not wait for the sale feed, and does without it', async () => {
    const notifySaleFeed = vi.fn(never);
    const running = start({ notifySaleFeed });
    await invest(running, 'ann');
    await invest(running, 'bob');
    expect(notifySaleFeed).toHaveBeenCalledTimes(1);
  });

  test('that throws leaves nothing behind, and the next one goes on', async () => {
    const running = start();
    await invest(running, 'ann');
    const broken = running.command(() => {
      throw new Error('a fault');
    });
    await expect(broken).rejects.toThrow('a fault');
    expect(await invest(running, 'bob')).toMatchObject({ investment: { user_id: 'bob' } });
  });
});
