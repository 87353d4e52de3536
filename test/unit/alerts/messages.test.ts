import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../../src/alerts/channels/delivery.ts';
import { discordPost } from '../../../src/alerts/channels/discord.ts';
import { emailOf } from '../../../src/alerts/channels/email.ts';
import { pagerDutyPost } from '../../../src/alerts/channels/pagerduty.ts';
import { slackPost } from '../../../src/alerts/channels/slack.ts';
import { webhookPost } from '../../../src/alerts/channels/webhook.ts';
import { messageOf } from '../../../src/alerts/message.ts';
import { plainLine } from '../../../src/alerts/plain-line.ts';
import { runbookUrl } from '../../../src/alerts/runbook-url.ts';
import type { AlertNotice, Notice } from '../../../src/observability/notice.ts';
import { firedNotice, resolvedNotice } from '../../support/notices.ts';

const STARTED_AT = Date.UTC(2026, 10, 26, 17, 5) / 1000;
const receives = ['page' as const];
const url = 'https://receiver.example/';
const slack = { name: 'chat', kind: 'slack' as const, receives, url };
const discord = { name: 'games', kind: 'discord' as const, receives, url };
const pagerduty = {
  name: 'on-call',
  kind: 'pagerduty' as const,
  receives,
  url,
  routingKey: 'k'.repeat(32),
};
const email = {
  name: 'mail',
  kind: 'email' as const,
  receives,
  from: 'edge@a.example',
  to: ['ops@a.example'],
};
const webhook = { name: 'hook', kind: 'webhook' as const, receives, url, secret: 'whsec_AAECAw==' };

const alert = (own: Partial<AlertNotice> = {}): AlertNotice => firedNotice('incident-1', own);

const deliveryOf = (notice: Notice): Delivery => ({
  id: `${notice.id}:chat`,
  notice,
  message: messageOf(notice, 'staging'),
  environment: 'staging',
  origin: 'https://api.example',
  nowSeconds: STARTED_AT + 60,
});
const slackBody = (notice: Notice) => JSON.parse(slackPost(slack, deliveryOf(notice)).body);
const discordBody = (notice: Notice) => JSON.parse(discordPost(discord, deliveryOf(notice)).body);

describe('a message', () => {
  test('of an incident that fires has its rule, value, threshold, worst operation and client, and runbook', () => {
    expect(messageOf(alert(), 'staging')).toEqual({
      title: 'Firing (page): slow-operation (staging)',
      lines: ['ProjectList takes 812 ms at p95.'],
      facts: [
        { label: 'About', value: 'ProjectList' },
        { label: 'Value', value: '812 ms' },
        { label: 'Threshold', value: '500 ms' },
        { label: 'Worst operation', value: 'ProjectList (sha256:12)' },
        { label: 'Worst client', value: 'ios 4.2' },
        { label: 'Since', value: '2026-11-26 17:05 UTC' },
      ],
      link: { label: 'Runbook', url: 'https://docs.example/runbooks/slow-operation.md' },
    });
  });

  test.each([
    [12 * 60, '12 min'],
    [125 * 60, '2 h 5 min'],
    [76 * 3_600, '3 d 4 h'],
    [3_600, '1 h'],
    [-5, '0 s'],
  ])('of one that is over after %i seconds says %s', (seconds, duration) => {
    const { title } = messageOf(alert({ event: 'resolved', endedAt: STARTED_AT + seconds }), 'production');
    expect(title).toBe(`Resolved after ${duration}: slow-operation (production)`);
  });

  test('leaves out what is not known', () => {
    const worst = { operationId: '', operationName: '', client: '', version: '' };
    const { facts } = messageOf(alert({ subject: '', worst }), 'staging');
    expect(facts.map(({ label }) => label)).toEqual(['Value', 'Threshold', 'Since']);
  });

  test('names the file of the runbook where people read it nowhere else', () => {
    const { facts, link } = messageOf(alert({ runbookUrl: runbookUrl(undefined, 'sync') }), 'staging');
    expect(link).toBeUndefined();
    expect(facts.at(-1)).toEqual({ label: 'Runbook', value: 'docs/runbooks/sync.md' });
    expect(runbookUrl('https://docs.example/runbooks', 'sync')).toBe('https://docs.example/runbooks/sync.md');
  });
});

describe('a line that somebody else has written', () => {
  test('shows one character for what cannot be seen', () => {
    expect(plainLine('evil\u202Etxt.exe', 50)).toBe('evil\ufffdtxt.exe');
    expect(plainLine('one\r\n\u2028two\u0000', 50)).toBe('one\ufffdtwo\ufffd');
    expect(plainLine('\ud800 half', 50)).toBe('\ufffd half');
  });

  test('is never longer than it may be, has one line, and keeps short plain text as it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 500 }),
        fc.integer({ min: 1, max: 300 }),
        (text, max) => {
          const line = plainLine(text, max);
          expect([...line].length).toBeLessThanOrEqual(max);
          expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
          expect(plainLine(line, max)).toBe(line);
        },
      ),
    );
    expect(plainLine('ProjectList 4.2 – Käthe', 50)).toBe('ProjectList 4.2 – Käthe');
    expect([...plainLine('x'.repeat(10_000), 200)]).toHaveLength(200);
  });
});

/** A client has chosen it. */
const HOSTILE = [
  '<!channel> @everyone <@U1> <https://evil.example|click> &lt;',
  '[click](https://evil.example) **bold** `code` ~~x~~ ||y|| # <@&1> @here',
  'evil\u202Etxt.exe\n\n<!here>',
  `${'<&>'.repeat(4_000)}`,
  '*'.repeat(10_000),
];
const hostile = (text: string): Notice[] => [
  alert({
    subject: text,
    summary: text,
    value: text,
    threshold: text,
    worst: { operationId: text, operationName: text, client: text, version: text },
  }),
  { id: 'report-1', kind: 'report', date: '2026-11-26', url, lines: Array(60).fill(text) },
  { id: 'test-1', kind: 'test', askedBy: text },
];

describe.each(HOSTILE)('a name such as %j', (text) => {
  test.each(hostile(text))('is plain text in Slack ($kind)', (notice) => {
    const { text: summary, blocks } = slackBody(notice);
    const texts: string[] = blocks.flatMap(
      (block: { text?: { text: string }; fields?: { text: string }[] }) =>
        [block.text, ...(block.fields ?? [])].flatMap((part) => (part === undefined ? [] : [part.text])),
    );
    // The link of the notice is the only mark-up between angle brackets.
    const marks = [...texts, summary].flatMap((part) => part.match(/<[^>]*>?/g) ?? []);
    expect(marks.every((mark) => /^<https:\/\/(docs|receiver)\.example\/[^|]*\|[\w ]+>$/.test(mark))).toBe(
      true,
    );
    expect(texts.every((part) => part.length <= 3_000)).toBe(true);
    for (const { type, text: part } of blocks.filter((block: { text?: unknown }) => block.text !== undefined))
      if (type === 'section') expect(part).toMatchObject({ type: 'mrkdwn', verbatim: true });
  });

  test.each(hostile(text))('is plain text in Discord, which mentions nobody ($kind)', (notice) => {
    const { embeds, allowed_mentions: mentions, content } = discordBody(notice);
    expect(mentions).toEqual({ parse: [] });
    expect(content).toBeUndefined();
    const [{ description, fields, title, footer }] = embeds;
    const values: string[] = fields.map(({ value }: { value: string }) => value);
    for (const part of [...description.split('\n'), ...values])
      if (!part.startsWith('… and ')) expect(part).toMatch(/^(?:\\[!-/:-@[-`{-~]|[^!-/:-@[-`{-~])*$/);
    const all = [title, description, footer.text, ...fields.flatMap(Object.values)].join('');
    expect(all.length).toBeLessThanOrEqual(6_000);
  });

  test.each(hostile(text))('breaks no line of an e-mail and no limit of PagerDuty ($kind)', (notice) => {
    const { subject, text: body = '' } = emailOf(email, deliveryOf(notice));
    expect(subject).toMatch(/^[ -~]{1,200}$/);
    expect(body).not.toMatch(/[^\P{C}\n]/u);
    const event = JSON.parse(pagerDutyPost(pagerduty, deliveryOf(notice)).body);
    expect(event.payload.summary.length).toBeLessThanOrEqual(1_024);
    expect(event.payload.summary).not.toMatch(/[\p{C}]/u);
  });
});

test('a report of many lines is cut at a line, and says how many are left out', () => {
  const lines = Array.from({ length: 60 }, (_, index) => `line ${index} ${'x'.repeat(90)}`);
  const { blocks } = slackBody({ id: 'r', kind: 'report', date: '2026-11-26', url, lines });
  const shown: string[] = blocks[1].text.text.split('\n');
  expect(shown.slice(0, -1)).toEqual(lines.slice(0, shown.length - 1));
  expect(shown.at(-1)).toBe(`… and ${60 - (shown.length - 1)} more`);
});

test('PagerDuty opens and ends one incident of an alert, by its severity', () => {
  const eventOf = (notice: Notice) => JSON.parse(pagerDutyPost(pagerduty, deliveryOf(notice)).body);
  expect(eventOf(alert())).toMatchObject({
    routing_key: 'k'.repeat(32),
    event_action: 'trigger',
    dedup_key: 'incident-1',
    payload: {
      source: 'https://api.example',
      severity: 'critical',
      timestamp: '2026-11-26T17:05:00.000Z',
      class: 'slow-operation',
      group: 'staging',
    },
    links: [{ href: 'https://docs.example/runbooks/slow-operation.md', text: 'Runbook' }],
  });
  expect(eventOf(alert({ severity: 'ticket' })).payload.severity).toBe('warning');
  expect(eventOf(resolvedNotice(alert()))).toMatchObject({
    event_action: 'resolve',
    dedup_key: 'incident-1',
  });
});

test('a webhook is signed as Standard Webhooks says', () => {
  const { body, headers } = webhookPost(webhook, deliveryOf(alert()));
  const signed = `incident-1-fired:chat.${STARTED_AT + 60}.${body}`;
  const key = Buffer.from([0, 1, 2, 3]);
  expect(headers).toEqual({
    'webhook-id': 'incident-1-fired:chat',
    'webhook-timestamp': String(STARTED_AT + 60),
    'webhook-signature': `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  });
  expect(JSON.parse(body)).toMatchObject({ type: 'alert.fired', environment: 'staging', notice: alert() });
});
