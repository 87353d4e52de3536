import type { CacheResult } from '../../../src/observability/request-metrics.ts';

/**
 * A version is no worse in a period as long as the odds of a fault, or of being among the slowest requests, are at most so
 * many times the old version's. A margin is needed because the caches of both versions are in different states.
 */
export const TOLERATED_ODDS = 1.5;

/** One figure of one operation in both versions. */
export interface Comparison {
  operationId: string;
  /**
   * A failed answer is kept nowhere, so it counts as `bypass` also where the operation's other answers are misses. Faults are
   * therefore judged over all that was `executed` (miss and bypass), and over all that was `cached` (hit and stale).
   */
  cache: CacheResult | 'executed' | 'cached' | 'all';
  figure: 'faults' | 'p95' | 'refusals';
  /** A share from 0 to 1, or milliseconds. Null where the old version has too few such requests. */
  oldFigure: number | null;
  newFigure: number;
  /** Requests behind the figures. */
  oldRequests: number;
  newRequests: number;
  /** True if the new version's figure is worse by more than is tolerated. */
  isWorse: boolean;
  /** The probability of such counts, or of more extreme ones, if the new version is no worse. */
  chance: number;
  /** False if it only puts a figure in doubt: there are too few requests, or people have to decide. */
  mayRegress: boolean;
}
