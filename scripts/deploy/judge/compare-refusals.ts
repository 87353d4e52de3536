/**
 * Compares the shares of refused requests. A refusal is the caller's, so more of them are no regression; but a version that
 * refuses what the other one answers may have lost a right or a rule, and people decide.
 */
import type { Comparison } from './comparison.ts';
import { chanceOfMore, type Proportion, shareOf } from './exact-tests.ts';
import { isJob, type VersionSample } from './version-sample.ts';

const TOLERATED_SHARE = 0.01;

/** Compares each operation, over all cache results and periods: no cache decides about a refusal. */
export function refusalComparisons(oldSample: VersionSample, newSample: VersionSample): Comparison[] {
  const [newShares, oldShares] = [refusalsOf(newSample), refusalsOf(oldSample)];
  return [...newShares].flatMap(([operationId, newShare]): Comparison[] => {
    const oldShare = oldShares.get(operationId);
    if (oldShare === undefined || isJob(operationId)) return [];
    return [
      {
        ...{ operationId, cache: 'all', figure: 'refusals', mayRegress: false },
        ...{
          oldFigure: shareOf(oldShare),
          newFigure: shareOf(newShare),
          oldRequests: oldShare.of,
          newRequests: newShare.of,
        },
        isWorse: shareOf(newShare) - shareOf(oldShare) >= TOLERATED_SHARE,
        chance: chanceOfMore([{ oldShare, newShare }]),
      },
    ];
  });
}

function refusalsOf(sample: VersionSample): Map<string, Proportion> {
  const shares = new Map<string, Proportion>();
  for (const { operationId, count, refused } of sample.cells()) {
    const { marked, of } = shares.get(operationId) ?? { marked: 0, of: 0 };
    shares.set(operationId, { marked: marked + refused, of: of + count + refused });
  }
  return shares;
}
