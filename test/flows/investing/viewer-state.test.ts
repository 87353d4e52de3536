import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { createInvestor, type Investor, insert, insertInvestments } from '../../support/investors.ts';
import { createMarket } from '../../support/market.ts';
import { TABLES } from '../../support/tables.ts';

const STATE = 'registered eligible openReservation { id status } invested remainingAllocation';
const NOT_IN: State = {
  registered: false,
  eligible: true,
  openReservation: null,
  invested: '0',
  remainingAllocation: '1000',
};

interface State {
  registered: boolean;
  eligible: boolean;
  openReservation: { id: string; status: string } | null;
  invested: string;
  remainingAllocation: string;
}

let gateway: TestGateway;
let now: number;
let ann: Investor;
beforeEach(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  const market = await createMarket({ projectCount: 5, poolCount: 3, investmentCount: 0 });
  const { pools } = await market.records();
  now = market.startAt;
  for (const type of ['public', 'private', 'whitelist']) {
    await market.putPool(type, {
      ...pools[0],
      ...{ id: type, pool_type: type, status: 'active', sale_start: now - 60, sale_end: now + 86_400 },
      ...{ token_price: '2', total_tokens: '100000', sold_tokens: '0', total_raised: '0' },
      ...{ min_allocation: '10', max_allocation: '1000', max_participants: 10, participant_count: 3 },
      ...{ payment_token: 'USDT', payment_decimals: 6, blockchain: 'ethereum', updated_at: now },
      ...{ registration_start: null, registration_end: null },
    });
  }
  gateway = startGateway(market);
  await syncAll(gateway);
  ann = await createInvestor('ann');
});

async function stateOf(person: Investor, poolId = 'public'): Promise<State> {
  const query = `query ($id: ID!) { idoPool(id: $id) { viewerState { ${STATE} } } }`;
  const { data, errors } = await gateway.post<{ idoPool: { viewerState: State } }>(
    { query, variables: { id: encodeGlobalId('IdoPool', poolId) } },
    person.headers,
  );
  expect(errors).toBeUndefined();
  return data.idoPool.viewerState;
}

const patchPool = (assignments: string) =>
  env.DB.exec(`UPDATE ido_pool_cache SET ${assignments} WHERE id = 'public'`);

test('a viewer who has done nothing yet may invest up to the maximum', async () => {
  expect(await stateOf(ann)).toEqual(NOT_IN);
});

test('a viewer sees their own investments alone, pending and confirmed', async () => {
  const mine = { user_id: 'ann', pool_id: 'public' };
  await insertInvestments(
    { ...mine, id: 'confirmed', investment_amount: '100.000001' },
    { ...mine, id: 'pending', status: 'pending', investment_amount: '50', transaction_hash: '0x1' },
    { ...mine, id: 'failed', status: 'failed', investment_amount: '400' },
    { ...mine, id: 'refunded', status: 'refunded', investment_amount: '400' },
    { ...mine, id: 'in another pool', pool_id: 'private' },
    { ...mine, id: "another person's", user_id: 'bob' },
  );
  expect(await stateOf(ann)).toEqual({
    ...NOT_IN,
    invested: '150.000001',
    remainingAllocation: '849.999999',
  });
});

test('an open reservation is shown until it runs out, and stops another one', async () => {
  const reserved = { user_id: 'ann', pool_id: 'public', status: 'pending', revision: 1 } as const;
  await insertInvestments({ ...reserved, id: 'mine', reservation_expires_at: now + 60 });
  expect(await stateOf(ann)).toEqual({
    ...NOT_IN,
    openReservation: { id: encodeGlobalId('Investment', 'mine'), status: 'PENDING' },
    invested: '100',
    remainingAllocation: '0',
  });
  await gateway.advance(60);
  expect(await stateOf(ann)).toEqual(NOT_IN);
});

test('somebody whose reservations ran out unpaid waits until then', async () => {
  const member = { pool_id: 'public', user_id: 'ann', registered_at: null, revision: 1 };
  await insert('pool_member', { ...member, blocked_until: now + 1 });
  expect(await stateOf(ann)).toEqual({ ...NOT_IN, remainingAllocation: '0' });
  await gateway.advance(1);
  expect(await stateOf(ann)).toEqual(NOT_IN);
});

test('a public pool with a list is open to those on it, and to those who have bought elsewhere', async () => {
  await patchPool('registration_start = 1');
  const bob = await createInvestor('bob');
  await insertInvestments({ id: "bob's", user_id: 'bob', pool_id: 'public' });
  expect(await stateOf(ann)).toEqual({ ...NOT_IN, remainingAllocation: '0' });
  expect(await stateOf(bob)).toEqual({ ...NOT_IN, invested: '100', remainingAllocation: '900' });
  const member = { pool_id: 'public', user_id: 'ann', registered_at: now, revision: 1, blocked_until: 0 };
  await insert('pool_member', member);
  expect(await stateOf(ann)).toEqual({ ...NOT_IN, registered: true });
});

test('a registration shows, and lets nobody in by itself', async () => {
  const member = { pool_id: 'whitelist', user_id: 'ann', registered_at: now, revision: 1, blocked_until: 0 };
  await insert('pool_member', member);
  const outside = { ...NOT_IN, registered: true, eligible: false, remainingAllocation: '0' };
  expect(await stateOf(ann, 'whitelist')).toEqual(outside);
  await insert('pool_eligibility', { pool_id: 'whitelist', user_id: 'ann', eligible: 1, updated_at: now });
  expect(await stateOf(ann, 'whitelist')).toEqual({ ...NOT_IN, registered: true });
});

describe.each(['private', 'whitelist'])('a %s pool', (pool_id) => {
  test('is open to those whom the platform lets in', async () => {
    const bob = await createInvestor('bob');
    await insert('pool_eligibility', { pool_id, user_id: 'ann', eligible: 1, updated_at: now });
    await insert('pool_eligibility', { pool_id, user_id: 'bob', eligible: 0, updated_at: now });
    expect(await stateOf(ann, pool_id)).toEqual(NOT_IN);
    expect(await stateOf(bob, pool_id)).toEqual({ ...NOT_IN, eligible: false, remainingAllocation: '0' });
  });
});

test.each([{ kycLevel: 1 }, { permissions: ['read', 'write', 'trade', 'admin'] }])(
  'nobody takes part with %j',
  async (rights) => {
    const bob = await createInvestor('bob', rights);
    expect(await stateOf(bob)).toEqual({ ...NOT_IN, eligible: false, remainingAllocation: '0' });
  },
);

test.each([
  'sale_start = sale_end - 1',
  'sale_end = sale_start + 1',
  "status = 'cancelled'",
  "token_price = '0'",
  "payment_decimals = NULL, payment_token = 'UNHEARD-OF'",
  'participant_count = max_participants',
  'sold_tokens = total_tokens',
])('nothing is left in a pool with %s', async (assignments) => {
  await patchPool(assignments);
  expect(await stateOf(ann)).toEqual({ ...NOT_IN, remainingAllocation: '0' });
});

test('a participant of a pool that is full may go on', async () => {
  await insertInvestments({ id: 'one', user_id: 'ann', pool_id: 'public' });
  await patchPool('participant_count = max_participants');
  expect(await stateOf(ann)).toEqual({ ...NOT_IN, invested: '100', remainingAllocation: '900' });
});

test('a stable coin has the digits that it has on its chain, if the platform does not say', async () => {
  await patchPool("payment_decimals = NULL, sold_tokens = '99999.9999999', token_price = '2.5'");
  expect(await stateOf(ann)).toEqual({ ...NOT_IN, remainingAllocation: '0.000001' });
  await patchPool("blockchain = 'bsc'");
  expect(await stateOf(ann)).toEqual({ ...NOT_IN, remainingAllocation: '0.00000025' });
});

test('the last piece is left at its cost, also below the minimum', async () => {
  await patchPool("sold_tokens = '99999.9999999', token_price = '2.5'");
  expect(await stateOf(ann)).toEqual({ ...NOT_IN, remainingAllocation: '0.000001' });
});

test('one call of D1 brings the places in all pools of a list, however many', async () => {
  const costOf = async (first: number) => {
    gateway.coldIsolate();
    gateway.resetCounts();
    const query = `{ idoPools(first: ${first}) { nodes { viewerState { ${STATE} } } } }`;
    const { data } = await gateway.post<{ idoPools: { nodes: unknown[] } }>({ query }, ann.headers);
    expect(data.idoPools.nodes).toHaveLength(first);
    return gateway.counts.d1Calls;
  };
  await costOf(1);
  expect(await costOf(6)).toBe(await costOf(1));
});
