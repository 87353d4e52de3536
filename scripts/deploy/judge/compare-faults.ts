/**
 * Compares the shares of requests with faults.
 *
 * The platform draws the version of each request by chance, so where both versions are alike, each fault of a period was as
 * likely to be either's as the requests are: Fisher's exact test holds in bursts of faults too, as in an outage of upstream that both
 * versions see. It is made by periods, because a cold cache executes more in the first minutes, when such a burst may be.
 */
import { ERROR_BUDGET_SHARE } from '../../../src/alerts/rules/error-budget.ts';
import type { CacheResult } from '../../../src/observability/request-metrics.ts';
import { ALERT_DEFAULT_THRESHOLDS } from '../../../src/settings/alert-thresholds.ts';
import { type Comparison, TOLERATED_ODDS } from './comparison.ts';
import { chanceOfAtLeast, chanceOfMore, type Period, type Proportion, shareOf } from './exact-tests.ts';
import { type CellCounts, isJob, type SampleCell, type VersionSample } from './version-sample.ts';

/** The new version's share may be greater by what the error budget allows. */
const TOLERATED_SHARE = ERROR_BUDGET_SHARE;
/** The share of faults at which the alert `error-budget-fast` pages. */
const PAGING_SHARE = ALERT_DEFAULT_THRESHOLDS['error-budget-fast'] * ERROR_BUDGET_SHARE;

const GROUPS = { executed: ['miss', 'bypass'], cached: ['hit', 'stale'] } as const satisfies Record<
  string,
  readonly CacheResult[]
>;
type Group = keyof typeof GROUPS;

export interface FaultComparison extends Comparison {
  figure: 'faults';
  cache: Group;
}

/**
 * Compares all operations of both versions, however few requests they have. One of which the old version has too few is compared with
 * the share that pages, or, in an outage, with that of everything that the old version executed.
 *
 * @param minimumRequests that an operation needs to be called a regression; runs of jobs need none
 */
export function faultComparisons(
  oldSample: VersionSample,
  newSample: VersionSample,
  minimumRequests: number,
): FaultComparison[] {
  const allExecuted = faultsOf(
    oldSample.cells().filter(({ operationId, cache }) => !isJob(operationId) && isOf('executed', cache)),
  );
  const operationIds = new Set(
    [...oldSample.cells(), ...newSample.cells()].map(({ operationId }) => operationId),
  );
  return [...operationIds].flatMap((operationId) =>
    (['executed', 'cached'] as const).flatMap((cache): FaultComparison[] => {
      const sharesIn = (sample: VersionSample) =>
        faultsOf(GROUPS[cache].flatMap((result) => sample.cell(operationId, result) ?? []));
      const [oldShare, newShare] = [sharesIn(oldSample), sharesIn(newSample)];
      const [oldRequests, newRequests] = [oldShare.of, newShare.of];
      if (oldRequests + newRequests === 0) return [];
      const needed = isJob(operationId) ? 1 : Math.max(1, minimumRequests);
      const common = { operationId, cache, figure: 'faults', oldRequests, newRequests } as const;
      const figures = { ...common, newFigure: shareOf(newShare) };
      if (oldRequests >= needed) {
        const isWorse = shareOf(newShare) - shareOf(oldShare) >= TOLERATED_SHARE;
        const chance = isWorse ? chanceOfMore(bothOf(oldShare, newShare), TOLERATED_ODDS) : 1;
        return [
          { ...figures, oldFigure: shareOf(oldShare), isWorse, chance, mayRegress: newRequests >= needed },
        ];
      }
      const periods = newShare.periods.map((share, period) => ({
        share,
        probability: Math.max(PAGING_SHARE, shareOf(allExecuted.periods[period] ?? NONE)),
      }));
      const isWorse = shareOf(newShare) > Math.max(PAGING_SHARE, shareOf(oldShare));
      const chance = isWorse ? chanceOfAtLeast(periods) : 1;
      // A few requests of the old version do not say whether the operation has failed before.
      const mayRegress = oldRequests === 0 && newRequests >= needed;
      return [{ ...figures, oldFigure: null, isWorse, chance, mayRegress }];
    }),
  );
}

/** The shares of periods, and that of all. */
interface PeriodShares extends Proportion {
  periods: readonly Proportion[];
}

const NONE: Proportion = { marked: 0, of: 0 };

const isOf = (group: Group, cache: CacheResult) => GROUPS[group].some((result) => result === cache);

function faultsOf(cells: readonly SampleCell[]): PeriodShares {
  const length = Math.max(0, ...cells.map(({ periods }) => periods.length));
  const sumOf = (counts: readonly (CellCounts | undefined)[]): Proportion => ({
    marked: counts.reduce((sum, count) => sum + (count?.faults ?? 0), 0),
    of: counts.reduce((sum, count) => sum + (count?.count ?? 0), 0),
  });
  const periods = Array.from({ length }, (_, period) => sumOf(cells.map((cell) => cell.periods[period])));
  return { ...sumOf(cells), periods };
}

function bothOf(oldShares: PeriodShares, newShares: PeriodShares): Period[] {
  const length = Math.min(oldShares.periods.length, newShares.periods.length);
  return Array.from({ length }, (_, period) => ({
    oldShare: oldShares.periods[period] ?? NONE,
    newShare: newShares.periods[period] ?? NONE,
  }));
}
