import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checksOf, THRESHOLDS } from '../../../scripts/monitor/checks.ts';
import { screenLines } from '../../../scripts/monitor/screen.ts';
import { countedTraffic, healthyObservation } from './observations.ts';

function screen(size: { columns: number; rows: number }, observation = healthyObservation()): string[] {
  const history = new Map([['GET /health', [10, 20, 80, 40]]]);
  const shown = { url: 'http://localhost:8787', everySeconds: 5, observation, history };
  return screenLines({ ...shown, checks: checksOf(observation, THRESHOLDS) }, size).map(
    stripVTControlCharacters,
  );
}

test('shows state, checks and operations', () => {
  const lines = screen({ columns: 80, rows: 24 });
  expect(lines[0]).toBe(
    ` COM2000 edge gateway  http://localhost:8787${' '.repeat(13)}17:05:12 UTC, each 5 s`,
  );
  expect(lines[1]).toBe(' ● all is well');
  expect(lines).toContain(' ✓ KV                    answers in 3 ms');
  expect(lines.slice(-3)).toEqual([
    '   reached the Worker since 16:00 UTC  requests  hit rate       p95    faults',
    '   MarketList                              1000    90.0 %     19 ms         0',
    '   PoolPage                                 200         -     95 ms         0',
  ]);
});

test('a wide terminal shows the last answers, the slowest as the highest bar', () => {
  const line = (columns: number) => screen({ columns, rows: 24 }).find((text) => text.includes('/health'));
  expect(line(120)).toMatch(/mode open +▂▃█▅$/);
  expect(line(80)).not.toContain('█');
});

test('a low terminal keeps what is wrong', () => {
  const down = healthyObservation({ milliseconds: { d1: 4, kv: 5_000 } });
  const lines = screen({ columns: 80, rows: 5 }, down);
  expect(lines[1]).toBe(' ● one check is wrong');
  expect(lines[3]).toBe(' ✗ KV                    answers in 5000 ms (at most 1000 ms)');
});

test('no line and no screen is larger than the terminal, and no name moves the cursor', () => {
  const unit = fc.constantFrom('a', 'é', '世', ' ', '\n', '\u0007', '\u001b', '\u2028', '\u{e0001}');
  const name = fc.string({ unit, maxLength: 60 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      fc.array(name, { maxLength: 20 }),
      (columns, rows, names) => {
        const operations = names.map((each) => ({ name: each, count: 1, hitRate: 0.5, p95Ms: 1, faults: 1 }));
        const incidents = names.map((each) => ({
          ...{ rule: 'bill', severity: 'page', summary: each, since: '16:41 UTC', isSilenced: false },
        }));
        const observation = { ...healthyObservation(), counted: countedTraffic({ operations, incidents }) };
        const lines = screen({ columns, rows }, observation);
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
        expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      },
    ),
  );
});
