/** Calls of a pool's ledger, whose answers get lost. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LEDGER_CALL_TIMEOUT_MS, LEDGER_RETRY_SECONDS } from '../../../src/config.ts';
import { ledgersOf } from '../../../src/investing/ledger-client.ts';
import { poolKey, poolKeyOf } from '../../../src/investing/pool-key.ts';
import type { PoolLedgerCalls } from '../../../src/investing/pool-ledger.ts';

const UUID = '0b7d6a55-6f0e-4cf3-9f5a-0a1b2c3d4e5f';

/** A namespace whose objects answer with their name, or as `answer` does. */
function objectsThat(answer: (key: string) => Promise<unknown>) {
  const stubs: string[] = [];
  const getByName = (key: string) => {
    stubs.push(key);
    const call = () => answer(key);
    return new Proxy({}, { get: () => call }) as PoolLedgerCalls;
  };
  return { stubs, ledgers: ledgersOf({ getByName }) };
}

let lines: string[];
beforeEach(() => {
  lines = [];
  vi.spyOn(console, 'error').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the key of a pool', () => {
  test('is the first half of the SHA-256 of its id', () => {
    expect(poolKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223');
    expect(poolKey('pool_ü')).not.toBe(poolKey('pool_u'));
  });

  test('is in each id that its ledger has made, and in no other', () => {
    const key = poolKey('pool_a');
    expect(poolKeyOf(`${key}-${UUID}`)).toBe(key);
    for (const id of ['', 'inv_1', UUID, `${key}-`, `${key}-${UUID}0`, `x${key}-${UUID}`, `${key}-${UUID}\n`])
      expect(poolKeyOf(id)).toBeNull();
    expect(poolKeyOf(`${key.toUpperCase().replace(/\d/, 'A')}-${UUID}`)).toBeNull();
  });

  test('leads from a pool or an investment to the same ledger', async () => {
    const { ledgers } = objectsThat(async (key) => key);
    expect(await ledgers.ofPool('pool_a').head()).toBe(poolKey('pool_a'));
    expect(await ledgers.ofInvestment(`${poolKey('pool_a')}-${UUID}`)?.head()).toBe(poolKey('pool_a'));
    expect(ledgers.ofInvestment('inv_of_another_channel')).toBeNull();
  });
});

describe('a lost answer', () => {
  const fault = (properties: object, message = 'internal error') =>
    Object.assign(new Error(message), properties);
  const LOST = {
    message: expect.stringContaining('safe to send the same request again'),
    extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: LEDGER_RETRY_SECONDS },
  };

  test.each([
    ['a busy ledger', fault({ overloaded: true, remote: false })],
    ['a ledger that was restarted', fault({ retryable: true, durableObjectReset: true })],
    ['a ledger that moved', fault({ retryable: true })],
    ['a connection that broke', fault({}, 'Network connection lost.')],
  ])('is reported as retryable: of %s', async (_, error) => {
    const { ledgers } = objectsThat(() => Promise.reject(error));
    await expect(ledgers.ofPool('pool_a').poke()).rejects.toMatchObject(LOST);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'investing.answer_lost', ledger: poolKey('pool_a'), call: 'poke' },
    ]);
  });

  test('is reported in time if the ledger hangs, and the next call takes another stub', async () => {
    vi.useFakeTimers();
    const { ledgers, stubs } = objectsThat(() => new Promise(() => undefined));
    const ledger = ledgers.ofPool('pool_a');
    for (const calls of [1, 2]) {
      const lost = expect(ledger.poke()).rejects.toMatchObject(LOST);
      await vi.advanceTimersByTimeAsync(LEDGER_CALL_TIMEOUT_MS);
      await lost;
      expect(stubs).toHaveLength(calls);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test('is not what a fault of the ledger itself is', async () => {
    const error = fault({ remote: true }, 'no such column');
    const { ledgers } = objectsThat(() => Promise.reject(error));
    await expect(ledgers.ofPool('pool_a').poke()).rejects.toBe(error);
    expect(lines).toEqual([]);
  });
});
