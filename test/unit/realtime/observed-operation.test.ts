import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UNKNOWN_CLIENT } from '../../../src/auth/request-client.ts';
import { SLOW_REQUEST_MS } from '../../../src/config.ts';
import { ObservedOperation } from '../../../src/realtime/observed-operation.ts';

let nowMs: number;
let lines: string[];
let operation: ObservedOperation;

beforeEach(() => {
  nowMs = 0;
  lines = [];
  vi.spyOn(console, 'warn').mockImplementation((line) => void lines.push(line));
  operation = new ObservedOperation('request', UNKNOWN_CLIENT, { name: 'web', version: null }, () => nowMs);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const work = (durationMs: number) =>
  operation.timed(async () => {
    nowMs += durationMs;
  });

test('the time between two works, in which a client does not read, does not count', async () => {
  await work(SLOW_REQUEST_MS / 2);
  nowMs += 10 * SLOW_REQUEST_MS;
  await work(SLOW_REQUEST_MS / 2 - 1);
  operation.log();
  expect(lines).toEqual([]);
});

test('works that are slow together are logged, also if the last one failed and no operation was found', async () => {
  await work(SLOW_REQUEST_MS / 2);
  await expect(
    operation.timed(() => {
      nowMs += SLOW_REQUEST_MS / 2;
      return Promise.reject(new Error('down'));
    }),
  ).rejects.toThrow('down');
  operation.log();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { event: 'request.slow', durationMs: SLOW_REQUEST_MS, operationId: null, client: 'web' },
  ]);
});
