/**
 * Compares the shares of refused requests. A refusal is the caller's, so more of them are no regression; but a version that
 * refuses what the other one answers may have lost a right or a rule, and people decide.
 */
import type { Comparison } from './comparison.ts';
import { chanceOfMore, type Share, shareOf } from './exact-tests.ts';
import { isJob, type VersionSample } from './version-sample.ts';

const TOLERATED_SHARE = 0.01;

/** Of each operation, over all cache results and periods: no cache decides about a refusal. */
export function refusalComparisons(before: VersionSample, now: VersionSample): Comparison[] {
  const [shares, sharesBefore] = [refusalsOf(now), refusalsOf(before)];
  return [...shares].flatMap(([operationId, share]): Comparison[] => {
    const old = sharesBefore.get(operationId);
    if (old === undefined || isJob(operationId)) return [];
    return [
      {
        ...{ operationId, cache: 'all', figure: 'refusals', mayRegress: false },
        ...{ before: shareOf(old), now: shareOf(share), requestsBefore: old.of, requestsNow: share.of },
        isWorse: shareOf(share) - shareOf(old) >= TOLERATED_SHARE,
        chance: chanceOfMore([{ before: old, now: share }]),
      },
    ];
  });
}

function refusalsOf(sample: VersionSample): Map<string, Share> {
  const shares = new Map<string, Share>();
  for (const { operationId, count, refused } of sample.cells()) {
    const { marked, of } = shares.get(operationId) ?? { marked: 0, of: 0 };
    shares.set(operationId, { marked: marked + refused, of: of + count + refused });
  }
  return shares;
}
