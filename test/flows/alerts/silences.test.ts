import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SILENCE_MAX_SECONDS } from '../../../src/config.ts';
import type { AlertNotice } from '../../../src/observability/notice.ts';
import { incidentEnd, incidentInsert } from '../../../src/storage/d1/incidents.ts';
import { notificationInserts } from '../../../src/storage/d1/notifications.ts';
import { ADMIN_KEY, adminOf, sha256Of } from '../../support/admin.ts';
import { type AlertInbox, openInbox } from '../../support/alert-inbox.ts';
import { CRONS } from '../../support/gateway.ts';
import { firedNotice, resolvedNotice } from '../../support/notices.ts';
import { type Serving, startServing } from '../../support/serving-bench.ts';
import { MINUTE, openOutbox } from './notice-outbox.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a silence of a rule', () => {
  test('holds back what fires until it ends, and no other rule', async () => {
    const outbox = await openOutbox();
    await outbox.silence('slow-operation', 10 * MINUTE);
    await outbox.queue(firedNotice('one'), ['slack', 'webhook']);
    await outbox.queue(firedNotice('two', { rule: 'sync' }), ['webhook']);
    await outbox.minutes(9);
    const rulesOf = async () =>
      (await outbox.taken('webhook')).map(({ notice }) => (notice as AlertNotice).rule);
    expect(await rulesOf()).toEqual(['sync']);
    await outbox.minutes(1);
    expect(await rulesOf()).toEqual(['sync', 'slow-operation']);
    expect(await outbox.taken('slack')).toHaveLength(1);
  });

  test('tells nobody of an incident that ends while it runs', async () => {
    const outbox = await openOutbox();
    await outbox.silence('slow-operation', 10 * MINUTE);
    const fired = firedNotice('one');
    await outbox.queue(fired, ['slack']);
    await outbox.minutes(5);
    await outbox.queue(resolvedNotice(fired), ['slack']);
    await outbox.minutes(20);
    expect(await outbox.calls()).toEqual([]);
    expect((await outbox.states()).map(({ outcome }) => outcome)).toEqual(['silenced', 'silenced']);
  });

  test('lets through that an incident is over which was told of before', async () => {
    const outbox = await openOutbox();
    const fired = firedNotice('one');
    await outbox.queue(fired, ['pagerduty']);
    await outbox.run();
    await outbox.silence('slow-operation', 10 * MINUTE);
    await outbox.queue(resolvedNotice(fired), ['pagerduty']);
    await outbox.minutes(1);
    expect(await outbox.taken('pagerduty')).toMatchObject([
      { event_action: 'trigger' },
      { event_action: 'resolve' },
    ]);
  });

  test('that was made before the clock was set back has ended', async () => {
    const outbox = await openOutbox();
    await outbox.silence('slow-operation', 10 * MINUTE);
    outbox.advance(-365 * 86_400);
    await outbox.queue(firedNotice('one'), ['slack']);
    await outbox.run();
    expect(await outbox.taken('slack')).toHaveLength(1);
  });

  test('is replaced by a newer one, which may end it', async () => {
    const outbox = await openOutbox();
    await outbox.silence('slow-operation', 600 * MINUTE);
    await outbox.queue(firedNotice('one'), ['slack']);
    await outbox.minutes(1);
    await outbox.silence('slow-operation', 0);
    await outbox.minutes(1);
    expect(await outbox.taken('slack')).toHaveLength(1);
  });
});

describe('/admin/alerts', () => {
  let inbox: AlertInbox;
  let serving: Serving;
  let admin: ReturnType<typeof adminOf>;
  const READ_KEY = 'the-read-key-of-somebody';

  beforeEach(async () => {
    await env.DB.batch(
      ['notification', 'alert_silence', 'incident'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
    );
    inbox = openInbox();
    const sha256 = (await sha256Of(READ_KEY)).slice('sha256:'.length);
    const vars = {
      ADMIN_KEY,
      OPERATIONS_KEYS: JSON.stringify([{ name: 'reader', role: 'read', sha256 }]),
      ALERT_CHANNELS: JSON.stringify(inbox.channels),
    };
    serving = await startServing({ crons: [], vars });
    admin = adminOf(serving.gateway);
  });

  const channelsOf = async () =>
    (await admin.get<{ channels: Record<string, unknown>[] }>('/alerts')).body.channels;

  test('shows each channel, what waits for it and why, and what was given up', async () => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const row = (id: string, channel: string) =>
      notificationInserts(env.DB, firedNotice(id), [channel], nowSeconds);
    await env.DB.batch([...row('one', 'slack'), ...row('two', 'slack'), ...row('three', 'gone')]);
    await env.DB.exec(
      "UPDATE notification SET outcome = 'given_up', last_error = 'HTTP 404' WHERE thread = 'one'",
    );
    const nothing = { waiting: 0, waitingSince: null, lastSentAt: null, lastError: null, givenUp: 0 };
    expect(await channelsOf()).toEqual([
      {
        name: 'slack',
        kind: 'slack',
        receives: ['page', 'ticket', 'report'],
        waiting: 1,
        waitingSince: nowSeconds,
        lastSentAt: null,
        lastError: 'HTTP 404',
        givenUp: 1,
      },
      { name: 'discord', kind: 'discord', receives: ['page', 'ticket', 'report'], ...nothing },
      { name: 'pagerduty', kind: 'pagerduty', receives: ['page', 'ticket'], ...nothing },
      { name: 'webhook', kind: 'webhook', receives: ['page', 'ticket', 'report'], ...nothing },
      { name: 'gone', kind: null, receives: [], ...nothing, waiting: 1, waitingSince: nowSeconds },
    ]);
  });

  test('shows incidents of the last day with the silence of their rule, and each rule as it is in force', async () => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const incident = (id: string, startedAt: number) =>
      incidentInsert(env.DB, {
        id,
        rule: 'outbox-page',
        runbook: 'outbox',
        severity: 'page',
        subject: 'user_outbox',
        summary: 'It waits.',
        value: '31 min',
        threshold: '30 min',
        worst: null,
        startedAt,
      });
    await env.DB.batch([
      incident('open', nowSeconds - 3 * 86_400),
      incident('over', nowSeconds - 7_200),
      incidentEnd(env.DB, 'over', nowSeconds - 3_600),
      incident('old', nowSeconds - 3 * 86_400),
      incidentEnd(env.DB, 'old', nowSeconds - 2 * 86_400),
    ]);
    await admin.send('PUT', '/alerts/silences/outbox', { seconds: 600 });
    const { body } = await admin.get<{ incidents: object[]; rules: object[] }>('/alerts');
    expect(body.incidents).toMatchObject([
      { id: 'over', rule: 'outbox', endedAt: nowSeconds - 3_600, silencedUntil: nowSeconds + 600 },
      {
        id: 'open',
        rule: 'outbox',
        endedAt: null,
        summary: 'It waits.',
        value: '31 min',
        threshold: '30 min',
      },
    ]);
    expect(body.rules).toContainEqual({
      name: 'cache-hit-rate',
      runbook: 'cache-hit-rate',
      severity: 'ticket',
      threshold: 0.8,
      thresholdInWords: '80.0 %',
      windowSeconds: 180,
      holdSeconds: 1_800,
      minimum: 100,
      counted: 'public queries',
    });
  });

  test('silences a rule until a time, and names the key that did it', async () => {
    const silenced = await admin.send('PUT', '/alerts/silences/sync', { seconds: 7_200 });
    const createdAt = Math.floor(Date.now() / 1000);
    const silence = { rule: 'sync', endsAt: createdAt + 7_200, createdAt, createdBy: 'ADMIN_KEY' };
    expect(silenced.body).toEqual({ silence });
    const silences = async () => (await admin.get('/alerts')).body.silences;
    expect(await silences()).toEqual([silence]);
    await serving.gateway.advance(7_200);
    expect(await silences()).toEqual([]);
  });

  test('refuses an unknown rule, a silence for ever, and an unknown channel', async () => {
    const refusals = [
      await admin.send('PUT', '/alerts/silences/nothing', { seconds: 60 }),
      await admin.send('PUT', '/alerts/silences/sync', { seconds: SILENCE_MAX_SECONDS + 1 }),
      await admin.send('PUT', '/alerts/silences/sync', { seconds: -1 }),
      await admin.send('PUT', '/alerts/silences/sync', {}),
      await admin.send('POST', '/alerts/channels/nowhere/test'),
    ];
    expect(refusals.map(({ status, code }) => [status, code])).toEqual(
      Array(5).fill([400, 'BAD_USER_INPUT']),
    );
    expect(await inbox.calls()).toEqual([]);
  });

  test('lets a key that reads look at alerts, and do no more', async () => {
    const reader = adminOf(serving.gateway, READ_KEY);
    expect((await reader.get('/alerts')).status).toBe(200);
    expect((await reader.send('PUT', '/alerts/silences/sync', { seconds: 60 })).status).toBe(403);
    expect((await reader.send('POST', '/alerts/channels/slack/test')).status).toBe(403);
  });

  test('tests a channel at once, and says why it failed without its secrets', async () => {
    const tested = await admin.send('POST', '/alerts/channels/slack/test');
    expect(tested.body).toMatchObject({ channel: 'slack', isSent: true, reason: null });
    expect(await inbox.taken('slack')).toMatchObject([{ text: 'Test (development)' }]);
    await inbox.fail({ kind: 'pagerduty', status: 403 });
    const failed = await admin.send('POST', '/alerts/channels/pagerduty/test');
    expect(failed.body).toMatchObject({ channel: 'pagerduty', isSent: false, reason: 'HTTP 403' });
    expect(JSON.stringify([tested, failed, await channelsOf()])).not.toContain(inbox.url(''));
  });

  test.each([
    ['fails', true],
    ['answers', false],
  ])('silences the rule about D1 itself while D1 %s', async (_, isDown) => {
    await Promise.all(['alerts:d1-failure', 'alerts:d1-silence'].map((key) => env.CACHE_KV.delete(key)));
    serving.db.fail(isDown ? 'D1 is down' : null);
    const silenced = await admin.send('PUT', '/alerts/silences/d1-down', { seconds: 3 * MINUTE });
    expect(silenced).toMatchObject({ status: 200, body: { silence: { rule: 'd1-down' } } });
    expect(serving.written().includes('alerts.silence_not_recorded')).toBe(isDown);
    const minute = async () => {
      await serving.gateway.advance(MINUTE);
      await serving.gateway.scheduled(CRONS.prices);
      return (await inbox.taken('slack')).length;
    };
    serving.db.fail('D1 is down');
    expect([await minute(), await minute(), await minute()]).toEqual([0, 0, 1]);
    serving.db.fail(null);
    await env.CACHE_KV.delete('alerts:d1-failure');
  });
});
