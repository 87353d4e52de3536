/**
 * A POST of JSON to any URL, signed as Standard Webhooks 1.0 says (github.com/standard-webhooks/standard-webhooks): libraries
 * of many languages verify it. `webhook-id` is the same at each attempt.
 */
import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import type { AlertChannel } from '../../settings/alert-settings.ts';
import type { ChannelPost, Delivery } from './delivery.ts';

type WebhookChannel = Extract<AlertChannel, { kind: 'webhook' }>;

export function webhookPost({ url, secret }: WebhookChannel, delivery: Delivery): ChannelPost {
  const { id, notice, message, environment, origin, nowSeconds } = delivery;
  const type = notice.kind === 'alert' ? `alert.${notice.event}` : notice.kind;
  const body = JSON.stringify({ type, environment, origin, title: message.title, notice });
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${nowSeconds}.${body}`).digest('base64');
  return {
    url,
    body,
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(nowSeconds),
      'webhook-signature': `v1,${signature}`,
    },
    accepts: (status) => status >= 200 && status < 300,
  };
}
