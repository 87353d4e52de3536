import type { Comparison } from './comparison.ts';
import type { KnownOperation } from './known-operations.ts';

/** The end of a step that was watched. */
export type Verdict =
  | { kind: 'promote' }
  /** Sentences for people. */
  | { kind: 'hold'; reasons: readonly string[] }
  | { kind: 'regress'; findings: readonly CanaryFinding[] };

/** An operation whose figure is worse than that of the old version. */
export interface CanaryFinding
  extends Pick<Comparison, 'operationId' | 'cache' | 'figure' | 'before' | 'now'> {
  /** Null where D1 does not know the operation, as a route or a job, or could not be asked. */
  name: string | null;
  /** Some of the releases that carry the operation. */
  releases: KnownOperation['releases'];
  /** The finding as a sentence. */
  summary: string;
}
