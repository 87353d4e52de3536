/** The platform's `send_email`. The text is plain: nothing in it is mark-up. */
import type { AlertChannel } from '../../settings/alert-settings.ts';
import type { Delivery } from './delivery.ts';

type EmailChannel = Extract<AlertChannel, { kind: 'email' }>;

export function emailOf({ from, to }: EmailChannel, { id, message }: Delivery): EmailMessageBuilder {
  const { title, lines, facts, link } = message;
  const parts = [
    lines.join('\n'),
    facts.map(({ label, value }) => `${label}: ${value}`).join('\n'),
    link === undefined ? '' : `${link.label}: ${link.url}`,
    // Two messages with the same one are one notice, sent again.
    `Notice: ${id}`,
  ];
  return {
    from: { name: 'Edge gateway', email: from },
    to,
    subject: title,
    text: `${parts.filter((part) => part !== '').join('\n\n')}\n`,
    headers: { 'X-Notice-Id': id },
  };
}
