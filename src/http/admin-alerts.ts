/** Shows alerts, their channels and silences, silences rules, and tests channels. Times are Unix seconds. */
import * as z from 'zod';
import { ALERT_RULES } from '../alerts/alert-rules.ts';
import { D1_DOWN_RULE } from '../alerts/d1-failure.ts';
import { SILENCE_MAX_SECONDS } from '../config.ts';
import { runningSilences, silenceWrite } from '../storage/d1/alert-silences.ts';
import { channelStates } from '../storage/d1/notifications.ts';
import { silenceD1Failure } from '../storage/kv/d1-silence.ts';
import { badInput, readAdminBody } from './admin-answer.ts';
import type { AdminSources } from './admin-operations.ts';

const RULE_NAMES = [...new Set([...ALERT_RULES.map(({ runbook }) => runbook), D1_DOWN_RULE])];

const silenceSchema = z.object({ seconds: z.int().min(0).max(SILENCE_MAX_SECONDS) });

/** `GET /admin/alerts` */
export async function getAlerts(_request: Request, { db, nowMs, alerts }: AdminSources) {
  const nowSeconds = Math.floor(nowMs() / 1000);
  const [states, silences] = await Promise.all([channelStates(db), runningSilences(db, nowSeconds)]);
  const configured = alerts.channels.map(({ name, kind, receives }) => ({ name, kind, receives }));
  const gone = [...states.keys()].filter((name) => !configured.some((channel) => channel.name === name));
  const channels = [...configured, ...gone.map((name) => ({ name, kind: null, receives: [] }))];
  return {
    channels: channels.map((channel) => ({ ...channel, ...(states.get(channel.name) ?? NOTHING_SENT) })),
    silences,
  };
}

const NOTHING_SENT = { waiting: 0, waitingSince: null, lastSentAt: null, lastError: null, givenUp: 0 };

/** `PUT /admin/alerts/silences/:rule`: replaces the silence of the rule; one of no seconds ends it. */
export async function putSilence(request: Request, sources: AdminSources, [rule = '']: readonly string[]) {
  if (!RULE_NAMES.includes(rule))
    throw badInput(`No rule is named so; the rules are ${RULE_NAMES.join(', ')}.`);
  const { seconds } = await readAdminBody(request, silenceSchema);
  const createdAt = Math.floor(sources.nowMs() / 1000);
  const silence = { rule, endsAt: createdAt + seconds, createdAt, createdBy: sources.keyName };
  await silenceWrite(sources.db, silence).run();
  // D1 cannot be asked for it when it is needed.
  if (rule === D1_DOWN_RULE) await silenceD1Failure(sources.kv, silence.endsAt, createdAt);
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
  const outcome = await alerts.send(channel, `${id}:${name}`, { id, kind: 'test', askedBy: keyName });
  return { channel: name, isSent: outcome.isSent, reason: outcome.isSent ? null : outcome.reason };
}
