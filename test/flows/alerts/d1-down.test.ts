import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isD1Failing } from '../../../src/alerts/d1-failure.ts';
import { D1_FAILURE_KEY } from '../../../src/storage/kv/keys.ts';
import { type AlertInbox, openInbox } from '../../support/alert-inbox.ts';
import { CRONS } from '../../support/gateway.ts';
import { type Serving, startServing } from '../../support/serving-bench.ts';

let inbox: AlertInbox;
let serving: Serving;

beforeEach(async () => {
  inbox = openInbox();
  await env.CACHE_KV.delete(D1_FAILURE_KEY);
  await env.DB.batch(
    ['notification', 'incident', 'alert_state'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  );
  const vars = {
    ALERT_CHANNELS: JSON.stringify(inbox.channels),
    HEARTBEAT_URL: inbox.url('heartbeat'),
  };
  serving = await startServing({ crons: [], vars });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Events of the cron, a minute apart. */
async function minutes(count: number): Promise<void> {
  for (let minute = 0; minute < count; minute += 1) {
    await serving.gateway.advance(60);
    await serving.gateway.scheduled(CRONS.prices);
  }
}

const actions = async () => (await inbox.taken('pagerduty')).map(({ event_action: action }) => action);
const titles = async () => (await inbox.taken('slack')).map(({ text }) => text);

test('D1 that fails for an hour is told of once in each channel, and so is that it is over', async () => {
  await minutes(1);
  serving.db.fail('D1 is down');
  await minutes(60);
  expect(await titles()).toEqual(['Firing (page): d1-down (development)']);
  expect(await actions()).toEqual(['trigger']);
  serving.db.fail(null);
  await minutes(10);
  expect(await titles()).toEqual([
    'Firing (page): d1-down (development)',
    'Resolved after 1 h: d1-down (development)',
  ]);
  expect(await actions()).toEqual(['trigger', 'resolve']);
  const keys = (await inbox.taken('pagerduty')).map(({ dedup_key: key }) => key);
  expect(new Set(keys).size).toBe(1);
  expect(await inbox.taken('webhook')).toHaveLength(2);
  expect(await inbox.taken('discord')).toHaveLength(2);
  expect(await env.CACHE_KV.get(D1_FAILURE_KEY)).toBeNull();
  const incidents = await env.DB.prepare('SELECT rule, ended_at - started_at AS seconds FROM incident').all();
  expect(incidents.results).toEqual([{ rule: 'd1-down', seconds: 3_600 }]);
});

test('the heartbeat is asked in each minute in which the rules were looked at', async () => {
  await minutes(2);
  expect(await inbox.calls('heartbeat')).toMatchObject([{ method: 'GET' }, { method: 'GET' }]);
  serving.db.fail('D1 is down');
  await minutes(3);
  serving.db.fail(null);
  await inbox.fail({ kind: 'heartbeat', status: 302, headers: { location: inbox.url('webhook') } });
  await minutes(1);
  expect(await inbox.calls('heartbeat')).toHaveLength(3);
  expect(serving.written()).toContain('HTTP 302');
  expect(serving.written()).not.toContain(inbox.url('heartbeat'));
});

test('D1 that fails in one minute alone wakes nobody', async () => {
  serving.db.fail('D1 is down');
  await minutes(1);
  serving.db.fail(null);
  await minutes(5);
  expect(await inbox.calls('slack')).toEqual([]);
  expect(await env.CACHE_KV.get(D1_FAILURE_KEY)).toBeNull();
});

test('D1 that answers now and then is one incident', async () => {
  for (let time = 0; time < 5; time += 1) {
    serving.db.fail('D1 is down');
    await minutes(1);
    serving.db.fail(null);
    await minutes(1);
  }
  await minutes(3);
  expect(await actions()).toEqual(['trigger', 'resolve']);
});

test('a channel that is down meanwhile is told when it is back, and the others once', async () => {
  await inbox.fail({ kind: 'slack', times: 3 });
  serving.db.fail('D1 is down');
  await minutes(4);
  expect([await titles(), await actions()]).toEqual([[], ['trigger']]);
  await minutes(3);
  expect([await titles(), await actions()]).toEqual([['Firing (page): d1-down (development)'], ['trigger']]);
  serving.db.fail(null);
});

test('two events of the cron at once tell of it under one id', async () => {
  serving.db.fail('D1 is down');
  await minutes(1);
  await serving.gateway.advance(60);
  await Promise.all([1, 2].map(() => serving.gateway.scheduled(CRONS.prices)));
  await minutes(3);
  const keys = (await inbox.taken('pagerduty')).map(({ dedup_key: key }) => key);
  expect(new Set(keys).size).toBe(1);
  serving.db.fail(null);
});

test('KV that fails as well stops no job, and the log says so', async () => {
  serving.db.fail('D1 is down');
  serving.cacheKv.fail('KV is down');
  await minutes(3);
  expect(await inbox.calls('slack')).toEqual([]);
  expect(serving.written()).toContain('alerts.d1_not_looked_at');
  serving.db.fail(null);
  serving.cacheKv.fail(null);
});

test('D1 fails if it hangs, or if it takes no writes', async () => {
  const never = new Promise<never>(() => undefined);
  const d1 = (answer: () => Promise<unknown>) =>
    ({ prepare: () => ({ first: answer }) }) as unknown as D1Database;
  const jobs = async (...outcomes: string[]) => outcomes.map((outcome) => ({ outcome }));
  expect(
    await isD1Failing(
      d1(() => never),
      never,
      20,
    ),
  ).toBe(true);
  expect(
    await isD1Failing(
      d1(() => Promise.reject(new Error('D1 is down'))),
      never,
    ),
  ).toBe(true);
  expect(await isD1Failing(env.DB, jobs('failed', 'failed'))).toBe(true);
  expect(await isD1Failing(env.DB, jobs('failed', 'skipped'))).toBe(false);
  expect(await isD1Failing(env.DB, jobs('failed', 'ok'))).toBe(false);
});
