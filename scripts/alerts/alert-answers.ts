/** The parts of the answers of `/admin/alerts` that commands read. All times are Unix seconds. */
import * as z from 'zod';

const incident = z.object({
  rule: z.string(),
  severity: z.enum(['page', 'ticket']),
  /** Empty where the rule is about one thing. */
  subject: z.string(),
  summary: z.string(),
  startedAt: z.number(),
  /** Null while it fires. */
  endedAt: z.number().nullable(),
  /** With their unit. */
  value: z.string(),
  threshold: z.string(),
  /** Null while its rule is not silenced. */
  silencedUntil: z.number().nullable(),
});

const silence = z.object({
  rule: z.string(),
  endsAt: z.number(),
  createdAt: z.number(),
  createdBy: z.string(),
});

export const alertsAnswer = z.object({
  incidents: z.array(incident),
  rules: z.array(
    z.object({
      name: z.string(),
      runbook: z.string(),
      severity: z.enum(['page', 'ticket']),
      /** Null where the rule is off. */
      threshold: z.number().nullable(),
      /** With its unit; null where the rule is off. */
      thresholdInWords: z.string().nullable(),
      /** 0 where the rule looks at the moment. */
      windowSeconds: z.number(),
      /** It fires when it has been broken for this long. */
      holdSeconds: z.number(),
      /** It is not judged with fewer of `counted`, which is empty where this is 0. */
      minimum: z.number(),
      counted: z.string(),
    }),
  ),
  silences: z.array(silence),
  channels: z.array(
    z.object({
      name: z.string(),
      /** Null where ALERT_CHANNELS has it no more. */
      kind: z.string().nullable(),
      receives: z.array(z.string()),
      waiting: z.number(),
      waitingSince: z.number().nullable(),
      lastSentAt: z.number().nullable(),
      lastError: z.string().nullable(),
      givenUp: z.number(),
    }),
  ),
});
export type Alerts = z.infer<typeof alertsAnswer>;

export const silencedRule = z.object({ silence });
export const testedChannel = z.object({
  /** The channel is given it with the message. */
  id: z.string(),
  channel: z.string(),
  isSent: z.boolean(),
  reason: z.string().nullable(),
});
