/** An inbox of the local receivers of notices, as a test reads and drives it. */
import { inject } from 'vitest';
import type { AlertChannel } from '../../src/settings/alert-settings.ts';
import type { ReceivedCall, ReceiverFault } from './alert-receivers.ts';

export const WEBHOOK_SECRET = `whsec_${btoa('a secret of thirty-two bytes, ok')}`;
export const ROUTING_KEY = 'R0UT1NGKEY'.padEnd(32, '0');

export interface AlertInbox {
  url(kind: string): string;
  /** A channel of each kind that takes HTTP, named after it. All receive everything that they can. */
  readonly channels: readonly AlertChannel[];
  /** All calls in order, of one kind or of all. */
  calls(kind?: string): Promise<ReceivedCall[]>;
  /** The bodies that were taken, in order. */
  taken(kind: string): Promise<Record<string, unknown>[]>;
  /** Replaces all faults. */
  fail(...faults: Partial<ReceiverFault>[]): Promise<void>;
}

export function openInbox(): AlertInbox {
  const id = crypto.randomUUID();
  const base = inject('alertReceiversUrl');
  const url = (kind: string) => `${base}/${id}/${kind}`;
  const control = async (init?: RequestInit) => {
    const response = await fetch(`${base}/control/${id}`, init);
    return (await response.json()) as ReceivedCall[];
  };
  const calls = async (kind?: string) =>
    (await control()).filter((call) => kind === undefined || call.kind === kind);
  return {
    url,
    channels: [
      { name: 'slack', kind: 'slack', url: url('slack'), receives: ['page', 'ticket', 'report'] },
      { name: 'discord', kind: 'discord', url: url('discord'), receives: ['page', 'ticket', 'report'] },
      {
        name: 'pagerduty',
        kind: 'pagerduty',
        url: url('pagerduty'),
        routingKey: ROUTING_KEY,
        receives: ['page', 'ticket'],
      },
      {
        name: 'webhook',
        kind: 'webhook',
        url: url('webhook'),
        secret: WEBHOOK_SECRET,
        receives: ['page', 'ticket', 'report'],
      },
    ],
    calls,
    taken: async (kind) =>
      (await calls(kind)).filter(({ isTaken }) => isTaken).map(({ body }) => JSON.parse(body)),
    fail: async (...faults) => {
      const all = faults.map((fault) => ({ fault: 'status', status: 500, times: 1, ...fault }));
      await control({ method: 'PUT', body: JSON.stringify(all) });
    },
  };
}

/** Verifies the signature of a webhook as a receiver does by the specification of Standard Webhooks. */
export async function verified(headers: Record<string, string>, body: string): Promise<boolean> {
  const key = await crypto.subtle.importKey(
    'raw',
    Uint8Array.from(atob(WEBHOOK_SECRET.slice('whsec_'.length)), (character) => character.charCodeAt(0)),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  );
  const [version, signature = ''] = (headers['webhook-signature'] ?? '').split(',');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const bytes = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0));
  return version === 'v1' && crypto.subtle.verify('HMAC', key, bytes, new TextEncoder().encode(signed));
}
