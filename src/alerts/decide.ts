/**
 * Decides which alerts fire and end: pure, so that no failure of a channel or of D1 changes a decision.
 *
 * Guarantees: an incident has one `fired` and one `resolved`. A rule that throws, or that has nothing to look at, leaves its
 * alerts as they are, and keeps no other rule from being judged. Time is watched time: see `watched-time.ts`.
 */
import type { AlertNotice } from '../observability/notice.ts';
import type { AlertThresholds } from '../settings/alert-thresholds.ts';
import { absorb } from './absorb.ts';
import { nextPhase } from './alert-phases.ts';
import { ALERT_RULES, thresholdInForce } from './alert-rules.ts';
import type { ActiveAlert, AlertState } from './alert-state.ts';
import type { Facts } from './facts.ts';
import type { Observed } from './observed.ts';
import type { AlertRule, Breach } from './rule.ts';
import type { Worst } from './windows.ts';

/** Alerts of one rule that are not normal: further subjects wait until one of them is. */
const SUBJECTS_MAX = 10;
const SUBJECT_MAX_CHARACTERS = 200;
const SUMMARY_MAX_CHARACTERS = 500;

export interface Decision extends Omit<AlertNotice, 'id' | 'kind' | 'runbookUrl' | 'worst'> {
  /** The rule's own name: several may share a runbook. */
  rule: string;
  runbook: string;
  worst?: Worst;
}

export interface RuleFailure {
  rule: string;
  error: unknown;
}

export interface Look {
  state: AlertState;
  decisions: Decision[];
  failures: RuleFailure[];
}

export interface LookOptions {
  /** Unix seconds. */
  nowSeconds: number;
  thresholds: AlertThresholds;
  rules?: readonly AlertRule[];
}

export function decide(
  before: AlertState,
  observed: Observed,
  { nowSeconds, thresholds, rules = ALERT_RULES }: LookOptions,
): Look {
  const { state, facts, elapsedSeconds } = absorb(before, observed, nowSeconds);
  const decisions: Decision[] = [];
  const failures: RuleFailure[] = [];
  const alerts: ActiveAlert[] = [];
  const step: Step = { state, facts, nowSeconds, elapsedSeconds, decisions };
  for (const rule of rules) {
    const active = state.alerts.filter((alert) => alert.rule === rule.name);
    const judged = judge(rule, facts, thresholds);
    if ('error' in judged) failures.push({ rule: rule.name, error: judged.error });
    alerts.push(...('breaches' in judged ? stepsOf(rule, active, judged, step) : active));
  }
  // Rules of another build.
  const known = new Set<string>(rules.map(({ name }) => name));
  for (const alert of state.alerts)
    if (!known.has(alert.rule)) decisions.push(...resolved(alert, nowSeconds));
  state.alerts = alerts;
  return { state, decisions, failures };
}

interface Judged {
  breaches: readonly Breach[];
  threshold: number;
}

function judge(
  rule: AlertRule,
  facts: Facts,
  thresholds: AlertThresholds,
): Judged | { error: unknown } | { unread: true } {
  try {
    const threshold = thresholdInForce(rule, thresholds, facts.hasCacheInFront);
    if (threshold === null) return { breaches: [], threshold: 0 };
    const breaches = rule.breaches(facts, { threshold, minimum: rule.minimum });
    return breaches === null ? { unread: true } : { breaches, threshold };
  } catch (error) {
    return { error };
  }
}

interface Step {
  state: AlertState;
  facts: Facts;
  nowSeconds: number;
  elapsedSeconds: number;
  decisions: Decision[];
}

/** The alerts of one rule that are not normal after the look. */
function stepsOf(rule: AlertRule, active: readonly ActiveAlert[], judged: Judged, step: Step): ActiveAlert[] {
  const bySubject = new Map(judged.breaches.map((breach) => [shortened(breach.subject), breach]));
  const added = [...bySubject.keys()]
    .filter((subject) => !active.some((alert) => alert.subject === subject))
    .map((subject) => ({ rule: rule.name, subject, phase: null, seconds: 0, incident: null }));
  const kept: ActiveAlert[] = [];
  for (const alert of [...active, ...added].slice(0, Math.max(SUBJECTS_MAX, active.length))) {
    const breach = bySubject.get(alert.subject);
    const before = alert.phase === null ? null : { phase: alert.phase, seconds: alert.seconds };
    const recoverySeconds =
      rule.recoverySecondsOf?.(alert.subject, step.facts, judged.threshold) ?? rule.recoverySeconds;
    const times = { holdSeconds: rule.holdSeconds, recoverySeconds };
    const { next, event } = nextPhase(before, breach !== undefined, step.elapsedSeconds, times);
    if (event === 'resolved') step.decisions.push(...resolved(alert, step.nowSeconds));
    if (next === null) continue;
    const isNew = event === 'fired' && breach !== undefined;
    const incident = isNew ? opened(rule, { breach, threshold: judged.threshold }, step) : alert.incident;
    if (isNew && incident !== null) step.decisions.push(decisionOf('fired', alert, incident));
    kept.push({ ...alert, ...next, incident });
  }
  return kept;
}

type Incident = NonNullable<ActiveAlert['incident']>;

function opened(
  rule: AlertRule,
  { breach, threshold }: { breach: Breach; threshold: number },
  { state, nowSeconds }: Step,
): Incident {
  state.incidents += 1;
  return {
    id: `${rule.name}-${nowSeconds}-${state.incidents}`,
    runbook: rule.runbook,
    severity: rule.severity,
    startedAt: nowSeconds,
    summary: breach.summary.slice(0, SUMMARY_MAX_CHARACTERS),
    value: rule.inWords(breach.value),
    threshold: rule.inWords(threshold),
    ...(breach.worst && { worst: breach.worst }),
  };
}

const decisionOf = (
  event: Decision['event'],
  { rule, subject }: Pick<ActiveAlert, 'rule' | 'subject'>,
  { id, runbook, severity, startedAt, summary, value, threshold, worst }: Incident,
): Decision => ({
  ...{ event, incidentId: id, rule, runbook, severity, subject, summary, value, threshold, startedAt },
  ...(worst && { worst }),
});

/** Nothing of an alert that has not fired. */
function resolved(alert: Omit<ActiveAlert, 'phase' | 'seconds'>, nowSeconds: number): Decision[] {
  const { incident } = alert;
  if (incident === null) return [];
  // The clock may have been set back.
  const endedAt = Math.max(nowSeconds, incident.startedAt);
  return [{ ...decisionOf('resolved', alert, incident), endedAt }];
}

const shortened = (subject: string) => subject.slice(0, SUBJECT_MAX_CHARACTERS);
