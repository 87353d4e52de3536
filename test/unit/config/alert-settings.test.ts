import { describe, expect, test } from 'vitest';
import { receiversOf } from '../../../src/alerts/receivers.ts';
import { parseConfig } from '../../../src/config.ts';
import type { AlertNotice, ReportNotice } from '../../../src/observability/notice.ts';

const VARS = {
  ENVIRONMENT: 'production',
  OPERATIONS_MODE: 'id_only',
  MAIN_API_URL: 'https://main.example',
  PRICE_API_URL: 'https://prices.example',
  INTERNAL_API_KEY: 'k'.repeat(16),
  JWT_SECRET: 's'.repeat(32),
  RATE_LIMIT_THRESHOLD: '600',
  CORS_ORIGINS: '',
  SIWE_ORIGIN: 'https://app.example',
  PUBLIC_ORIGIN: 'https://api.example',
  R2_S3_URL: 'https://account.r2.example/bucket',
};
const SECRET = 'hush-hush';
const WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const CHANNELS = [
  { name: 'chat', kind: 'slack', url: `https://chat.example/${SECRET}` },
  { name: 'games', kind: 'discord', url: `https://games.example/${SECRET}`, receives: ['report'] },
  { name: 'on-call', kind: 'pagerduty', routingKey: 'a'.repeat(32) },
  { name: 'mail', kind: 'email', from: 'edge@com2000.example', to: ['ops@com2000.example'] },
  { name: 'hook', kind: 'webhook', url: `https://hook.example/${SECRET}`, secret: WHSEC },
];

const parsed = (vars: object) => parseConfig({ ...VARS, ...vars });
function channelsOf(channels: unknown, vars: object = {}) {
  const result = parsed({ ALERT_CHANNELS: JSON.stringify(channels), ...vars });
  if (!result.ok) throw new Error(result.issues.join('; '));
  return result.config.ALERT_CHANNELS;
}

describe('ALERT_CHANNELS', () => {
  test('has every kind, and PagerDuty receives pages alone unless it says otherwise', () => {
    const all = ['page', 'ticket', 'report'];
    expect(channelsOf(CHANNELS)).toEqual([
      { ...CHANNELS[0], receives: all },
      CHANNELS[1],
      { ...CHANNELS[2], receives: ['page'], url: 'https://events.pagerduty.com/v2/enqueue' },
      { ...CHANNELS[3], receives: all },
      { ...CHANNELS[4], receives: all },
    ]);
    expect(parsed({ ALERT_CHANNELS: '' })).toMatchObject({ ok: true, config: { ALERT_CHANNELS: [] } });
  });

  test.each<[wrong: string, channels: unknown, said: RegExp]>([
    ['no list', {}, /must be a list/],
    ['an unknown kind', [{ name: 'a', kind: SECRET }], /channel 1: kind must be slack/],
    ['no URL', [CHANNELS[0], { name: 'b', kind: 'slack', url: SECRET }], /channel 2: url must be an http/],
    ['a property too many', [{ ...CHANNELS[0], [SECRET]: 1 }], /channel 1: must have the properties/],
    ['a short secret', [{ ...CHANNELS[4], secret: `whsec_${'a'.repeat(28)}` }], /secret must be whsec_/],
    ['no base64', [{ ...CHANNELS[4], secret: SECRET }], /secret must be whsec_/],
    ['a name twice', [CHANNELS[0], CHANNELS[0]], /a name of its own/],
    ['a name with a colon', [{ ...CHANNELS[0], name: 'a:b' }], /channel 1: name must be/],
    ['a key of another form', [{ ...CHANNELS[2], routingKey: SECRET }], /routingKey must be 32/],
    ['two addresses in one', [{ ...CHANNELS[3], to: ['a@b.example,c@d.example'] }], /must be an e-mail/],
    ['an address with a line break', [{ ...CHANNELS[3], from: 'a@b.example\nBcc: c@d.example' }], /e-mail/],
    ['nobody to write to', [{ ...CHANNELS[3], to: [] }], /must have an address/],
    ['an unknown notice', [{ ...CHANNELS[0], receives: [SECRET] }], /must be some of page, ticket, report/],
  ])('is refused with %s, and no issue repeats a part of it', (_wrong, channels, said) => {
    const result = parsed({ ALERT_CHANNELS: JSON.stringify(channels) });
    const issues = result.ok ? [] : result.issues;
    expect(issues).toHaveLength(1);
    expect(issues[0]).toMatch(/^ALERT_CHANNELS: must be JSON such as/);
    expect(issues[0]).toMatch(said);
    expect(issues[0]).not.toContain(SECRET);
  });

  test('and the heartbeat have https URLs outside of development', () => {
    const plain = {
      ALERT_CHANNELS: JSON.stringify([{ ...CHANNELS[0], url: 'http://127.0.0.1:9/x' }]),
      HEARTBEAT_URL: 'http://127.0.0.1:9/y',
    };
    expect(parsed(plain)).toEqual({
      ok: false,
      issues: ['ALERT_CHANNELS: must have https URLs alone', 'HEARTBEAT_URL: must have https URLs alone'],
    });
    expect(parsed({ ...plain, ENVIRONMENT: 'development' }).ok).toBe(true);
    expect(parsed({ HEARTBEAT_URL: `ftp://${SECRET}` })).toEqual({
      ok: false,
      issues: ['HEARTBEAT_URL: must be an http or https URL'],
    });
  });
});

test('a notice goes to the channels that receive its severity, and the report to those that receive reports', () => {
  const channels = channelsOf(CHANNELS);
  const of = (severity: string) => ({ kind: 'alert', severity }) as AlertNotice;
  expect(receiversOf(channels, of('page'))).toEqual(['chat', 'on-call', 'mail', 'hook']);
  expect(receiversOf(channels, of('ticket'))).toEqual(['chat', 'mail', 'hook']);
  expect(receiversOf(channels, { kind: 'report' } as ReportNotice)).toEqual([
    'chat',
    'games',
    'mail',
    'hook',
  ]);
});
