/**
 * Discord's webhooks (docs.discord.com/developers/resources/webhook, "Execute Webhook"). They know no id of a message: one whose
 * answer was lost is shown twice.
 */
import type { AlertChannel } from '../../settings/alert-settings.ts';
import { type ChannelPost, type Delivery, fittingLines } from './delivery.ts';

type DiscordChannel = Extract<AlertChannel, { kind: 'discord' }>;

/** Discord's limits are 256 characters for a title, 1,024 for a field and 6,000 for all of an embed. */
const TITLE_MAX_CHARACTERS = 256;
const DESCRIPTION_MAX_CHARACTERS = 2_000;
const COLOURS = { bad: 0xd83c3e, good: 0x3ba55d, plain: 0x5865f2 };

/** A backslash makes each of these characters a plain one: of mark-up, of mentions and of addresses. */
const escaped = (text: string) => text.replaceAll(/[!-/:-@[-`{-~]/g, '\\$&');

export function discordPost({ url }: DiscordChannel, delivery: Delivery): ChannelPost {
  const { id, notice, nowSeconds } = delivery;
  const { title, lines, facts, link } = delivery.message;
  const embed = {
    title: title.slice(0, TITLE_MAX_CHARACTERS),
    ...(link === undefined ? {} : { url: link.url }),
    description: fittingLines(lines.map(escaped), DESCRIPTION_MAX_CHARACTERS),
    fields: facts.map(({ label, value }) => ({ name: label, value: escaped(value), inline: true })),
    color: notice.kind === 'alert' ? COLOURS[notice.event === 'fired' ? 'bad' : 'good'] : COLOURS.plain,
    timestamp: new Date(nowSeconds * 1000).toISOString(),
    footer: { text: id },
  };
  return {
    url,
    body: JSON.stringify({ embeds: [embed], allowed_mentions: { parse: [] } }),
    accepts: (status) => status === 204,
  };
}
