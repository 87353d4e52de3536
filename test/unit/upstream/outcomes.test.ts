/** The ends that an investment of the edge's comes to at the main API. */
import { describe, expect, it } from 'vitest';
import { parseDecimal } from '../../support/upstream/decimals.ts';
import { CONFIRMATION_SECONDS, REFUND_SECONDS } from '../../support/upstream/edge-investments.ts';
import type { Market } from '../../support/upstream/market.ts';
import { hand, POOL, reservation, useUpstream } from './upstream-caller.ts';

const { market, control } = useUpstream();
const INVESTMENTS = '/internal/ido/investments';
const PAID = { transaction_hash: `0x${'1'.repeat(64)}` };

const post = (one: Market, sequence: number, changes: Record<string, unknown> = {}, id = 'edge_1') =>
  hand(one, INVESTMENTS, `${id}:${sequence}`, reservation(one, { id, sequence, ...changes }));
const found = (one: Market, id = 'edge_1') => one.investments.find(id, one.now());
const sold = (one: Market) => parseDecimal(one.pools.find(POOL, one.now())?.sold_tokens ?? '0');

describe('a payment', () => {
  it.each(['0xbad0', 'bad0', '0xBAD'])(
    'with the made-up hash %s fails and is never refunded',
    async (hash) => {
      const one = market();
      await post(one, 1, { transaction_hash: hash });
      one.advance(CONFIRMATION_SECONDS);
      expect(found(one)).toMatchObject({ status: 'failed', updated_at: one.now() });
      one.advance(REFUND_SECONDS);
      expect(found(one)?.status).toBe('failed');
      await post(one, 2, PAID);
      one.advance(CONFIRMATION_SECONDS);
      expect(found(one)?.status).toBe('confirmed');
    },
  );

  it('that arrived for an investment which had failed is refunded later', async () => {
    const one = market();
    await post(one, 1);
    await post(one, 2, { ...PAID, status: 'failed' });
    const failedAt = one.now();
    one.advance(REFUND_SECONDS - 1);
    expect(found(one)).toMatchObject({ status: 'failed', updated_at: failedAt, sequence: 2 });
    one.advance(1);
    expect(found(one)).toMatchObject({ status: 'refunded', confirmed_at: null, updated_at: one.now() });
    await post(one, 3, { ...PAID, status: 'failed' });
    expect(found(one)?.status).toBe('refunded');
  });
});

describe('a pool that is cancelled', () => {
  it('fails its open investments, and refunds those that were paid', async () => {
    const one = market();
    const paid = { ...PAID, user_id: 'usr_paid' };
    await post(one, 1, paid, 'edge_confirmed');
    one.advance(CONFIRMATION_SECONDS);
    await post(one, 1, {}, 'edge_open');
    await post(one, 1, { transaction_hash: '0xbad1' }, 'edge_made_up');
    await post(one, 1, paid, 'edge_paid');
    one.patchPool(POOL, { status: 'cancelled' });
    const cancelledAt = one.now();
    const statuses = () =>
      ['confirmed', 'open', 'made_up', 'paid'].map((name) => found(one, `edge_${name}`)?.status);
    expect(statuses()).toEqual(['confirmed', 'failed', 'failed', 'failed']);
    expect((await post(one, 2, PAID, 'edge_open')).status).toBe(409);
    one.advance(REFUND_SECONDS);
    expect(statuses()).toEqual(['refunded', 'refunded', 'failed', 'refunded']);
    expect(found(one, 'edge_confirmed')).toMatchObject({
      confirmed_at: cancelledAt,
      updated_at: cancelledAt + REFUND_SECONDS,
    });
    expect(one.investments.edgeSales(POOL, one.now()).tokens).toBe(0n);
  });
});

describe('a refusal that a test asks for', () => {
  it('meets the calls that it names, as often as asked, and is for good', async () => {
    const one = market();
    const path = `/markets/${one.id}/refusals`;
    const refusal = { route: 'create-investment', paid: true, times: 1, code: 'SANCTIONED', message: 'no' };
    expect((await control('POST', path, refusal)).status).toBe(200);
    expect((await post(one, 1)).status).toBe(201);
    const first = await post(one, 2, PAID);
    expect([first.status, first.body]).toEqual([409, { code: 'SANCTIONED', message: 'no' }]);
    expect((await post(one, 2, PAID)).body.code).toBe('SANCTIONED');
    expect((await post(one, 1, PAID, 'edge_2')).status).toBe(201);

    await control('POST', path, { route: 'create-investment', poolId: POOL });
    await control('POST', path, { route: 'create-registration', userId: 'usr_x' });
    expect((await post(one, 1, {}, 'edge_3')).status).toBe(409);
    expect((await post(one, 1, { pool_id: 'pool_0011' }, 'edge_4')).status).toBe(201);
    const register = (user_id: string) =>
      hand(one, '/internal/ido/registrations', `${user_id}:1`, {
        ...{ pool_id: 'pool_0002', user_id, registered_at: one.now() },
      });
    expect([(await register('usr_x')).status, (await register('usr_y')).status]).toEqual([409, 201]);
    await control('DELETE', path);
    expect((await post(one, 1, {}, 'edge_5')).status).toBe(201);
    expect((await control('POST', path, { route: 'pools-sync' })).status).toBe(400);
  });

  it('fails an investment that was stored before, and a payment that it refused is refunded', async () => {
    const one = market();
    const before = sold(one);
    await post(one, 1);
    await control('POST', `/markets/${one.id}/refusals`, {
      route: 'create-investment',
      investmentId: 'edge_1',
    });
    await post(one, 2, PAID);
    expect(found(one)).toMatchObject({ ...PAID, status: 'failed', sequence: 1 });
    expect(sold(one)).toBe(before);
    one.advance(REFUND_SECONDS);
    expect(found(one)?.status).toBe('refunded');
  });

  it('leaves what can be claimed as it was', async () => {
    const one = market();
    await post(one, 1, PAID);
    one.moveTo((one.pools.saleEnd(POOL) ?? 0) + 86_400);
    await control('POST', `/markets/${one.id}/refusals`, { route: 'create-claim', times: 1 });
    const claim = (id: string) =>
      hand(one, '/internal/ido/claims', `${id}:1`, {
        ...{ id, investment_id: 'edge_1', user_id: 'usr_edge', amount: '20', requested_at: one.now() },
      });
    expect((await claim('claim_1')).status).toBe(409);
    expect(found(one)).toMatchObject({ claimable_amount: '20', total_claimed: '0' });
    expect((await claim('claim_2')).status).toBe(201);
  });
});

describe('what was handed over', () => {
  it('is listed by id: each sequence that was applied, ignored, refused or repeated', async () => {
    const one = market();
    await post(one, 1);
    await post(one, 1);
    await post(one, 3, PAID);
    await post(one, 2);
    await control('POST', `/markets/${one.id}/refusals`, { route: 'create-investment' });
    await post(one, 4, PAID);
    await post(one, 4, PAID);
    expect((await control('GET', `/markets/${one.id}/handovers`)).body).toEqual({
      investments: { edge_1: { applied: [1, 3], ignored: [2], refused: [4], repeated: [1, 4] } },
    });
  });

  it('is stored although the answer is slow or lost, and not where the connection broke before', async () => {
    const one = market();
    const route = 'create-investment';
    one.setFault({ route, kind: 'slow', latencyMs: 60_000, times: 1 });
    const impatient = new AbortController();
    const slow = fetch(`${one.mainApiUrl}${INVESTMENTS}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${one.apiKey}`,
        'user-agent': 'COM2000-Worker/1.0',
        'idempotency-key': 'edge_1:1',
      },
      body: JSON.stringify(reservation(one)),
      signal: impatient.signal,
    });
    await expect.poll(() => found(one)?.status).toBe('pending');
    impatient.abort();
    await expect(slow).rejects.toThrow();
    one.setFault({ route, kind: 'reset', times: 1 });
    await expect(post(one, 2)).rejects.toThrow();
    one.setFault({ route, kind: 'dropped', times: 1 });
    await expect(post(one, 3)).rejects.toThrow();
    expect(found(one)?.sequence).toBe(2);
    expect((await post(one, 3)).status).toBe(201);
  });
});

it('some pools say how many decimals their payment token has', () => {
  const { pools } = market().records();
  const told = pools.filter(({ payment_decimals }) => payment_decimals !== undefined);
  expect(told.length).toBeGreaterThan(10);
  expect(pools.length - told.length).toBeGreaterThan(10);
  expect(new Set(told.map(({ payment_decimals }) => payment_decimals))).toEqual(new Set([6, 8, 18]));
});
