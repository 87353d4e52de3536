/** Judgements of counted requests that a test makes up. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanaryThresholds } from '../../../scripts/deploy/judge/canary-thresholds.ts';
import { type Judgement, judge } from '../../../scripts/deploy/judge/judge.ts';
import { VersionSample } from '../../../scripts/deploy/judge/version-sample.ts';
import {
  CACHE_RESULTS,
  type MetricsCell,
  REQUEST_OUTCOMES,
} from '../../../src/observability/request-metrics.ts';
import { type MadeUpRequests, madeUpCell } from '../../support/made-up-cells.ts';

const THRESHOLDS: CanaryThresholds = {
  lookSeconds: 60,
  minimumWatchSeconds: 300,
  watchSeconds: 3_600,
  minimumRequests: 1_000,
  operationMinimumRequests: 30,
  falseAlarmRate: 0.005,
};
const MARKET = 'sha256:market';
const NOW = 1_764_000_000;
/** Percent of the requests that the new version gets. */
const TENTH = 10;

const sampleOf = (...requests: MadeUpRequests[]): VersionSample => {
  const sample = new VersionSample();
  sample.add(requests.map((each) => madeUpCell(each, NOW)));
  return sample;
};

const judgeThese = (
  before: readonly MadeUpRequests[],
  now: readonly MadeUpRequests[],
  thresholds: Partial<CanaryThresholds> = {},
  percent = TENTH,
) => judge(sampleOf(...before), sampleOf(...now), { ...THRESHOLDS, ...thresholds }, percent);

/** What a judgement says, in short. */
function inShort(judgement: Judgement): string[] {
  switch (judgement.kind) {
    case 'promote':
      return ['promote'];
    case 'hold':
      return judgement.reasons.map((reason) => {
        if ('comparison' in reason)
          return `${reason.kind} ${reason.comparison.operationId} ${reason.comparison.cache} ${reason.comparison.figure}`;
        if (reason.kind === 'lost') return `lost ${reason.operationId}`;
        return reason.kind === 'few-requests' ? `${reason.kind} ${reason.version}` : reason.kind;
      });
    case 'regress':
      return judgement.regressions.map(
        ({ operationId, cache, figure }) => `regress ${operationId} ${cache} ${figure}`,
      );
    default:
      return judgement satisfies never;
  }
}

const quick = (count: number, rest: Partial<MadeUpRequests> = {}): MadeUpRequests => ({
  ...{ count, cache: 'miss', takesMs: 80 },
  ...rest,
});
/** A failed answer is kept nowhere. */
const failed = (count: number, rest: Partial<MadeUpRequests> = {}): MadeUpRequests => ({
  ...{ count, faults: count, cache: 'bypass', outcome: 'error', takesMs: 80 },
  ...rest,
});

describe('a version that answers as the old one does', () => {
  test('is promoted', () => {
    expect(judgeThese([quick(9_000)], [quick(1_000)])).toEqual({ kind: 'promote' });
  });

  test('is promoted also where its cold cache misses more', () => {
    const before = [quick(8_000, { cache: 'hit', takesMs: 0 }), quick(1_000, { takesMs: 300 })];
    const now = [quick(100, { cache: 'hit', takesMs: 0 }), quick(900, { takesMs: 300 })];
    expect(inShort(judgeThese(before, now))).toEqual(['promote']);
  });

  test('is promoted where upstream fails for both', () => {
    expect(inShort(judgeThese([quick(6_000), failed(3_000)], [quick(660), failed(340)]))).toEqual([
      'promote',
    ]);
  });

  test('is promoted where it fails somewhat more often: the caches of both are in different states', () => {
    const judged = (faults: number) =>
      inShort(judgeThese([quick(891_000), failed(9_000)], [quick(100_000 - faults), failed(faults)]));
    expect(judged(1_300)).toEqual(['promote']);
    expect(judged(2_000)).toEqual([`regress ${MARKET} executed faults`]);
  });

  test('is promoted where it is slower by less than is tolerated', () => {
    const [before, now] = [[quick(9_000, { takesMs: 1_000 })], [quick(1_000, { takesMs: 1_240 })]];
    expect(inShort(judgeThese(before, now))).toEqual(['promote']);
    expect(inShort(judgeThese([quick(9_000, { takesMs: 5 })], [quick(1_000, { takesMs: 100 })]))).toEqual([
      'promote',
    ]);
  });
});

describe('a regression', () => {
  test('of faults is found although the answers that fail count as bypass', () => {
    const judgement = judgeThese([quick(9_000), failed(9)], [quick(950), failed(50)]);
    expect(judgement).toMatchObject({
      kind: 'regress',
      regressions: [
        {
          ...{ operationId: MARKET, cache: 'executed', figure: 'faults', now: 0.05 },
          ...{ requestsBefore: 9_009, requestsNow: 1_000 },
        },
      ],
    });
  });

  test('of latency is found among misses, although hits are more than they', () => {
    const hits = { cache: 'hit', takesMs: 0 } as const;
    const before = [quick(90_000, hits), quick(900, { takesMs: 200 })];
    const now = [quick(9_000, hits), quick(100, { takesMs: 500 })];
    expect(judgeThese(before, now)).toMatchObject({
      kind: 'regress',
      regressions: [{ operationId: MARKET, cache: 'miss', figure: 'p95', before: 207, now: 511 }],
    });
  });

  test('of hits that are no longer answered from memory is found among hits', () => {
    const before = [quick(9_000, { cache: 'hit', takesMs: 0 })];
    expect(inShort(judgeThese(before, [quick(1_000, { cache: 'hit', takesMs: 150 })]))).toEqual([
      `regress ${MARKET} hit p95`,
    ]);
    const someSlow = [quick(930, { cache: 'hit', takesMs: 0 }), quick(70, { cache: 'hit', takesMs: 300 })];
    expect(inShort(judgeThese(before, someSlow))).toEqual([`regress ${MARKET} hit p95`]);
  });

  test('of one operation among many is named', () => {
    const operations = Array.from({ length: 40 }, (_, index) => `sha256:${index}`);
    const before = operations.map((operationId) => quick(2_000, { operationId }));
    const now = operations.flatMap((operationId, index) =>
      index === 7
        ? [quick(150, { operationId }), failed(50, { operationId })]
        : [quick(200, { operationId })],
    );
    expect(inShort(judgeThese(before, now))).toEqual(['regress sha256:7 executed faults']);
  });

  test('of an operation that only the new version has is one above the share that pages', () => {
    const old = quick(9_000);
    const fresh = { operationId: 'sha256:new' };
    const judged = (faults: number) =>
      inShort(judgeThese([old], [quick(1_000), quick(200 - faults, fresh), failed(faults, fresh)]));
    expect(judged(0)).toEqual(['promote']);
    expect(judged(3)).toEqual(['promote']);
    expect(judged(30)).toEqual(['regress sha256:new executed faults']);
    // Its durations have nothing to be compared with.
    expect(inShort(judgeThese([old], [quick(1_000), quick(200, { ...fresh, takesMs: 9_000 })]))).toEqual([
      'promote',
    ]);
  });

  test('of a new operation is none where all that the old version executes fails as often', () => {
    const fresh = { operationId: 'sha256:new' };
    const before = [quick(6_000), failed(3_000)];
    const now = [quick(660), failed(340), quick(140, fresh), failed(60, fresh)];
    expect(inShort(judgeThese(before, now))).toEqual(['promote']);
  });

  test('of an operation that the old version has seldom is in doubt: it may have failed before', () => {
    const rare = { operationId: 'sha256:rare' };
    const judged = (...old: MadeUpRequests[]) =>
      inShort(judgeThese([quick(9_000), ...old], [quick(1_000), quick(30, rare), failed(30, rare)]));
    expect(judged()).toEqual(['regress sha256:rare executed faults']);
    expect(judged(quick(10, rare))).toEqual(['doubt sha256:rare executed faults']);
    expect(judged(quick(10, rare), failed(10, rare))).toEqual(['promote']);
  });

  test('of a route counts, and of a job by its faults alone', () => {
    const route = { operationId: 'route:/files' };
    const job = { operationId: 'job:prices', cache: 'bypass' } as const;
    const [before, now] = [
      [quick(9_000), quick(900, route)],
      [quick(1_000), quick(50, route)],
    ];
    expect(inShort(judgeThese(before, [...now, failed(50, route)]))).toEqual([
      'regress route:/files executed faults',
    ]);
    const runs = [...before, quick(28, job)];
    expect(inShort(judgeThese(runs, [...now, failed(28, job)]))).toEqual([
      'regress job:prices executed faults',
    ]);
    expect(inShort(judgeThese(runs, [...now, quick(40, { ...job, takesMs: 60_000 })]))).toEqual(['promote']);
  });

  test('is none where callers are the reason: refused requests and what is not registered', () => {
    const refused = { ...failed(5_000), faults: 0, outcome: 'refused', operationId: 'unregistered' } as const;
    const unknown = failed(5_000, { operationId: 'unregistered' });
    expect(inShort(judgeThese([quick(9_000)], [quick(1_000), refused, unknown]))).toEqual(['promote']);
  });
});

describe('a promotion waits', () => {
  test('for requests of both versions', () => {
    expect(inShort(judgeThese([quick(9_000)], [quick(999)]))).toEqual(['few-requests now']);
    expect(inShort(judgeThese([quick(999)], [quick(1_000)]))).toEqual(['few-requests before']);
  });

  test('and health checks, admin commands, jobs, refusals and unregistered documents are none', () => {
    const others = ['route:/health', 'route:/admin/metrics', 'job:prices', 'unregistered'].map(
      (operationId) => quick(100_000, { operationId, cache: 'bypass' }),
    );
    const refused = quick(100_000, { outcome: 'refused', cache: 'bypass' });
    expect(inShort(judgeThese([...others, refused], [...others, refused]))).toEqual([
      'few-requests before',
      'few-requests now',
    ]);
  });

  test('for those of a frequent operation, and not for those of a rare one', () => {
    const pools = { operationId: 'sha256:pools' };
    const judged = (before: number, now: number) =>
      inShort(judgeThese([quick(9_000), quick(before, pools)], [quick(1_000), quick(now, pools)]));
    expect(judged(900, 29)).toEqual(['unjudged sha256:pools executed faults']);
    expect(judged(900, 30)).toEqual(['promote']);
    expect(judged(90, 1)).toEqual(['promote']);
    // The new version counts none: it may refuse all of them, or end before it counts.
    expect(judged(900, 0)).toEqual(['unjudged sha256:pools executed faults']);
  });

  test('while a figure is in doubt', () => {
    const judged = (faults: number) =>
      inShort(judgeThese([quick(9_000), failed(9)], [quick(1_000 - faults), failed(faults)]));
    expect(judged(1)).toEqual(['promote']);
    expect(judged(8)).toEqual([`doubt ${MARKET} executed faults`]);
    expect(judged(40)).toEqual([`regress ${MARKET} executed faults`]);
  });

  test('where the new version refuses what the old one answers, and people decide', () => {
    const refused = quick(1_000, { outcome: 'refused', cache: 'bypass' });
    expect(inShort(judgeThese([quick(9_000)], [quick(1_000), refused]))).toEqual([
      `doubt ${MARKET} all refusals`,
    ]);
    expect(
      inShort(judgeThese([quick(9_000), { ...refused, count: 9_000 }], [quick(1_000), refused])),
    ).toEqual(['promote']);
  });

  test('where the new version counts nothing, also if no minimum is set', () => {
    const none = { minimumRequests: 0 };
    expect(inShort(judgeThese([quick(200)], [], none))).toEqual(['silent']);
    expect(inShort(judgeThese([quick(9_000)], []))).toEqual(['silent']);
    expect(inShort(judgeThese([quick(199)], [], none))).toEqual(['promote']);
    expect(inShort(judgeThese([], [], none))).toEqual(['promote']);
  });
});

describe('requests that are never counted', () => {
  const operations = (counts: readonly number[]) =>
    counts.map((count, index) => quick(count, { operationId: `sha256:${index}` }));
  const tenOf = (count: number) => Array<number>(10).fill(count);
  const judged = (before: readonly number[], now: readonly number[], percent: number) =>
    inShort(judgeThese(operations(before), operations(now), {}, percent));

  test('hold a version that counts less than half of its share', () => {
    expect(judged(tenOf(2_000), tenOf(100), 50)).toEqual(['lost null']);
    expect(judged(tenOf(2_000), tenOf(1_010), 50)).toEqual(['promote']);
    // A tenth of the traffic is a ninth of what the others count.
    expect(judged(tenOf(9_000), tenOf(490), 10)).toEqual(['lost null']);
    expect(judged(tenOf(9_000), tenOf(510), 10)).toEqual(['promote']);
  });

  test('hold a version of which one operation counts less than half of its share', () => {
    expect(judged(tenOf(2_000), tenOf(2_000).with(3, 40), 50)).toEqual(['lost sha256:3']);
    expect(judged(tenOf(2_000), tenOf(2_000).slice(0, 9), 50)).toContain('lost sha256:9');
  });

  test('are not told from chance where few are expected', () => {
    expect(judged([20_000, 199], [20_000, 31], 50)).toEqual(['promote']);
    expect(judged([20_000, 200], [20_000, 31], 50)).toEqual(['lost sha256:1']);
  });

  test('hold also where no minimum is set', () => {
    const [before, now] = [operations(tenOf(2_000)), operations(tenOf(100))];
    expect(inShort(judgeThese(before, now, { minimumRequests: 0 }, 50))).toEqual(['lost null']);
  });

  test('are neither refused ones nor runs of jobs', () => {
    const refused = quick(600, { outcome: 'refused', cache: 'bypass' });
    const runs = quick(260, { operationId: 'job:prices', cache: 'bypass' });
    expect(inShort(judgeThese([quick(9_000), runs], [quick(9_000)], {}, 50))).toEqual(['promote']);
    expect(inShort(judgeThese([quick(18_000)], [quick(1_000), refused]))).toEqual([
      `doubt ${MARKET} all refusals`,
    ]);
  });
});

/** Cells of a few operations. */
const drawnCell: fc.Arbitrary<MetricsCell> = fc
  .record({
    operationId: fc.constantFrom('a', 'b', 'route:/files', 'job:prices', 'unregistered', 'route:/health'),
    cache: fc.constantFrom(...CACHE_RESULTS),
    outcome: fc.constantFrom(...REQUEST_OUTCOMES),
    client: fc.constantFrom('ios', 'web'),
    count: fc.nat(400),
    faultShare: fc.constantFrom(0, 0, 0, 0.1, 0.5, 1),
    takesMs: fc.constantFrom(0, 20, 90, 500),
  })
  .map(({ faultShare, ...requests }) =>
    madeUpCell(
      {
        ...requests,
        faults:
          requests.outcome === 'error' || requests.outcome === 'partial'
            ? Math.floor(requests.count * faultShare)
            : 0,
      },
      NOW,
    ),
  );
const drawnCells = fc.array(drawnCell, { maxLength: 25 });

const sampleOfRows = (rows: readonly (readonly MetricsCell[])[]): VersionSample => {
  const sample = new VersionSample();
  for (const row of rows) sample.add(row);
  return sample;
};

describe('whatever was counted', () => {
  test('the order of rows and their split into isolates do not matter', () => {
    fc.assert(
      fc.property(drawnCells, drawnCells, fc.infiniteStream(fc.nat(3)), (before, now, draws) => {
        const judgement = judge(sampleOfRows([before]), sampleOfRows([now]), THRESHOLDS, TENTH);
        const shuffled = (cells: readonly MetricsCell[]) => {
          const rows: MetricsCell[][] = [[], [], [], []];
          for (const cell of cells) rows[draws.next().value ?? 0]?.unshift(cell);
          return sampleOfRows(rows);
        };
        const other = judge(shuffled(before), shuffled(now), THRESHOLDS, TENTH);
        expect(inShort(other).toSorted()).toEqual(inShort(judgement).toSorted());
      }),
    );
  });

  test('more requests of the same kinds never make a promotion of a regression', () => {
    fc.assert(
      fc.property(drawnCells, drawnCells, fc.integer({ min: 2, max: 9 }), (before, now, times) => {
        const judgement = judge(sampleOfRows([before]), sampleOfRows([now]), THRESHOLDS, TENTH);
        const repeated = (cells: MetricsCell[]) => sampleOfRows(Array(times).fill(cells));
        const later = judge(repeated(before), repeated(now), THRESHOLDS, TENTH);
        if (judgement.kind === 'regress') expect(later.kind).toBe('regress');
      }),
      { numRuns: 300 },
    );
  });

  test('further faults of the new version, and answers of the old one without, never make a regression less', () => {
    fc.assert(
      fc.property(drawnCells, drawnCells, fc.integer({ min: 1, max: 500 }), (before, now, count) => {
        const judgement = judge(sampleOfRows([before]), sampleOfRows([now]), THRESHOLDS, TENTH);
        if (judgement.kind !== 'regress') return;
        const worst = judgement.regressions.find(
          ({ figure, before: old }) => figure === 'faults' && old !== null,
        );
        if (worst === undefined) return;
        const { operationId } = worst;
        const cache = worst.cache === 'executed' ? 'bypass' : 'stale';
        const worse = [...now, madeUpCell({ ...failed(count), operationId, cache }, NOW)];
        const better = [...before, madeUpCell({ count, operationId, cache }, NOW)];
        for (const later of [
          judge(sampleOfRows([before]), sampleOfRows([worse]), THRESHOLDS, TENTH),
          judge(sampleOfRows([better]), sampleOfRows([now]), THRESHOLDS, TENTH),
        ])
          expect(inShort(later)).toContain(`regress ${operationId} ${worst.cache} faults`);
      }),
      { numRuns: 300 },
    );
  });

  test('the same requests on both sides are no regression', () => {
    fc.assert(
      fc.property(drawnCells, (cells) => {
        expect(judge(sampleOfRows([cells, cells]), sampleOfRows([cells]), THRESHOLDS, TENTH).kind).not.toBe(
          'regress',
        );
      }),
    );
  });
});
