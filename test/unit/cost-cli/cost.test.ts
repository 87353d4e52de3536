import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { platformMonth, printPlatformMonth } from '../../../scripts/cost/platform-month.ts';
import { costOfGateway, printGatewayCost } from '../../../scripts/cost/print-gateway-cost.ts';
import { dollars } from '../../../scripts/cost/printed-dollars.ts';
import type { AdminClient } from '../../../scripts/operations/admin-client.ts';
import { costOf } from '../../../src/metrics/cost.ts';
import { noCalls } from '../../../src/observability/call-counts.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z') / 1000;
const DAY_SECONDS = 86_400;

const row = (day: string, changes: object = {}) => ({
  operationId: 'sha256:abc',
  operationName: 'MarketList',
  outcome: 'ok',
  cache: 'hit',
  day,
  count: 1_000,
  faults: 0,
  hitRate: 1,
  p95Ms: 0,
  bytes: 8_000_000,
  calls: noCalls(),
  ...changes,
});

/** An admin endpoint that has these rows, and notes the times it was asked for. */
function gatewayOf(rows: readonly ReturnType<typeof row>[], leftOut = 0) {
  const asked: { from: number; to: number }[] = [];
  const gateway = {
    async get(path: string, shape: { parse(value: unknown): unknown }) {
      const parameters = new URL(path, 'http://gateway').searchParams;
      expect(parameters.get('by')).toBe('operation,outcome,cache,day');
      const [from, to] = [Number(parameters.get('from')), Number(parameters.get('to'))];
      asked.push({ from, to });
      const inTime = rows.filter(({ day }) => {
        const begins = Date.parse(day) / 1000;
        return begins < to && begins + DAY_SECONDS > from;
      });
      return shape.parse({ from: '', to: '', rows: inTime, leftOut });
    },
  } as unknown as AdminClient;
  return { gateway, asked };
}

describe('the cost of a gateway', () => {
  test('adds up operations and days, and reads no day twice', async () => {
    const rows = [
      row('2026-11-21'),
      row('2026-11-22'),
      row('2026-11-22', {
        operationId: 'job:prices',
        operationName: null,
        calls: { ...noCalls(), kvWrites: 1_000 },
      }),
      row('2026-11-02', { count: 5_000 }),
    ];
    const { gateway, asked } = gatewayOf(rows);
    const cost = await costOfGateway(gateway, NOW, 2);
    expect(asked[0]?.from).toBe(Date.parse('2026-11-01T00:00:00Z') / 1000);
    expect(asked.at(-1)?.to).toBe(NOW + 1);
    for (const [index, { from }] of asked.entries())
      if (index > 0) expect([from, from % DAY_SECONDS]).toEqual([asked[index - 1]?.to, 0]);
    expect(cost.operations.map(({ name, count }) => [name, count])).toEqual([
      ['job:prices', 1_000],
      ['MarketList', 2_000],
    ]);
    expect(cost.days.map(({ day }) => day)).toEqual(['2026-11-21', '2026-11-22']);
    const sum = (parts: readonly { dollars: { total: number } }[]) =>
      parts.reduce((total, part) => total + part.dollars.total, 0);
    expect(sum(cost.operations)).toBeCloseTo(sum(cost.days), 9);
    expect(cost.forecast.use.workerRequests).toBeGreaterThan(7_000);
  });

  test('is printed with its prices, its method and its gaps', async () => {
    const { gateway } = gatewayOf([row('2026-11-22')]);
    const text = printGatewayCost(await costOfGateway(gateway, NOW, 1), 'http://localhost:8787');
    expect(text).toContain("Cloudflare's prices of 20");
    expect(text).toMatch(/MarketList +1000 +\$\S+ +\$\S+ +\w+/);
    expect(text).toContain("Forecast of this month's bill: $5.00");
    expect(text).toContain('the mean of the last 10.0 hours');
    expect(text).toContain('Not in\nhere: caches in front');
  });

  test('names the dearest operations and adds up the others', async () => {
    const many = Array.from({ length: 30 }, (_, at) =>
      row('2026-11-22', {
        operationId: `job:a-job-with-a-long-name-${at}`,
        operationName: null,
        count: 30 - at,
      }),
    );
    const { gateway } = gatewayOf(many);
    const text = printGatewayCost(await costOfGateway(gateway, NOW, 1), 'http://localhost:8787');
    expect(text.match(/^ +job:a-job-with-a-long-name-\d+ /gm)).toHaveLength(25);
    expect(text).toMatch(/^ +5 others +\$0$/m);
  });

  test('says that nothing was counted', async () => {
    const { gateway } = gatewayOf([]);
    const text = printGatewayCost(await costOfGateway(gateway, NOW, 1), 'http://localhost:8787');
    expect(text).toBe('http://localhost:8787 has counted no request since 2026-11-22.');
  });

  test('is refused where the gateway leaves rows out', async () => {
    const { gateway } = gatewayOf([row('2026-11-22')], 3);
    await expect(costOfGateway(gateway, NOW, 1)).rejects.toThrow('left out 3 rows');
  });
});

describe('a month of 50 million requests', () => {
  const month = platformMonth(readFileSync('operations/COSTS.md', 'utf8'));

  test("has the platform's own sum, and its quantities at the prices of today", () => {
    expect(month.platform.total).toBe(59);
    expect(month.quantitiesToday.kv).toBeCloseTo(45 + 20 + 4.5);
    expect(month.quantitiesToday.workers).toBeCloseTo(17);
    expect(month.quantitiesToday.d1).toBe(0);
  });

  test('bills the gateway for every request, and for a point of each', () => {
    expect(month.gateway.workers).toBeGreaterThanOrEqual(17);
    expect(month.gateway.analytics).toBeCloseTo(10);
    const { gateway } = month;
    expect(gateway.total).toBeCloseTo(
      gateway.workers + gateway.kv + gateway.d1 + gateway.r2 + gateway.analytics,
    );
  });

  test('says of each line if it can be compared', () => {
    const lines = printPlatformMonth(month).split('\n');
    expect(lines.find((line) => line.includes('50 M requests'))).toMatch(/\$15\.00 .* yes/);
    expect(lines.find((line) => line.trim().startsWith('R2'))).toContain('no: ');
    expect(lines.find((line) => line.trim().startsWith('total'))).toContain('$59.00');
  });
});

test('small sums keep three digits', () => {
  expect([0, 8.06e-7, 0.0007919999, 0.1, 12.345].map(dollars)).toEqual([
    ...['$0', '$0.000000806', '$0.000792', '$0.10', '$12.35'],
  ]);
  expect(costOf([]).dollars.total).toBe(0);
});
