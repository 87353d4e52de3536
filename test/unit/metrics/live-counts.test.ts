import { expect, test } from 'vitest';
import { CLOSE_CODES_COUNTED } from '../../../src/config.ts';
import { LiveCounts } from '../../../src/metrics/live-counts.ts';

test('close codes, which clients choose, are bounded in number', () => {
  const live = new LiveCounts();
  for (let code = 3_000; code < 5_000; code += 1) live.closed(code);
  const { closes } = live.take();
  expect(Object.keys(closes)).toHaveLength(CLOSE_CODES_COUNTED + 1);
  expect(Object.values(closes).reduce((sum, count) => sum + count, 0)).toBe(2_000);
  expect(closes.other).toBe(2_000 - CLOSE_CODES_COUNTED);
});
