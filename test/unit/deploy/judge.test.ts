/** Judgements of counted requests that a test makes up. */
import { describe, expect, test } from 'vitest';
import type { CanaryThresholds } from '../../../scripts/deploy/judge/canary-thresholds.ts';
import { judge } from '../../../scripts/deploy/judge/judge.ts';
import { VersionSample } from '../../../scripts/deploy/judge/version-sample.ts';
import { CANARY_THRESHOLDS } from '../../../scripts/deploy/rollout.ts';
import { failed, inShort, quick } from '../../support/judged-requests.ts';
import { type MadeUpRequests, madeUpCell } from '../../support/made-up-cells.ts';

const THRESHOLDS = CANARY_THRESHOLDS.production;
const MARKET = 'sha256:market';
const WRITTEN_AT = 1_764_000_000;

const sampleOf = (...requests: MadeUpRequests[]): VersionSample => {
  const sample = new VersionSample();
  sample.add(requests.map((each) => madeUpCell(each, WRITTEN_AT)));
  return sample;
};

const judgeThese = (
  oldRequests: readonly MadeUpRequests[],
  newRequests: readonly MadeUpRequests[],
  thresholds: Partial<CanaryThresholds> = {},
  percent = 10,
) => judge(sampleOf(...oldRequests), sampleOf(...newRequests), { ...THRESHOLDS, ...thresholds }, percent);

describe('a version that answers as the old one does', () => {
  test('is promoted', () => {
    expect(judgeThese([quick(9_000)], [quick(1_000)])).toEqual({ kind: 'promote' });
  });

  test('is promoted also where its cold cache misses more', () => {
    const oldRequests = [quick(8_000, { cache: 'hit', takesMs: 0 }), quick(1_000, { takesMs: 300 })];
    const newRequests = [quick(100, { cache: 'hit', takesMs: 0 }), quick(900, { takesMs: 300 })];
    expect(inShort(judgeThese(oldRequests, newRequests))).toEqual(['promote']);
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
    const [oldRequests, newRequests] = [
      [quick(9_000, { takesMs: 1_000 })],
      [quick(1_000, { takesMs: 1_240 })],
    ];
    expect(inShort(judgeThese(oldRequests, newRequests))).toEqual(['promote']);
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
          ...{ operationId: MARKET, cache: 'executed', figure: 'faults', newFigure: 0.05 },
          ...{ oldRequests: 9_009, newRequests: 1_000 },
        },
      ],
    });
  });

  test('of latency is found among misses, although hits are more than they', () => {
    const hits = { cache: 'hit', takesMs: 0 } as const;
    const oldRequests = [quick(90_000, hits), quick(900, { takesMs: 200 })];
    const newRequests = [quick(9_000, hits), quick(100, { takesMs: 500 })];
    expect(judgeThese(oldRequests, newRequests)).toMatchObject({
      kind: 'regress',
      regressions: [{ operationId: MARKET, cache: 'miss', figure: 'p95', oldFigure: 207, newFigure: 511 }],
    });
  });

  test('of hits that are no longer answered from memory is found among hits', () => {
    const oldRequests = [quick(9_000, { cache: 'hit', takesMs: 0 })];
    expect(inShort(judgeThese(oldRequests, [quick(1_000, { cache: 'hit', takesMs: 150 })]))).toEqual([
      `regress ${MARKET} hit p95`,
    ]);
    const someSlow = [quick(930, { cache: 'hit', takesMs: 0 }), quick(70, { cache: 'hit', takesMs: 300 })];
    expect(inShort(judgeThese(oldRequests, someSlow))).toEqual([`regress ${MARKET} hit p95`]);
  });

  test('of one operation among many is named', () => {
    const operations = Array.from({ length: 40 }, (_, index) => `sha256:${index}`);
    const oldRequests = operations.map((operationId) => quick(2_000, { operationId }));
    const newRequests = operations.flatMap((operationId, index) =>
      index === 7
        ? [quick(150, { operationId }), failed(50, { operationId })]
        : [quick(200, { operationId })],
    );
    expect(inShort(judgeThese(oldRequests, newRequests))).toEqual(['regress sha256:7 executed faults']);
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
    const oldRequests = [quick(6_000), failed(3_000)];
    const newRequests = [quick(660), failed(340), quick(140, fresh), failed(60, fresh)];
    expect(inShort(judgeThese(oldRequests, newRequests))).toEqual(['promote']);
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
    const [oldRequests, newRequests] = [
      [quick(9_000), quick(900, route)],
      [quick(1_000), quick(50, route)],
    ];
    expect(inShort(judgeThese(oldRequests, [...newRequests, failed(50, route)]))).toEqual([
      'regress route:/files executed faults',
    ]);
    const runs = [...oldRequests, quick(28, job)];
    expect(inShort(judgeThese(runs, [...newRequests, failed(28, job)]))).toEqual([
      'regress job:prices executed faults',
    ]);
    expect(inShort(judgeThese(runs, [...newRequests, quick(40, { ...job, takesMs: 60_000 })]))).toEqual([
      'promote',
    ]);
  });

  test('is none where callers are the reason: refused requests and what is not registered', () => {
    const refused = { ...failed(5_000), faults: 0, outcome: 'refused', operationId: 'unregistered' } as const;
    const unknown = failed(5_000, { operationId: 'unregistered' });
    expect(inShort(judgeThese([quick(9_000)], [quick(1_000), refused, unknown]))).toEqual(['promote']);
  });
});

describe('a promotion waits', () => {
  test('for requests of both versions', () => {
    expect(inShort(judgeThese([quick(9_000)], [quick(999)]))).toEqual(['few-requests new']);
    expect(inShort(judgeThese([quick(999)], [quick(1_000)]))).toEqual(['few-requests old']);
  });

  test('and counts no health checks, admin commands, jobs, refusals and unregistered documents', () => {
    const others = ['route:/health', 'route:/admin/metrics', 'job:prices', 'unregistered'].map(
      (operationId) => quick(100_000, { operationId, cache: 'bypass' }),
    );
    const refused = quick(100_000, { outcome: 'refused', cache: 'bypass' });
    expect(inShort(judgeThese([...others, refused], [...others, refused]))).toEqual([
      'few-requests old',
      'few-requests new',
    ]);
  });

  test('for those of a frequent operation, and not for those of a rare one', () => {
    const pools = { operationId: 'sha256:pools' };
    const judged = (oldCount: number, newCount: number) =>
      inShort(judgeThese([quick(9_000), quick(oldCount, pools)], [quick(1_000), quick(newCount, pools)]));
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

  test('for people, if the new version refuses requests that the old one answers', () => {
    const refused = quick(1_000, { outcome: 'refused', cache: 'bypass' });
    expect(inShort(judgeThese([quick(9_000)], [quick(1_000), refused]))).toEqual([
      `doubt ${MARKET} all refusals`,
    ]);
    expect(
      inShort(judgeThese([quick(9_000), { ...refused, count: 9_000 }], [quick(1_000), refused])),
    ).toEqual(['promote']);
  });

  test('while the new version counts nothing, also if no minimum is set', () => {
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
  const judged = (oldCounts: readonly number[], newCounts: readonly number[], percent: number) =>
    inShort(judgeThese(operations(oldCounts), operations(newCounts), {}, percent));

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
    const [oldRequests, newRequests] = [operations(tenOf(2_000)), operations(tenOf(100))];
    expect(inShort(judgeThese(oldRequests, newRequests, { minimumRequests: 0 }, 50))).toEqual(['lost null']);
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
