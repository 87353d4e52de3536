import type { CacheResult } from '../../../src/observability/request-metrics.ts';

/** One figure of one operation in both versions. */
export interface Comparison {
  operationId: string;
  /**
   * A failed answer is kept nowhere, so it counts as `bypass` also where the operation's other answers are misses. Faults are
   * therefore judged over all that was `executed` (miss and bypass), and over all that was `cached` (hit and stale).
   */
  cache: CacheResult | 'executed' | 'cached';
  figure: 'faults' | 'p95';
  /** A share from 0 to 1, or milliseconds. Null where the old version has too few such requests. */
  before: number | null;
  now: number;
  /** Requests behind the figures. */
  requestsBefore: number;
  requestsNow: number;
  /** True if the new version's figure is worse by more than is tolerated. */
  isWorse: boolean;
  /** The probability of such counts, or of more extreme ones, if the new version is no worse. */
  chance: number;
}
