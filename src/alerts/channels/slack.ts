/**
 * Slack's incoming webhooks (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). They know no id of a message:
 * one whose answer was lost is shown twice.
 */
import type { AlertChannel } from '../../settings/alert-settings.ts';
import { type ChannelPost, type Delivery, fittingLines } from './delivery.ts';

type SlackChannel = Extract<AlertChannel, { kind: 'slack' }>;

/** Slack's limit for the text of a section is 3,000 characters, and for that of a header 150. */
const SECTION_MAX_CHARACTERS = 2_900;
const HEADER_MAX_CHARACTERS = 150;

/** The three characters of Slack's mark-up: mentions, such as `<!channel>`, and links begin with them. */
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** `verbatim`: no address and no name in the text becomes a link or a mention. */
const markup = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });

const linkUrl = (url: string) => escaped(url).replaceAll('|', '%7C');

export function slackPost({ url }: SlackChannel, { message }: Delivery): ChannelPost {
  const { title, lines, facts, link } = message;
  const text = fittingLines(lines.map(escaped), SECTION_MAX_CHARACTERS);
  const fields = facts.map(({ label, value }) => markup(`*${label}*\n${escaped(value)}`));
  const blocks = [
    {
      type: 'header',
      text: { type: 'plain_text', text: title.slice(0, HEADER_MAX_CHARACTERS), emoji: false },
    },
    ...(text === '' ? [] : [{ type: 'section', text: markup(text) }]),
    ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
    ...(link === undefined
      ? []
      : [{ type: 'section', text: markup(`<${linkUrl(link.url)}|${escaped(link.label)}>`) }]),
  ];
  return {
    url,
    // Notifications show `text`, and no blocks.
    body: JSON.stringify({ text: escaped(title), blocks, unfurl_links: false, unfurl_media: false }),
    accepts: (status, answer) => status === 200 && answer.trim() === 'ok',
  };
}
