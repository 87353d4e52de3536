/**
 * The alert about D1 itself, whose state is in KV: no other one can be looked at while D1 fails.
 *
 * Guarantees: it goes out when two minutes in a row have failed, once to each channel, and a channel that fails is asked
 * again in the next minute. When D1 has answered in two minutes in a row, each channel that has it gets the notice that it
 * is over, by the outbox. KV shows a write to other locations up to a minute later: an event of the cron that runs there
 * meanwhile may send the same notice again, under the same id.
 */
import * as z from 'zod';
import { D1_DOWN_AFTER_FAILURES, D1_PROBE_TIMEOUT_MS, D1_UP_AFTER_ANSWERS } from '../config.ts';
import { log } from '../observability/log.ts';
import type { AlertNotice } from '../observability/notice.ts';
import type { AlertChannel } from '../settings/alert-settings.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { incidentEnd, incidentInsert } from '../storage/d1/incidents.ts';
import { notificationInserts } from '../storage/d1/notifications.ts';
import { isD1FailureSilenced } from '../storage/kv/d1-silence.ts';
import { D1_FAILURE_KEY, D1_FAILURE_TTL_SECONDS } from '../storage/kv/keys.ts';
import { parseJson } from '../storage/parse-json.ts';
import { receiversOf } from './receivers.ts';
import type { SendNotice } from './send-notice.ts';

export const D1_DOWN_RULE = 'd1-down';
const FIRED_SUMMARY = 'D1 does not answer, or takes no writes. No other rule can be looked at meanwhile.';

export interface D1FailureSources {
  db: D1Database;
  kv: KVNamespace;
  channels: readonly AlertChannel[];
  send: SendNotice;
  runbookUrl: string;
  nowMs(): number;
}

/** Times are Unix seconds. */
const stateSchema = z.object({
  startedAt: z.number(),
  /** Minutes of this failure, up to the number that makes an alert. */
  failures: z.number(),
  /** Minutes in a row since, in which D1 has answered. */
  answers: z.number(),
  /** The first of them; null if the last minute failed. */
  answersSince: z.number().nullable(),
  /** The names of the channels that have the notice. */
  deliveredTo: z.array(z.string()),
});
type D1Failure = z.infer<typeof stateSchema>;

/**
 * D1 fails if it does not answer in time, or if no job of the minute could even take its lease. A D1 that hangs holds up the
 * jobs: they are not waited for then.
 */
export async function isD1Failing(
  db: D1Database,
  jobs: Promise<readonly { outcome: string }[]>,
  timeoutMs = D1_PROBE_TIMEOUT_MS,
): Promise<boolean> {
  const answers = await answerWithin(timeoutMs, 'database', () => db.prepare('SELECT 1').first()).then(
    () => true,
    () => false,
  );
  return !answers || (await jobs).every(({ outcome }) => outcome === 'failed');
}

/** @throws if KV fails, or D1 when it has just answered */
export async function watchD1(isFailing: boolean, sources: D1FailureSources): Promise<void> {
  const text = await sources.kv.get(D1_FAILURE_KEY);
  const state = text === null ? undefined : parseJson(text, stateSchema);
  const nowSeconds = Math.floor(sources.nowMs() / 1000);
  if (isFailing) return failed(state, nowSeconds, sources);
  if (state !== undefined) return answered(state, nowSeconds, sources);
}

async function failed(
  known: D1Failure | undefined,
  nowSeconds: number,
  sources: D1FailureSources,
): Promise<void> {
  const before = known ?? {
    startedAt: nowSeconds,
    failures: 0,
    answers: 0,
    answersSince: null,
    deliveredTo: [],
  };
  const failures = Math.min(before.failures + 1, D1_DOWN_AFTER_FAILURES);
  const state: D1Failure = { ...before, failures, answers: 0, answersSince: null };
  if (failures === D1_DOWN_AFTER_FAILURES) state.deliveredTo = await deliver(state, nowSeconds, sources);
  await write(state, sources, JSON.stringify(known));
}

/** Returns the names of all channels that have the notice now. */
async function deliver(
  { startedAt, deliveredTo }: D1Failure,
  nowSeconds: number,
  sources: D1FailureSources,
): Promise<string[]> {
  const { kv, channels, send, runbookUrl } = sources;
  const notice = d1FailureNotice(startedAt, runbookUrl);
  const receivers = receiversOf(channels, notice).filter((name) => !deliveredTo.includes(name));
  if (receivers.length === 0 || (await isD1FailureSilenced(kv, nowSeconds))) return deliveredTo;
  const sent = await Promise.all(
    channels
      .filter(({ name }) => receivers.includes(name))
      .map(async (channel) => {
        const id = `${notice.id}:${channel.name}`;
        const outcome = await send(channel, id, notice);
        if (outcome.isSent) return [channel.name];
        log.error('alerts.notice_not_sent', { notice: id, channel: channel.name, reason: outcome.reason });
        return [];
      }),
  );
  return [...deliveredTo, ...sent.flat()];
}

async function answered(before: D1Failure, nowSeconds: number, sources: D1FailureSources): Promise<void> {
  const answersSince = before.answersSince ?? nowSeconds;
  const state: D1Failure = { ...before, answers: before.answers + 1, answersSince };
  if (state.answers < D1_UP_AFTER_ANSWERS) return write(state, sources);
  const { db, kv, runbookUrl } = sources;
  const notice = d1FailureNotice(state.startedAt, runbookUrl, answersSince);
  // A failure that no alert was made of leaves no trace.
  if (state.failures === D1_DOWN_AFTER_FAILURES) {
    await db.batch([
      ...incidentWrites(db, notice, answersSince),
      ...notificationInserts(db, notice, state.deliveredTo, nowSeconds),
    ]);
  }
  await kv.delete(D1_FAILURE_KEY);
}

/** The incident could not be recorded while it went on. */
function incidentWrites(db: D1Database, notice: AlertNotice, endedAt: number): D1PreparedStatement[] {
  const { incidentId: id, rule, severity, subject, value, threshold, startedAt } = notice;
  const summary = FIRED_SUMMARY;
  const incident = { id, rule, runbook: rule, severity, subject, summary, value, threshold, startedAt };
  return [incidentInsert(db, { ...incident, worst: null }), incidentEnd(db, id, endedAt)];
}

async function write(state: D1Failure, { kv }: D1FailureSources, stored?: string): Promise<void> {
  const json = JSON.stringify(state);
  // An outage of hours is one write, and not one a minute.
  if (json !== stored) await kv.put(D1_FAILURE_KEY, json, { expirationTtl: D1_FAILURE_TTL_SECONDS });
}

function d1FailureNotice(startedAt: number, runbookUrl: string, endedAt?: number): AlertNotice {
  const incidentId = `${D1_DOWN_RULE}-${startedAt}`;
  const event = endedAt === undefined ? 'fired' : 'resolved';
  return {
    id: `${incidentId}:${event}`,
    kind: 'alert',
    event,
    incidentId,
    rule: D1_DOWN_RULE,
    severity: 'page',
    subject: '',
    summary: event === 'fired' ? FIRED_SUMMARY : 'D1 answers and takes writes again.',
    value: '',
    threshold: '',
    startedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    runbookUrl,
  };
}
