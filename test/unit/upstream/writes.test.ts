import { describe, expect, it } from 'vitest';
import { formatDecimal, parseDecimal } from '../../support/upstream/decimals.ts';
import { CONFIRMATION_SECONDS } from '../../support/upstream/edge-investments.ts';
import type { Market } from '../../support/upstream/market.ts';
import { ask, hand, POOL, reservation, useUpstream } from './upstream-caller.ts';

const { market } = useUpstream();
const INVESTMENTS = '/internal/ido/investments';

function pool(one: Market) {
  const row = one.pools.find(POOL, one.now());
  if (row === null) throw new Error('the pool is gone');
  return row;
}

describe('accounts', () => {
  it('are opened once, known by their statistics, and contradict one another by e-mail or key', async () => {
    const one = market();
    const account = {
      id: 'usr_a',
      email: 'a@example.com',
      wallet_addresses: ['0xabc'],
      created_at: one.now(),
    };
    expect((await ask(one, '/internal/users/usr_a/stats')).status).toBe(404);
    const first = await hand(one, '/internal/users', 'usr_a:1', account);
    expect([first.status, first.body]).toEqual([201, account]);
    expect((await hand(one, '/internal/users', 'usr_a:1', account)).status).toBe(200);
    const other = await hand(one, '/internal/users', 'usr_a:1', { ...account, wallet_addresses: [] });
    expect([other.status, other.body.code]).toEqual([409, 'CONFLICT']);
    expect((await hand(one, '/internal/users', 'usr_b:1', { ...account, id: 'usr_b' })).status).toBe(409);
    expect((await ask(one, '/internal/users/usr_a/stats')).body).toMatchObject({
      user_level: 0,
      kyc_level: 1,
    });
    one.setUserStats('usr_a', { kyc_level: 2, permissions: ['READ', 'INVEST'] });
    expect((await ask(one, '/internal/users/usr_a/stats')).body).toMatchObject({
      kyc_level: 2,
      permissions: ['READ', 'INVEST'],
    });
    expect((await hand(one, '/internal/users', 'usr_c:1', { id: 'usr_c' })).status).toBe(400);
    expect((await hand(one, '/internal/users', 'usr_c', { ...account, id: 'usr_c' })).status).toBe(400);
  });
});

describe('accounts with wallets', () => {
  it('contradict one another by a wallet, and are told of once they are closed', async () => {
    const one = market();
    const account = { id: 'usr_a', email: null, wallet_addresses: ['0xAbc'], created_at: one.now() };
    expect((await hand(one, '/internal/users', 'usr_a:1', account)).status).toBe(201);
    const other = { ...account, id: 'usr_b', wallet_addresses: ['0xabC'] };
    expect((await hand(one, '/internal/users', 'usr_b:1', other)).status).toBe(409);
    const closedSince = async (since: number) =>
      (await ask(one, `/internal/users/closed?since=${since}`)).body;
    expect(await closedSince(0)).toEqual([]);
    one.closeUser('usr_a');
    expect(await closedSince(one.now())).toEqual([{ user_id: 'usr_a', closed_at: one.now() }]);
    expect(await closedSince(one.now() + 1)).toEqual([]);
    expect((await ask(one, '/internal/users/usr_a/stats')).status).toBe(404);
  });
});

describe('registrations', () => {
  it('put the user on a whitelist', async () => {
    const one = market();
    const body = { pool_id: 'pool_0002', user_id: 'usr_edge', registered_at: one.now() };
    expect(one.pools.find('pool_0002', one.now())?.pool_type).toBe('whitelist');
    expect((await hand(one, '/internal/ido/registrations', 'reg_1:1', body)).status).toBe(201);
    expect((await hand(one, '/internal/ido/registrations', 'reg_1:1', body)).status).toBe(200);
    expect((await ask(one, `/internal/ido/pools/pool_0002/eligible?since=${one.now()}`)).body).toEqual([
      { user_id: 'usr_edge', eligible: true, updated_at: one.now() },
    ]);
    const nowhere = { ...body, pool_id: 'pool_nope' };
    expect((await hand(one, '/internal/ido/registrations', 'reg_2:1', nowhere)).status).toBe(409);
  });
});

describe('investments handed over', () => {
  it('count in their pool and come back in the sync', async () => {
    const one = market();
    const before = pool(one);
    const first = await hand(one, INVESTMENTS, 'edge_1:1', reservation(one));
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ id: 'edge_1', status: 'pending', sequence: 1, updated_at: one.now() });
    expect((await hand(one, INVESTMENTS, 'edge_1:1', reservation(one))).status).toBe(200);
    const after = pool(one);
    expect(parseDecimal(after.sold_tokens) - parseDecimal(before.sold_tokens)).toBe(parseDecimal('100'));
    expect(after.participant_count).toBe(before.participant_count + 1);
    expect(after.updated_at).toBe(one.now());
    const { body } = await ask(one, `${INVESTMENTS}/sync?since=${one.now()}`);
    expect(body.find((row: { id: string }) => row.id === 'edge_1')).toMatchObject({ sequence: 1 });
    expect(body.filter((row: { sequence?: number }) => row.sequence !== undefined)).toHaveLength(1);
  });

  it('take the highest sequence and ignore lower ones', async () => {
    const one = market();
    await hand(one, INVESTMENTS, 'edge_1:1', reservation(one));
    expect(
      (await hand(one, INVESTMENTS, 'edge_1:3', reservation(one, { sequence: 3, status: 'failed' }))).status,
    ).toBe(201);
    const late = await hand(
      one,
      INVESTMENTS,
      'edge_1:2',
      reservation(one, { sequence: 2, transaction_hash: '0x1' }),
    );
    expect([late.status, late.body.status, late.body.sequence]).toEqual([200, 'failed', 3]);
    expect(one.investments.edgeSales(POOL, one.now()).tokens).toBe(0n);
  });

  it('are confirmed some time after they were paid, and stay so', async () => {
    const one = market();
    await hand(one, INVESTMENTS, 'edge_1:1', reservation(one));
    const paid = reservation(one, { sequence: 2, transaction_hash: `0x${'1'.repeat(64)}` });
    expect((await hand(one, INVESTMENTS, 'edge_1:2', paid)).body.status).toBe('pending');
    one.advance(CONFIRMATION_SECONDS);
    const row = one.investments.find('edge_1', one.now());
    expect(row).toMatchObject({ status: 'confirmed', confirmed_at: one.now(), updated_at: one.now() });
    const expired = await hand(
      one,
      INVESTMENTS,
      'edge_1:3',
      reservation(one, { sequence: 3, status: 'failed' }),
    );
    expect(expired.body.status).toBe('confirmed');
    const bad = reservation(one, { id: 'edge_2', transaction_hash: '0xbad0' });
    await hand(one, INVESTMENTS, 'edge_2:1', bad);
    one.advance(CONFIRMATION_SECONDS);
    expect(one.investments.find('edge_2', one.now())?.status).toBe('failed');
  });

  it('are refused for good where they contradict: unknown or cancelled pool, more than is left, another body', async () => {
    const one = market();
    const refuse = async (key: string, changes: Record<string, unknown>) => {
      const id = key.split(':')[0];
      const { status, body } = await hand(one, INVESTMENTS, key, reservation(one, { id, ...changes }));
      return [status, body.code];
    };
    expect(await refuse('x1:1', { pool_id: 'pool_nope' })).toEqual([409, 'CONFLICT']);
    const { total_tokens, sold_tokens } = pool(one);
    const left = parseDecimal(total_tokens) - parseDecimal(sold_tokens);
    expect(await refuse('x2:1', { token_amount: formatDecimal(left + 1n) })).toEqual([409, 'CONFLICT']);
    expect(await refuse('x3:1', { token_amount: formatDecimal(left) })).toEqual([201, undefined]);
    expect(pool(one)).toMatchObject({ status: 'completed', sold_tokens: total_tokens });
    expect(await refuse('x3:1', {})).toEqual([409, 'CONFLICT']);
    expect(await refuse('x4:1', { token_amount: '0.000000000000000001' })).toEqual([409, 'CONFLICT']);
    expect(await refuse('x5:1', { pool_id: 'pool_0022' })).toEqual([409, 'CONFLICT']);
    expect(await refuse('x6:1', { token_amount: 5 })).toEqual([400, 'BAD_REQUEST']);
    expect(await refuse('x6:2', {})).toEqual([400, 'BAD_REQUEST']);
  });

  it('are stored after anything already told of their pool, though the clock stands still', async () => {
    const one = market();
    const sync = async () => {
      const { body } = await ask(one, '/internal/ido/pools/sync');
      return body.find((row: { id: string }) => row.id === POOL);
    };
    await hand(one, INVESTMENTS, 'edge_1:1', reservation(one));
    const told = await sync();
    const second = await hand(one, INVESTMENTS, 'edge_2:1', reservation(one, { id: 'edge_2' }));
    expect(second.body.updated_at).toBeGreaterThan(told.updated_at);
    expect((await sync()).updated_at).toBeGreaterThanOrEqual(second.body.updated_at);
  });

  it('are taken although the answer got lost', async () => {
    const one = market();
    one.setFault({ route: 'create-investment', kind: 'reset', times: 1 });
    await expect(hand(one, INVESTMENTS, 'edge_1:1', reservation(one))).rejects.toThrow();
    expect((await hand(one, INVESTMENTS, 'edge_1:1', reservation(one))).status).toBe(200);
    one.setFault({ route: 'create-investment', kind: '503', times: 1 });
    expect((await hand(one, INVESTMENTS, 'edge_2:1', reservation(one, { id: 'edge_2' }))).status).toBe(503);
    expect((await hand(one, INVESTMENTS, 'edge_2:1', reservation(one, { id: 'edge_2' }))).status).toBe(201);
  });
});

describe('claims', () => {
  it('take what has vested, and no more', async () => {
    const one = market();
    const paid = reservation(one, { transaction_hash: '0x2' });
    await hand(one, INVESTMENTS, 'edge_1:1', paid);
    const claim = {
      id: 'claim_1',
      investment_id: 'edge_1',
      user_id: 'usr_edge',
      amount: '20',
      requested_at: one.now(),
    };
    expect((await hand(one, '/internal/ido/claims', 'claim_1:1', claim)).status).toBe(409);
    one.moveTo(pool(one).sale_end + 86_400);
    expect(one.investments.find('edge_1', one.now())).toMatchObject({
      claimable_amount: '20',
      total_claimed: '0',
    });
    const second = { ...claim, id: 'claim_2' };
    expect((await hand(one, '/internal/ido/claims', 'claim_2:1', second)).status).toBe(201);
    expect((await hand(one, '/internal/ido/claims', 'claim_2:1', second)).status).toBe(200);
    expect(one.investments.find('edge_1', one.now())).toMatchObject({
      claimable_amount: '0',
      total_claimed: '20',
      updated_at: one.now(),
    });
    const third = { ...claim, id: 'claim_3', amount: '0.1' };
    expect((await hand(one, '/internal/ido/claims', 'claim_3:1', third)).status).toBe(409);
  });
});
