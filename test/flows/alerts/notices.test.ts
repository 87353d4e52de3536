import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { sendNotifications } from '../../../src/alerts/send-notifications.ts';
import { NOTICE_ATTEMPTS_MAX } from '../../../src/config.ts';
import { type AlertInbox, verified } from '../../support/alert-inbox.ts';
import { firedNotice, resolvedNotice } from '../../support/notices.ts';
import { IMPATIENT_MS, openOutbox, STARTED_AT } from './notice-outbox.ts';

const { DB: db } = env;

afterEach(() => {
  vi.restoreAllMocks();
});

const counts = async (inbox: AlertInbox) =>
  Promise.all(
    ['slack', 'discord', 'pagerduty', 'webhook'].map(async (kind) => (await inbox.calls(kind)).length),
  );

describe('a notice', () => {
  test('arrives once in each channel, in its form, however often it is queued and sent', async () => {
    const outbox = await openOutbox();
    const fired = firedNotice('one');
    await outbox.queue(fired);
    await outbox.queue(fired);
    await outbox.run();
    await outbox.minutes(3);
    expect(await counts(outbox)).toEqual([1, 1, 1, 1]);
    expect(await outbox.taken('slack')).toMatchObject([
      { text: 'Firing (page): slow-operation (production)' },
    ]);
    expect(await outbox.taken('pagerduty')).toMatchObject([{ event_action: 'trigger', dedup_key: 'one' }]);
    expect(await outbox.taken('discord')).toHaveLength(1);
    const [webhook] = await outbox.calls('webhook');
    expect(JSON.parse(webhook?.body ?? '')).toMatchObject({ type: 'alert.fired', notice: fired });
    await expect(verified(webhook?.headers ?? {}, webhook?.body ?? '')).resolves.toBe(true);
    await expect(verified(webhook?.headers ?? {}, `${webhook?.body} `)).resolves.toBe(false);
    expect((await outbox.states()).map(({ outcome }) => outcome)).toEqual(Array(4).fill('sent'));
  });

  test('is taken by no second run at the same time', async () => {
    const outbox = await openOutbox();
    await outbox.queue(firedNotice('one'));
    await Promise.all([outbox.run(), outbox.run(), outbox.run()]);
    expect(await counts(outbox)).toEqual([1, 1, 1, 1]);
  });

  test('of a name of 10,000 characters that mentions everybody is taken by every channel', async () => {
    const outbox = await openOutbox();
    const name = '<!channel> @everyone \u202E'.repeat(500);
    const worst = { operationId: name, operationName: name, client: name, version: name };
    await outbox.queue(
      firedNotice('one', { subject: name, summary: name, value: name, threshold: name, worst }),
    );
    await outbox.run();
    expect(await outbox.states()).toMatchObject(Array(4).fill({ outcome: 'sent', last_error: null }));
  });

  test('is sent however the clock jumps', async () => {
    const outbox = await openOutbox();
    const year = 365 * 86_400;
    for (const jump of [year, -2 * year, year]) {
      await outbox.fail({ kind: 'slack' });
      await outbox.queue(firedNotice(`before-${jump}-${outbox.now()}`), ['slack']);
      await outbox.run();
      outbox.advance(jump);
      await outbox.run();
    }
    expect(await outbox.taken('slack')).toHaveLength(3);
  });

  test('of a day has as many lines as a channel can show', async () => {
    const outbox = await openOutbox();
    const lines = Array.from(
      { length: 200 },
      (_, line) => `${line}: <!channel> @everyone [a](https://b.example)`,
    );
    const report = {
      id: 'report-1',
      kind: 'report' as const,
      date: '2026-11-26',
      url: 'https://c.example',
      lines,
    };
    await outbox.queue(report, ['slack', 'discord', 'webhook']);
    await outbox.run();
    expect(await outbox.states()).toMatchObject(Array(3).fill({ outcome: 'sent' }));
    expect(JSON.stringify(await outbox.taken('discord'))).toContain('more');
  });

  test('that says it is over waits for the one that says it has begun', async () => {
    const outbox = await openOutbox();
    const fired = firedNotice('one');
    await outbox.queue(fired, ['pagerduty', 'slack']);
    await outbox.queue(resolvedNotice(fired), ['pagerduty', 'slack']);
    await outbox.fail({ kind: 'pagerduty' });
    await outbox.run();
    expect(await outbox.taken('slack')).toHaveLength(2);
    expect(await outbox.taken('pagerduty')).toEqual([]);
    await outbox.minutes(1);
    const actions = (await outbox.taken('pagerduty')).map(({ event_action: action }) => action);
    expect(actions).toEqual(['trigger', 'resolve']);
  });
});

describe('a channel that fails', () => {
  test.each([
    ['answers 500', { fault: 'status', status: 500 }, 'HTTP 500'],
    ['redirects', { fault: 'status', status: 307 }, 'HTTP 307, and redirects are not followed'],
    ['hangs up', { fault: 'reset' }, 'the connection failed'],
    ['does not answer', { fault: 'hang', isSlow: true }, `no answer within ${IMPATIENT_MS} ms`],
    [
      'stops in the middle of its answer',
      { fault: 'stall', isSlow: true },
      `no answer within ${IMPATIENT_MS} ms`,
    ],
    ['answers something else', { fault: 'garbage' }, 'HTTP 200 with an answer of another form'],
    ['answers without end', { fault: 'huge' }, 'HTTP 200 with an answer of another form'],
  ] as const)('because it %s is asked again, and holds up no other', async (_how, fault, reason) => {
    const outbox = await openOutbox();
    const location = outbox.url('webhook');
    await outbox.fail({ kind: 'slack', ...fault, headers: { location } });
    await outbox.queue(firedNotice('one'), ['slack', 'discord']);
    await outbox.run('isSlow' in fault ? 'slack' : '');
    expect(await outbox.states()).toMatchObject([
      { id: 'one-fired:slack', outcome: null, last_error: expect.stringContaining(reason) },
      { id: 'one-fired:discord', outcome: 'sent', last_error: null },
    ]);
    await outbox.minutes(1);
    expect(await outbox.taken('slack')).toHaveLength(1);
    expect(await outbox.states()).toMatchObject([{ outcome: 'sent', attempts: 2 }, { outcome: 'sent' }]);
    expect(await outbox.calls('webhook')).toEqual([]);
  });

  test('is asked again after the pause that it asks for, up to a limit', async () => {
    const outbox = await openOutbox();
    const headers = { 'retry-after': '180' };
    await outbox.fail(
      { kind: 'slack', status: 429, headers },
      { kind: 'slack', status: 429, headers: { 'retry-after': '86400' } },
    );
    await outbox.queue(firedNotice('one'), ['slack']);
    await outbox.run();
    await outbox.minutes(2);
    expect(await outbox.calls('slack')).toHaveLength(1);
    await outbox.minutes(1);
    expect(await outbox.calls('slack')).toHaveLength(2);
    await outbox.minutes(14);
    expect(await outbox.taken('slack')).toEqual([]);
    await outbox.minutes(1);
    expect(await outbox.taken('slack')).toHaveLength(1);
  });

  test('is asked once a run, however much is due', async () => {
    const outbox = await openOutbox();
    await outbox.fail({ kind: 'slack', times: 100 });
    for (let incident = 0; incident < 12; incident += 1)
      await outbox.queue(firedNotice(`incident-${incident}`), ['slack', 'discord']);
    await outbox.run();
    expect(await outbox.taken('discord')).toHaveLength(12);
    expect((await outbox.calls('slack')).length).toBeLessThanOrEqual(5);
  });

  test('after it has taken the message gets it again under the same id', async () => {
    const outbox = await openOutbox();
    await outbox.fail({ kind: 'pagerduty', fault: 'lost' }, { kind: 'webhook', fault: 'lost' });
    await outbox.queue(firedNotice('one'), ['pagerduty', 'webhook']);
    await outbox.run();
    await outbox.minutes(1);
    const keys = (await outbox.taken('pagerduty')).map(({ dedup_key: key }) => key);
    expect(keys).toEqual(['one', 'one']);
    const ids = (await outbox.calls('webhook')).map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual(['one-fired:webhook', 'one-fired:webhook']);
  });

  test('and a run that is cut off while it sends: the next one sends it again under the same id', async () => {
    const outbox = await openOutbox();
    await outbox.queue(firedNotice('one'), ['webhook']);
    const never = () => new Promise<never>(() => undefined);
    void sendNotifications({
      db,
      channels: outbox.channels,
      send: async (...sent) => {
        await outbox.send(...sent);
        return never();
      },
      nowSeconds: outbox.now,
    });
    await expect.poll(() => outbox.taken('webhook'), { timeout: 20_000 }).toHaveLength(1);
    await outbox.minutes(2);
    const ids = (await outbox.calls('webhook')).map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual(['one-fired:webhook', 'one-fired:webhook']);
  });

  test('for a day is given up with a line of the log, and the next notice is sent', async () => {
    const outbox = await openOutbox();
    await outbox.fail({ kind: 'slack', times: NOTICE_ATTEMPTS_MAX });
    await outbox.queue(firedNotice('one'), ['slack']);
    await outbox.run();
    // Each run is in the minute in which the row is due again.
    for (let state = (await outbox.states())[0]; state?.outcome === null; [state] = await outbox.states()) {
      outbox.advance(state.next_attempt_at - outbox.now());
      await outbox.run();
    }
    const hours = (outbox.now() - STARTED_AT) / 3_600;
    expect(hours).toBeGreaterThan(23);
    expect(hours).toBeLessThan(25);
    expect(await outbox.states()).toMatchObject([{ outcome: 'given_up', attempts: NOTICE_ATTEMPTS_MAX }]);
    expect(outbox.logged().filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        event: 'alerts.notice_given_up',
        notice: 'one-fired:slack',
        channel: 'slack',
        attempts: NOTICE_ATTEMPTS_MAX,
        reason: 'HTTP 500',
      },
    ]);
    await outbox.queue(firedNotice('two'), ['slack']);
    await outbox.minutes(1);
    expect(await outbox.taken('slack')).toHaveLength(1);
  });

  test('and that ALERT_CHANNELS has no more is said so', async () => {
    const outbox = await openOutbox();
    await outbox.queue(firedNotice('one'), ['gone']);
    await outbox.run();
    expect(await outbox.states()).toMatchObject([
      { last_error: 'ALERT_CHANNELS has no channel of this name' },
    ]);
  });

  test('shows its secrets in no log line and in no row', async () => {
    const outbox = await openOutbox();
    await outbox.fail(
      ...outbox.channels.map(({ kind }) => ({ kind, times: 1 })),
      ...outbox.channels.map(({ kind }) => ({ kind, fault: 'reset' as const, times: 1 })),
    );
    await outbox.queue(firedNotice('one'));
    await outbox.run();
    await outbox.minutes(1);
    const rows = JSON.stringify((await db.prepare('SELECT * FROM notification').all()).results);
    const secrets = outbox.channels.flatMap((channel) => [
      ...('url' in channel ? [channel.url] : []),
      ...(channel.kind === 'pagerduty' ? [channel.routingKey] : []),
      ...(channel.kind === 'webhook' ? [channel.secret] : []),
      'a secret of the receiver',
    ]);
    const shown = rows + JSON.stringify(outbox.logged());
    expect(outbox.logged()).toHaveLength(8);
    expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
  });
});

describe('an e-mail', () => {
  const channels = [
    {
      name: 'mail',
      kind: 'email' as const,
      from: 'edge@com2000.example',
      to: ['ops@com2000.example', 'two@com2000.example'],
      receives: ['page' as const],
    },
  ];

  test('is handed to the platform, which takes it', async () => {
    const outbox = await openOutbox({ channels });
    await outbox.queue(firedNotice('one'));
    await outbox.run();
    expect(await outbox.states()).toMatchObject([{ outcome: 'sent', last_error: null }]);
  });

  test('that the platform refuses or keeps waiting is sent again, and no address is shown', async () => {
    const answers = [
      () =>
        Promise.reject(
          Object.assign(new Error('ops@com2000.example bounced'), { code: 'E_RATE_LIMIT_EXCEEDED' }),
        ),
      () => Promise.reject(new Error('ops@com2000.example bounced')),
      () => new Promise<never>(() => undefined),
      async () => ({ messageId: 'm1' }),
    ];
    const email = { send: async () => (answers.shift() ?? answers[0])?.() ?? { messageId: '' } };
    const outbox = await openOutbox({ channels, email: email as SendEmail, timeoutMs: 20 });
    await outbox.queue(firedNotice('one'));
    const reasons: (string | null | undefined)[] = [];
    await outbox.run();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      reasons.push((await outbox.states())[0]?.last_error);
      await outbox.minutes(2 ** attempt);
    }
    expect(reasons).toEqual([
      'the e-mail service refused it: E_RATE_LIMIT_EXCEEDED',
      'the e-mail service failed',
      'the e-mail service failed',
    ]);
    expect(await outbox.states()).toMatchObject([{ outcome: 'sent', attempts: 4 }]);
    expect(JSON.stringify(outbox.logged())).not.toContain('ops@');
  });
});
