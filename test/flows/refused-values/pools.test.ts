/** A value that the schema cannot carry costs that value: the rest of its record and every other record are shown. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { createIsolates } from '../../../src/app/isolate.ts';
import { createWorker } from '../../../src/app/worker.ts';
import { CRONS } from '../../support/gateway.ts';
import {
  type Fields,
  globalId,
  LONG,
  MILLISECONDS,
  refusedValues,
  shownAfter,
} from '../../support/refused-values.ts';
import { type Serving, startServing } from '../../support/serving-bench.ts';
import { authorizationOf, viewerOfTests } from '../../support/signed-in.ts';

describe('a pool', () => {
  const SHOWN = `status name participantCount maxParticipants soldTokens totalTokens totalRaised maxAllocation
    saleStart saleEnd registrationStart description contractAddress paymentToken`;

  async function shownPool(serving: Serving, fields: Fields) {
    const { pools } = await serving.market.records();
    const id = pools[0]?.id ?? '';
    const query = `{ node(id: "${globalId('IdoPool', id)}") { ... on IdoPool { ${SHOWN} } } }`;
    const patch = () => serving.market.patchPool(id, { status: 'cancelled', ...fields });
    return { id, ...(await shownAfter(serving, CRONS.pools, patch, query)) };
  }

  test.each<[Fields, Fields]>([
    [{ max_participants: 2 ** 31 }, { maxParticipants: null }],
    [{ max_allocation: 12.5 }, { maxAllocation: null }],
    [{ registration_start: -1 }, { registrationStart: null }],
    [{ description: LONG }, { description: null }],
    [{ contract_address: {} }, { contractAddress: null }],
    [{ participant_count: 2 ** 31 }, {}],
    [{ participant_count: 1.5 }, {}],
    [{ sold_tokens: '9'.repeat(31) }, {}],
    [{ total_raised: 1e21 }, {}],
    [{ total_tokens: '1e5' }, {}],
    [{ sale_end: MILLISECONDS }, {}],
    [{ sale_start: '2026-01-01' }, {}],
    [{ pool_name: null }, {}],
    [{ pool_type: 'secret' }, {}],
    [{ payment_token: LONG }, {}],
  ])('is cancelled although upstream sends %j', async (fields, shown) => {
    const serving = await startServing();
    const { id, before, after } = await shownPool(serving, fields);
    const moving = { soldTokens: expect.anything(), totalRaised: expect.anything() };
    const sold = { participantCount: expect.any(Number), ...moving };
    expect(after).toEqual({ ...before, ...sold, status: 'CANCELLED', ...shown });
    const field = Object.keys(fields)[0];
    const kept = field === 'participant_count' ? { participantCount: before.participantCount } : {};
    expect(after).toMatchObject(field === 'sold_tokens' ? { soldTokens: before.soldTokens } : kept);
    expect(refusedValues(serving)[0]).toContain(`${id}: ${field}: `);
  });

  test('that is new and counts beyond 32 bits is skipped; every other pool is listed', async () => {
    const serving = await startServing();
    const { pools } = await serving.market.records();
    await serving.market.putPool('huge', { ...pools[0], id: 'huge', participant_count: 2 ** 31 });
    await serving.gateway.advance(900);
    await serving.gateway.scheduled(CRONS.pools);
    const { data, errors } = await serving.gateway.query(
      '{ idoPools(first: 100) { totalCount nodes { participantCount } } }',
    );
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ idoPools: { totalCount: pools.length } });
    expect(refusedValues(serving)).toEqual([expect.stringContaining('huge: participant_count: ')]);
  });
});

test('an investment is refunded although some of its values cannot be carried', async () => {
  const serving = await startServing();
  const { investments } = await serving.market.records();
  const [investment] = investments;
  if (investment === undefined) throw new Error('the market has no investment');
  await serving.gateway.advance(900);
  await serving.market.patchInvestment(investment.id, {
    status: 'refunded',
    investment_amount: 12.5,
    block_number: 2 ** 31,
    next_claim_date: MILLISECONDS,
    transaction_hash: ['0x'],
  });
  await serving.gateway.scheduled(CRONS.pools);
  const bindings = {
    ...env,
    MAIN_API_URL: serving.market.mainApiUrl,
    PRICE_API_URL: serving.market.priceApiUrl,
  } as unknown as Env;
  const query = `{ node(id: "${globalId('Investment', investment.id)}") { ... on Investment {
    status amount blockNumber nextClaimDate transactionHash } } }`;
  const viewer = { user: investment.user_id, session: 's', expiresAt: 4_102_444_800 };
  const request = new Request('https://gateway.test/graphql', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: authorizationOf(viewer) },
    body: JSON.stringify({ query }),
  });
  const ctx = createExecutionContext();
  const worker = createWorker(createIsolates({ viewerOf: viewerOfTests }));
  const response = await worker.fetch(request as Parameters<typeof worker.fetch>[0], bindings, ctx);
  expect(await response.json()).toEqual({
    data: {
      node: {
        status: 'REFUNDED',
        amount: investment.investment_amount,
        blockNumber: null,
        nextClaimDate: null,
        transactionHash: null,
      },
    },
  });
  await waitOnExecutionContext(ctx);
  const fields = refusedValues(serving).map((value) => value.split(': ')[1]);
  expect(fields).toEqual(['investment_amount', 'next_claim_date', 'transaction_hash', 'block_number']);
});

test('numbers that were stored before they were refused are mended by the migration', async () => {
  const serving = await startServing();
  const stored = [
    'UPDATE ido_pool_cache SET participant_count = 2147483648 WHERE id = (SELECT min(id) FROM ido_pool_cache)',
    'UPDATE ido_pool_cache SET max_participants = 2147483648',
    'UPDATE project_cache SET market_cap_rank = 2147483648, trending_rank = 9007199254740992',
    `UPDATE project_cache SET social = '{"github_stars":2147483648}' WHERE id = 'prj_bitcoin'`,
    'UPDATE user_investment_cache SET block_number = 2147483648',
  ];
  await env.DB.batch(stored.map((sql) => env.DB.prepare(sql)));
  const migration = env.TEST_MIGRATIONS.find(({ name }) => name === '0013_carried_numbers.sql');
  await env.DB.batch((migration?.queries ?? []).map((sql) => env.DB.prepare(sql)));
  const { data, errors } = await serving.gateway.query<{ idoPools: { nodes: unknown[] } }>(`{
    idoPools(first: 100) { nodes { participantCount maxParticipants } }
    projects(first: 100) { nodes { marketCapRank trendingRank social { githubStars } } }
  }`);
  expect(errors).toBeUndefined();
  expect(data.idoPools.nodes).toHaveLength((await serving.market.records()).pools.length - 1);
  const block = 'SELECT max(block_number) AS block FROM user_investment_cache';
  expect(await env.DB.prepare(block).first('block')).toBeNull();
});
