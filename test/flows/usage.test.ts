import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { REFUSALS_NAMED_MAX } from '../../src/config.ts';
import { USAGE_FLUSH_SECONDS, USAGE_KEYS_MAX, UsageCounts } from '../../src/operations/usage.ts';
import { ADMIN_KEY, adminOf } from '../support/admin.ts';
import { countedD1, noCounts } from '../support/counted-bindings.ts';
import { refusalsSeen, TRENDING, total, usesSeen } from '../support/counted-uses.ts';
import { startGateway } from '../support/gateway.ts';
import { countsSources } from '../support/recorded-requests.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
let admin: ReturnType<typeof adminOf>;
beforeEach(async () => {
  serving = await startServing({ crons: [], vars: { ADMIN_KEY, OPERATIONS_MODE: 'id_only' } });
  admin = adminOf(serving.gateway);
});

const ios = { 'graphql-client-name': 'ios', 'graphql-client-version': '5.2.0' };

test('uses are counted by operation, client and version, with when', async () => {
  const startAt = serving.market.startAt;
  await serving.gateway.post({ documentId: TRENDING }, ios);
  await serving.gateway.post({ documentId: TRENDING }, ios);
  await serving.gateway.post({ documentId: TRENDING });
  await serving.gateway.advance(USAGE_FLUSH_SECONDS);
  await serving.gateway.post({ documentId: TRENDING }, ios);
  expect((await admin.get('/usage')).body).toEqual({
    usage: [
      {
        operationId: TRENDING,
        name: 'Trending',
        client: 'ios',
        version: '5.2.0',
        count: 3,
        firstSeen: startAt,
        lastSeen: startAt + USAGE_FLUSH_SECONDS,
      },
      expect.objectContaining({ client: null, version: null, count: 1 }),
    ],
  });
  expect((await admin.get('/usage?client=ios')).body.usage).toHaveLength(1);
  await serving.gateway.advance(30 * 86_400);
  expect((await admin.get('/usage')).body.usage).toEqual([]);
  expect((await admin.get('/usage?days=31')).body.usage).toHaveLength(2);
});

test('refusals are counted by reason, client and version, with the name of the operation if it is stored', async () => {
  await serving.gateway.post({ documentId: 'nobody-knows-it' }, ios);
  await serving.gateway.post({ documentId: TRENDING, variables: { first: 1_000 } }, ios);
  await serving.gateway.advance(USAGE_FLUSH_SECONDS);
  await serving.gateway.post({ query: '{ __typename }' }, ios);
  expect((await admin.get('/audit')).body.refusals).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        reason: 'PERSISTED_QUERY_NOT_IN_LIST',
        documentId: 'nobody-knows-it',
        name: null,
        client: 'ios',
        version: '5.2.0',
        count: 1,
      }),
      expect.objectContaining({ documentId: TRENDING, name: 'Trending' }),
      expect.objectContaining({ reason: 'PERSISTED_QUERY_ID_REQUIRED', name: null, client: 'ios', count: 1 }),
    ]),
  );
});

test('what a limit refuses is counted by code and rule, and a mistake is not', async () => {
  const gateway = startGateway(serving.market, { ADMIN_KEY, OPERATIONS_MODE: 'open' });
  const times = (count: number, text: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => text(at)).join(' ');
  const documents: Record<string, string> = {
    'BAD_USER_INPUT:fragment-cycle': '{ ...F } fragment F on Query { ...F }',
    'OPERATION_TOO_COMPLEX:aliases': `{ price(symbol: "BTC") { ${times(31, (at) => `a${at}: price`)} } }`,
    'OPERATION_TOO_COMPLEX:cost': '{ projects(first: 100) { nodes { idoPools(first: 100) { id } } } }',
    'OPERATION_TOO_COMPLEX:depth': `{ ${'a { '.repeat(12)} b ${'} '.repeat(12)} }`,
    'OPERATION_TOO_COMPLEX:directives': `{ __typename ${'@include(if: true) '.repeat(6)} }`,
    'OPERATION_TOO_COMPLEX:introspection-depth': `{ __schema { ${'a { '.repeat(30)} b ${'} '.repeat(30)} } }`,
    'OPERATION_TOO_COMPLEX:overlaps': `{ ${times(20, () => `price(symbol: "BTC") { ${'price '.repeat(49)} }`)} }`,
    'OPERATION_TOO_COMPLEX:repetitions': `{ ${'__typename '.repeat(51)} }`,
    'OPERATION_TOO_COMPLEX:root-fields': `{ ${times(21, (at) => `field${at}`)} }`,
    'OPERATION_TOO_COMPLEX:tokens': `{ ${'__typename '.repeat(2_000)} }`,
  };
  for (const query of [...Object.values(documents), '{ nobodyHasThisField }', '{']) {
    const { errors } = await gateway.post({ query }, ios);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions, 'what clients read is the message').not.toHaveProperty('rule');
  }
  await gateway.fetch('/graphql?query={__typename}', { headers: { cookie: 'session=1' } });
  await gateway.fetch('/graphql?query=mutation{__typename}', { headers: ios });
  const post = (contentType: string, body: string) =>
    gateway.fetch('/graphql', { method: 'POST', headers: { ...ios, 'content-type': contentType }, body });
  await post('text/plain', '{}');
  await post('application/json', '[]');
  await post('application/json', ' '.repeat(200_000));
  await gateway.post({ documentId: TRENDING, variables: { first: 1_000 } }, ios);
  await gateway.advance(USAGE_FLUSH_SECONDS);
  await gateway.query('{ __typename }');

  const byIos = { client: 'ios', version: '5.2.0', documentId: null, count: 1 };
  const expected = [
    ...Object.keys(documents).map((reason) => ({ ...byIos, reason })),
    { ...byIos, reason: 'BAD_USER_INPUT:batch' },
    { ...byIos, reason: 'BAD_USER_INPUT:media-type' },
    { ...byIos, reason: 'BAD_USER_INPUT:mutation-by-get' },
    { ...byIos, reason: 'FORBIDDEN:cross-site', client: null, version: null },
    { ...byIos, reason: 'OPERATION_TOO_COMPLEX:variables', documentId: TRENDING },
    { ...byIos, reason: 'PAYLOAD_TOO_LARGE:body-size' },
  ];
  const { refusals } = (await admin.get<{ refusals: { reason: string }[] }>('/audit')).body;
  const byReason = (a: { reason: string }, b: { reason: string }) => (a.reason < b.reason ? -1 : 1);
  expect(refusals.toSorted(byReason)).toMatchObject(expected.toSorted(byReason));
});

describe('an isolate', () => {
  const counts = noCounts();
  let nowMs = 0;
  let usage: UsageCounts;
  beforeEach(() => {
    Object.assign(counts, noCounts());
    nowMs = serving.market.startAt * 1000;
    usage = new UsageCounts({ db: countedD1(env.DB, counts), nowMs: () => nowMs, ...countsSources() });
  });

  test('writes one row, at most once in 60 seconds, and nothing where nothing was counted', async () => {
    await usage.flushWhenDue();
    expect(counts.d1Calls).toBe(0);
    for (let second = 0; second < 360; second += 1) {
      usage.used(TRENDING, { name: 'ios', version: '1' });
      usage.refused({ reason: 'A', documentId: null, client: { name: null, version: null } });
      await usage.flushWhenDue();
      nowMs += 1_000;
    }
    expect(counts).toMatchObject({ d1Calls: 6, d1RowsWritten: 6 });
    await usage.flushWhenDue();
    expect(total(await usesSeen())).toBe(360);
    expect(total(await refusalsSeen())).toBe(360);
    nowMs += 60_000;
    await usage.flushWhenDue();
    expect(counts.d1Calls).toBe(7);
  });

  test('keeps what D1 did not take, for the next time', async () => {
    const failing = new UsageCounts({ db: serving.db.binding, nowMs: () => nowMs, ...countsSources() });
    failing.used(TRENDING, { name: 'ios', version: '1' });
    serving.db.fail('D1 is down');
    await failing.flushWhenDue();
    serving.db.fail(null);
    failing.used(TRENDING, { name: 'ios', version: '1' });
    nowMs += USAGE_FLUSH_SECONDS * 1000;
    await failing.flushWhenDue();
    expect(await usesSeen()).toMatchObject([{ client: 'ios', count: 2 }]);
  });

  test('keeps the id that is refused most among hundreds of forged ones', async () => {
    const refused = (documentId: string) =>
      usage.refused({ reason: 'A', documentId, client: { name: 'ios', version: '5' } });
    for (let number = 0; number < 400; number += 1) refused(`forged ${number}`);
    for (let number = 400; number < 800; number += 1) {
      refused(`forged ${number}`);
      if (number % 10 === 0) refused('of the broken release');
    }
    await usage.flushWhenDue();
    const rows = await refusalsSeen();
    expect(rows).toContainEqual(
      expect.objectContaining({
        documentId: 'of the broken release',
        client: 'ios',
        version: '5',
        count: 40,
      }),
    );
    expect(total(rows)).toBe(840);
  });

  test('counts without names what has too many of them', async () => {
    for (let number = 0; number < 10_000; number += 1) {
      const client = { name: `${number} ${'x'.repeat(10_000)}`, version: 'y'.repeat(10_000) };
      usage.used(TRENDING, client);
      usage.refused({ reason: 'A', documentId: `${number}`, client });
    }
    await usage.flushWhenDue();
    const [used, refused] = [await usesSeen(), await refusalsSeen()];
    expect([used.length, refused.length]).toEqual([USAGE_KEYS_MAX + 1, REFUSALS_NAMED_MAX + 1]);
    expect([total(used), total(refused)]).toEqual([10_000, 10_000]);
    expect(Math.max(...used.map((row) => `${row.client}${row.version}`.length))).toBe(128);
  });
});
