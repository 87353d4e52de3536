/**
 * Looks at the gateway each minute, after the minute's other jobs: judges the rules of alerts, and queues a notice for
 * each alert that fires or ends.
 *
 * Guarantees: one batch writes the new state, incidents and notices, under the job's lease, so that of two crons at once one
 * decides, and a run that is cut off is made again. A part that cannot be read, or a rule that throws, does not stop the others:
 * the run is partial, which is an alert itself if it lasts.
 */
import { type AlertState, parsedAlertState, withIncidents } from '../alerts/alert-state.ts';
import { type Decision, decide } from '../alerts/decide.ts';
import { noticeOf } from '../alerts/notice-of.ts';
import { observe } from '../alerts/observe.ts';
import { receiversOf } from '../alerts/receivers.ts';
import { errorFields, log } from '../observability/log.ts';
import type { AlertNotice } from '../observability/notice.ts';
import { bundledRelease, restRelease } from '../operations/manifest.ts';
import { alertStateWrite, readAlertState } from '../storage/d1/alert-state.ts';
import { incidentEnd, incidentInsert, openIncidents } from '../storage/d1/incidents.ts';
import { notificationInserts } from '../storage/d1/notifications.ts';
import { operationNames } from '../storage/d1/operations.ts';
import { alertEffects } from './alert-effects.ts';
import {
  errorText,
  everyMinute,
  type JobDefinition,
  type JobDeps,
  type JobReport,
  type JobRun,
} from './job.ts';

export const alertsJob: JobDefinition = {
  name: 'alerts',
  schedule: everyMinute,
  leaseSeconds: 300,
  effects: alertEffects,
  run: lookAtGateway,
};

async function lookAtGateway(deps: JobDeps, { startedAt, lease }: JobRun): Promise<JobReport> {
  const { db, alertThresholds, jobIntervals, purge } = deps;
  const before = await storedState(db);
  const sources = { db, jobIntervals, hasCacheInFront: purge !== undefined, nowSeconds: startedAt };
  const { observed, unread } = await observe(before, sources);
  const options = { nowSeconds: startedAt, thresholds: alertThresholds };
  const { state, decisions, failures } = decide(before, observed, options);
  const notices = await noticesOf(deps, decisions);
  await lease.write([
    alertStateWrite(db, state),
    ...decisions.flatMap((decision, at) => writesOf(deps, { decision, notice: notices[at] }, startedAt)),
  ]);
  for (const { part, error } of unread) log.error('alerts.not_read', { part, ...errorFields(error) });
  for (const { rule, error } of failures) log.error('alerts.rule_failed', { rule, ...errorFields(error) });
  const first = unread[0]?.error ?? failures[0]?.error;
  return {
    read: observed.flushes?.read ?? 0,
    written: 1 + decisions.length,
    skipped: unread.length + failures.length,
    firstError: first === undefined ? null : errorText(first),
  };
}

/** Incidents outlive a state that was lost. */
async function storedState(db: D1Database): Promise<AlertState> {
  const state = parsedAlertState(await readAlertState(db));
  return state.alerts.length > 0 ? state : withIncidents(state, await openIncidents(db));
}

async function noticesOf(
  { db, runbooksUrl }: JobDeps,
  decisions: readonly Decision[],
): Promise<AlertNotice[]> {
  if (decisions.length === 0) return [];
  const ids = decisions.flatMap(({ worst }) => (worst === undefined ? [] : [worst.operationId]));
  const bundled = [...bundledRelease.operations, ...restRelease.operations];
  const names = new Map([
    ...(await operationNames(db, ids)).map(({ id, name }) => [id, name] as const),
    ...bundled.map(({ id, name }) => [id, name] as const),
  ]);
  return decisions.map((decision) => noticeOf(decision, { operationNames: names, runbooksUrl }));
}

function writesOf(
  { db, alertChannels }: JobDeps,
  { decision, notice }: { decision: Decision; notice: AlertNotice | undefined },
  nowSeconds: number,
): D1PreparedStatement[] {
  if (notice === undefined) return [];
  const { incidentId: id, endedAt, event, worst: _, ...rest } = decision;
  return [
    event === 'fired'
      ? incidentInsert(db, { ...rest, id, worst: notice.worst ?? null })
      : incidentEnd(db, id, endedAt ?? nowSeconds),
    ...notificationInserts(db, notice, receiversOf(alertChannels, notice), nowSeconds),
  ];
}
