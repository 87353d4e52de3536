/** Shows alerts, their channels and silences, silences rules, and tests channels. Times are Unix seconds. */
import * as z from 'zod';
import { ALERT_RULES, thresholdInForce } from '../alerts/alert-rules.ts';
import { D1_DOWN_RULE } from '../alerts/d1-failure.ts';
import type { AlertRule } from '../alerts/rule.ts';
import { D1_PROBE_TIMEOUT_MS, SILENCE_MAX_SECONDS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import type { AlertThresholds } from '../settings/alert-thresholds.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { runningSilences, silenceWrite } from '../storage/d1/alert-silences.ts';
import { readIncidents } from '../storage/d1/incidents.ts';
import { channelStates } from '../storage/d1/notifications.ts';
import { silenceD1Failure } from '../storage/kv/d1-silence.ts';
import { badInput, readAdminBody } from './admin-answer.ts';
import type { AdminSources } from './admin-operations.ts';

const RULE_NAMES = [...new Set([...ALERT_RULES.map(({ runbook }) => runbook), D1_DOWN_RULE])];

const INCIDENTS_SHOWN_SECONDS = 86_400;

const silenceSchema = z.object({ seconds: z.int().min(0).max(SILENCE_MAX_SECONDS) });

/** `GET /admin/alerts`: rules, channels, silences, and incidents that are open or were so in the last day, the latest first. */
export async function getAlerts(_request: Request, { db, nowMs, alerts, purge }: AdminSources) {
  const nowSeconds = Math.floor(nowMs() / 1000);
  const [incidents, states, silences] = await Promise.all([
    readIncidents(db, { from: nowSeconds - INCIDENTS_SHOWN_SECONDS, to: nowSeconds + 1 }),
    channelStates(db),
    runningSilences(db, nowSeconds),
  ]);
  const silencedUntil = new Map(silences.map(({ rule, endsAt }) => [rule, endsAt]));
  const configured = alerts.channels.map(({ name, kind, receives }) => ({ name, kind, receives }));
  const gone = [...states.keys()].filter((name) => !configured.some((channel) => channel.name === name));
  const channels = [...configured, ...gone.map((name) => ({ name, kind: null, receives: [] }))];
  return {
    incidents: incidents.map(({ rule: _, runbook: rule, ...incident }) => ({
      ...incident,
      rule,
      silencedUntil: silencedUntil.get(rule) ?? null,
    })),
    rules: ALERT_RULES.map((rule) => shownRule(rule, alerts.thresholds, purge !== undefined)),
    channels: channels.map((channel) => ({ ...channel, ...(states.get(channel.name) ?? NOTHING_SENT) })),
    silences,
  };
}

function shownRule(rule: AlertRule, thresholds: AlertThresholds, hasCacheInFront: boolean) {
  const { name, runbook, severity, windowSeconds, holdSeconds, minimum, counted } = rule;
  const threshold = thresholdInForce(rule, thresholds, hasCacheInFront);
  return {
    ...{ name, runbook, severity, threshold },
    thresholdInWords: threshold === null ? null : rule.inWords(threshold),
    ...{ windowSeconds, holdSeconds, minimum, counted },
  };
}

const NOTHING_SENT = { waiting: 0, waitingSince: null, lastSentAt: null, lastError: null, givenUp: 0 };

/**
 * `PUT /admin/alerts/silences/:rule`: replaces the silence of the rule; one of no seconds ends it. That of the rule about D1 is
 * taken while D1 fails too; the list does not show it then.
 */
export async function putSilence(request: Request, sources: AdminSources, [rule = '']: readonly string[]) {
  if (!RULE_NAMES.includes(rule))
    throw badInput(`No rule is named so; the rules are ${RULE_NAMES.join(', ')}.`);
  const { seconds } = await readAdminBody(request, silenceSchema);
  const createdAt = Math.floor(sources.nowMs() / 1000);
  const silence = { rule, endsAt: createdAt + seconds, createdAt, createdBy: sources.keyName };
  const record = () => silenceWrite(sources.db, silence).run();
  if (rule !== D1_DOWN_RULE) await record();
  else {
    // D1 cannot be asked for it when it is needed: KV decides, and D1 has it for the list alone.
    await silenceD1Failure(sources.kv, silence.endsAt, createdAt);
    try {
      await answerWithin(D1_PROBE_TIMEOUT_MS, 'database', record);
    } catch (error) {
      log.warn('alerts.silence_not_recorded', { rule, ...errorFields(error) });
    }
  }
  return { silence };
}

/** `POST /admin/alerts/channels/:name/test`: sends a notice at once, and once. */
export async function testChannel(_request: Request, sources: AdminSources, [name = '']: readonly string[]) {
  const { alerts, randomId, keyName } = sources;
  const channel = alerts.channels.find((channel) => channel.name === name);
  if (channel === undefined) {
    const names = alerts.channels.map((channel) => channel.name).join(', ') || 'none';
    throw badInput(`ALERT_CHANNELS has no channel of this name; it has ${names}.`);
  }
  const id = `test-${randomId()}`;
  const deliveryId = `${id}:${name}`;
  const outcome = await alerts.send(channel, deliveryId, { id, kind: 'test', askedBy: keyName });
  return {
    id: deliveryId,
    channel: name,
    isSent: outcome.isSent,
    reason: outcome.isSent ? null : outcome.reason,
  };
}
