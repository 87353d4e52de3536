/**
 * The secrets of alerts: `ALERT_CHANNELS`, where notices are sent to, and `HEARTBEAT_URL`. No issue repeats any part of a value:
 * the URL of a channel is its key.
 */
import * as z from 'zod';
import { parseKeys } from './json-setting.ts';

/** Notices that a channel may receive: alerts of these severities, and the report of each day. */
const RECEIVED = ['page', 'ticket', 'report'] as const;
export type Received = (typeof RECEIVED)[number];

const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
/** Standard Webhooks, "Signature scheme": 24 to 64 random bytes. */
const SECRET_MIN_BYTES = 24;
const SECRET_MAX_BYTES = 64;
const RECIPIENTS_MAX = 50;

const text = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error });
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const address = text(/^[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}$/, 'must be an e-mail address');

const base64Bytes = (base64: string) => Math.floor((base64.replace(/=+$/, '').length * 3) / 4);
const SECRET = `must be whsec_ and the base64 of ${SECRET_MIN_BYTES} to ${SECRET_MAX_BYTES} bytes`;
const signingSecret = text(/^whsec_[A-Za-z0-9+/]+={0,2}$/, SECRET).refine(
  (secret) => {
    const bytes = base64Bytes(secret.slice('whsec_'.length));
    return bytes >= SECRET_MIN_BYTES && bytes <= SECRET_MAX_BYTES;
  },
  { error: SECRET },
);

/** @param byDefault received by a channel that does not say */
const received = (possible: readonly Received[], byDefault = possible) =>
  z
    .array(z.enum(possible, { error: `must be some of ${possible.join(', ')}` }), { error: 'must be a list' })
    .default([...byDefault]);

/** @param own properties that only this kind has */
const channel = <const Kind extends string, Own extends z.ZodRawShape>(
  kind: Kind,
  own: Own,
  receives = received(RECEIVED),
) =>
  z.strictObject(
    {
      name: text(/^[a-z0-9-]{1,32}$/, 'must be 1 to 32 small letters, digits or hyphens'),
      kind: z.literal(kind),
      receives,
      ...own,
    },
    { error: `must have the properties of the kind ${kind}, and no others` },
  );

/** Made at first use: an isolate without channels makes none of it. */
const channelsSchema = z.lazy(() => {
  const channelSchema = z.discriminatedUnion(
    'kind',
    [
      channel('slack', { url }),
      channel('discord', { url }),
      channel(
        'pagerduty',
        {
          routingKey: text(/^[A-Za-z0-9]{32}$/, 'must be 32 letters and digits'),
          url: url.default(PAGERDUTY_URL),
        },
        // It opens an incident, which a report is not.
        received(['page', 'ticket'], ['page']),
      ),
      channel('email', {
        from: address,
        to: z
          .array(address, { error: 'must be a list of addresses' })
          .min(1, { error: 'must have an address' })
          .max(RECIPIENTS_MAX, { error: `must have ${RECIPIENTS_MAX} addresses at most` }),
      }),
      channel('webhook', { url, secret: signingSecret }),
    ],
    { error: 'must be slack, discord, pagerduty, email or webhook' },
  );
  return z
    .array(channelSchema, { error: 'must be a list' })
    .refine((channels) => new Set(channels.map(({ name }) => name)).size === channels.length, {
      error: 'must have a name of its own for each channel',
    });
});

export type AlertChannel = z.output<typeof channelsSchema>[number];

const FORM = 'must be JSON such as [{"name": "on-call", "kind": "slack", "url": "https://…"}]';

/** Unset and empty mean that there are none. */
export const alertChannelsSchema = z
  .string()
  .default('')
  .transform((json, context): readonly AlertChannel[] => {
    if (json.trim() === '') return [];
    return parseKeys(json, { schema: channelsSchema, form: FORM, item: 'channel', context });
  });

/** Unset and empty mean that nothing is asked. */
export const heartbeatUrlSchema = z
  .string()
  .default('')
  .transform((text) => (text === '' ? undefined : text))
  .pipe(url.optional());

/** The names of the two secrets that have a URL without encryption, which only development may have. */
export function unencryptedAlertUrls(settings: {
  ALERT_CHANNELS: readonly AlertChannel[];
  HEARTBEAT_URL?: string | undefined;
}): string[] {
  const isPlain = (url: string | undefined) => url?.startsWith('http:') === true;
  const urls = settings.ALERT_CHANNELS.map((channel) => ('url' in channel ? channel.url : undefined));
  return [
    ...(urls.some(isPlain) ? ['ALERT_CHANNELS'] : []),
    ...(isPlain(settings.HEARTBEAT_URL) ? ['HEARTBEAT_URL'] : []),
  ];
}
