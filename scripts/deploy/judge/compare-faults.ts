/**
 * Compares the shares of requests with faults.
 *
 * The platform draws the version of each request at random, so under the hypothesis that both versions are alike, each
 * fault of the step had the same chance of being either version's: Fisher's exact test holds also where faults come in bursts,
 * as in an outage of upstream that both versions see.
 */
import { ERROR_BUDGET_SHARE } from '../../../src/alerts/rules/error-budget.ts';
import type { CacheResult } from '../../../src/observability/request-metrics.ts';
import { ALERT_DEFAULT_THRESHOLDS } from '../../../src/settings/alert-thresholds.ts';
import type { Comparison } from './comparison.ts';
import { chanceOfAtLeast, chanceOfMore, type Share } from './exact-tests.ts';
import { isJob, type VersionSample } from './version-sample.ts';

/** A greater share than the old version's by less than this is no regression: it is what the error budget allows. */
const TOLERATED_SHARE = ERROR_BUDGET_SHARE;
/** The share of faults at which the alert `error-budget-fast` pages. */
const PAGING_SHARE = ALERT_DEFAULT_THRESHOLDS['error-budget-fast'] * ERROR_BUDGET_SHARE;

const GROUPS = { executed: ['miss', 'bypass'], cached: ['hit', 'stale'] } as const satisfies Record<
  string,
  readonly CacheResult[]
>;

const shareOf = ({ marked, of }: Share) => (of === 0 ? 0 : marked / of);

/** @param minimumRequests that each version needs of an operation; runs of jobs are compared from the first one on */
export function faultComparisons(
  before: VersionSample,
  now: VersionSample,
  minimumRequests: number,
): Comparison[] {
  const allowed = Math.max(PAGING_SHARE, shareOf(faultsOfAll(before)));
  return operationIdsOf(now).flatMap((operationId) =>
    (['executed', 'cached'] as const).flatMap((cache): Comparison[] => {
      const [old, young] = [faultsOf(before, operationId, cache), faultsOf(now, operationId, cache)];
      const needed = isJob(operationId) ? 1 : Math.max(1, minimumRequests);
      if (young.of < needed) return [];
      const isCompared = old.of >= needed;
      const share = shareOf(young);
      return [
        {
          ...{ operationId, cache, figure: 'faults', now: share },
          before: isCompared ? shareOf(old) : null,
          ...{ requestsBefore: old.of, requestsNow: young.of },
          isWorse: isCompared ? share - shareOf(old) >= TOLERATED_SHARE : share > allowed,
          chance: isCompared ? chanceOfMore(old, young) : chanceOfAtLeast(young, allowed),
        },
      ];
    }),
  );
}

const operationIdsOf = (sample: VersionSample) => [
  ...new Set(sample.cells().map(({ operationId }) => operationId)),
];

function faultsOf(sample: VersionSample, operationId: string, cache: keyof typeof GROUPS): Share {
  const cells = GROUPS[cache].map((result) => sample.cell(operationId, result));
  return {
    marked: cells.reduce((sum, cell) => sum + (cell?.faults ?? 0), 0),
    of: cells.reduce((sum, cell) => sum + (cell?.count ?? 0), 0),
  };
}

/** Of everything that was executed: an outage of upstream is not the fault of an operation that is new. */
function faultsOfAll(sample: VersionSample): Share {
  const all: Share = { marked: 0, of: 0 };
  for (const { operationId, cache, faults, count } of sample.cells()) {
    if (isJob(operationId) || !GROUPS.executed.some((result) => result === cache)) continue;
    all.marked += faults;
    all.of += count;
  }
  return all;
}
