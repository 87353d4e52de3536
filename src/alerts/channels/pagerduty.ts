/** PagerDuty's Events API v2. An incident has one `dedup_key`: an alert that is sent twice changes nothing there. */
import * as z from 'zod';
import type { AlertChannel } from '../../settings/alert-settings.ts';
import { parseJson } from '../../storage/parse-json.ts';
import type { ChannelPost, Delivery } from './delivery.ts';

type PagerDutyChannel = Extract<AlertChannel, { kind: 'pagerduty' }>;

/** PagerDuty's limit. */
const SUMMARY_MAX_CHARACTERS = 1_024;
const SUCCESS = z.object({ status: z.literal('success') });
const SEVERITIES = { page: 'critical', ticket: 'warning' } as const;

export function pagerDutyPost({ url, routingKey }: PagerDutyChannel, delivery: Delivery): ChannelPost {
  const { id, notice, message, environment, origin, nowSeconds } = delivery;
  const isAlert = notice.kind === 'alert';
  const isOver = isAlert && notice.event === 'resolved';
  const summary = [message.title, ...message.lines].join(': ');
  const event = {
    routing_key: routingKey,
    event_action: isOver ? 'resolve' : 'trigger',
    dedup_key: isAlert ? notice.incidentId : id,
    payload: {
      summary: summary.slice(0, SUMMARY_MAX_CHARACTERS),
      source: origin,
      severity: isAlert ? SEVERITIES[notice.severity] : 'info',
      timestamp: new Date((isAlert ? notice.startedAt : nowSeconds) * 1000).toISOString(),
      group: environment,
      ...(isAlert ? { class: notice.rule } : {}),
      custom_details: Object.fromEntries(message.facts.map(({ label, value }) => [label, value])),
    },
    links: message.link === undefined ? [] : [{ href: message.link.url, text: message.link.label }],
  };
  return {
    url,
    body: JSON.stringify(event),
    accepts: (status, text) => status === 202 && parseJson(text, SUCCESS) !== undefined,
  };
}
