import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absorbFlushes } from '../../../src/alerts/absorb-flushes.ts';
import { HOUR_SECONDS, MINUTE_SECONDS } from '../../../src/alerts/watched-time.ts';
import {
  boundCulprits,
  HOURS_KEPT,
  MINUTES_KEPT,
  noWindows,
  prune,
  sumOfHours,
  sumOfMinutes,
} from '../../../src/alerts/windows.ts';
import { drawnCell } from '../../support/drawn-metrics.ts';
import { watchGateway } from '../../support/watched-gateway.ts';

const START = 1_764_000_000;

/** Requests of one look: how long ago each was, and how many failed. */
const drawnLook = fc.array(
  fc.record({
    ageSeconds: fc.oneof(fc.nat(90), fc.nat(3 * HOUR_SECONDS), fc.constant(-500)),
    count: fc.nat(50),
    faults: fc.nat(5),
    cache: fc.constantFrom('hit' as const, 'stale' as const, 'miss' as const, 'bypass' as const),
  }),
  { maxLength: 4 },
);

describe('the sums of windows', () => {
  test('are those of the requests themselves, however late isolates write', () => {
    fc.assert(
      fc.property(fc.array(drawnLook, { maxLength: 100 }), (looks) => {
        const windows = noWindows();
        const gateway = watchGateway();
        const requests: { minute: number; count: number; faults: number; isHit: boolean }[] = [];
        let watchedSeconds = 0;
        for (const look of looks) {
          watchedSeconds += MINUTE_SECONDS;
          const nowSeconds = START + watchedSeconds;
          const cells = look.map(({ ageSeconds, ...cell }) => ({
            ...cell,
            lastSeen: nowSeconds - ageSeconds,
          }));
          absorbFlushes(windows, [gateway.flush(cells)], { watchedSeconds, nowSeconds });
          prune(windows, watchedSeconds);
          for (const { ageSeconds, count, faults, cache } of look) {
            const minutesAgo = Math.floor(Math.max(0, ageSeconds) / MINUTE_SECONDS);
            const minute = Math.max(0, watchedSeconds / MINUTE_SECONDS - minutesAgo);
            requests.push({ minute, count, faults, isHit: cache === 'hit' || cache === 'stale' });
          }
        }
        const now = watchedSeconds / MINUTE_SECONDS;
        for (const minutes of [1, 5, 30, MINUTES_KEPT]) {
          const inWindow = requests.filter(({ minute }) => minute > now - minutes);
          const sum = (of: (request: (typeof requests)[number]) => number) =>
            inWindow.reduce((total, request) => total + of(request), 0);
          expect(sumOfMinutes(windows, watchedSeconds, minutes)).toMatchObject({
            requests: sum(({ count }) => count),
            faults: sum(({ faults }) => faults),
            hits: sum(({ isHit, count }) => (isHit ? count : 0)),
          });
        }
        const all = requests.reduce((total, { count }) => total + count, 0);
        expect(sumOfHours(windows, watchedSeconds, HOURS_KEPT).requests).toBe(all);
      }),
      { numRuns: 30 },
    );
  });

  test('keep the worst of each minute, and no more of them than they may', () => {
    const windows = noWindows();
    const gateway = watchGateway();
    const cells = Array.from({ length: 2_000 }, (_, at) => ({
      ...{ count: 10, faults: at === 1_234 ? 9 : 1 + (at % 3), operationId: `sha256:${at}` },
    }));
    absorbFlushes(windows, [gateway.flush(cells)], { watchedSeconds: 0, nowSeconds: gateway.now });
    boundCulprits(windows);
    expect(windows.minutes[0]?.culprits[0]).toMatchObject({ operationId: 'sha256:1234', faults: 9 });
    expect(windows.minutes[0]?.culprits.length).toBeLessThan(10);
  });

  test('are of numbers, whatever cells a row has', () => {
    fc.assert(
      fc.property(fc.array(drawnCell(), { maxLength: 30 }), (cells) => {
        const windows = noWindows();
        const flush = { ...watchGateway().flush([]), requests: cells };
        absorbFlushes(windows, [flush], { watchedSeconds: 0, nowSeconds: START });
        expect(JSON.parse(JSON.stringify(windows))).toEqual(windows);
      }),
    );
  });
});
