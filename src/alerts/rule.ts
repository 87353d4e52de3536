/** The form of an alert rule. Each has a file in `rules/`, an entry in `alert-rules.ts`, and a page in `docs/runbooks/`. */
import type { Severity } from '../observability/notice.ts';
import type { AlertRuleName } from '../settings/alert-thresholds.ts';
import type { Facts } from './facts.ts';
import type { Worst } from './windows.ts';

export interface AlertRule {
  name: AlertRuleName;
  /** The name of its page in `docs/runbooks/`. Silences name it too. Two rules share it if one is the graver form of the other. */
  runbook: string;
  severity: Severity;
  /** The span that it looks back. The longer one where it looks at two; 0 where it looks at the moment. */
  windowSeconds: number;
  /** It fires when it has been broken for this long. */
  holdSeconds: number;
  /** It is over when it has been kept for this long. */
  recoverySeconds: number;
  /** In its place, where it differs from subject to subject. */
  recoverySecondsOf?(subject: string, facts: Facts, threshold: number): number;
  /** It is not judged with fewer of `counted`. */
  minimum: number;
  /** The things that `minimum` counts, in the plural; empty where it is 0. */
  counted: string;
  /** With its unit, e.g. `812 ms`. */
  inWords(value: number): string;
  /** It then is judged only with a threshold of its own in `ALERT_THRESHOLDS`. */
  isOffWithCacheInFront?: true;
  /** @returns null if its facts could not be read, or cannot be judged yet: its alerts stay as they are */
  breaches(facts: Facts, limits: RuleLimits): Breach[] | null;
}

export interface RuleLimits {
  threshold: number;
  minimum: number;
}

/** A rule is broken. */
export interface Breach {
  /** The one of several that the rule is about; empty if there is but one. */
  subject: string;
  value: number;
  /** One sentence. */
  summary: string;
  worst?: Worst | undefined;
}
