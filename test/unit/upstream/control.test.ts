import { describe, expect, it } from 'vitest';
import { ask, useUpstream } from './upstream-caller.ts';

const { control, market } = useUpstream();

describe('the controls', () => {
  it('make markets that know nothing of one another', async () => {
    const made = await control('POST', '/markets', {
      id: 'mine',
      source: 'made-up',
      apiKey: 'k',
      startAt: 1_750_000_000,
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ id: 'mine', apiKey: 'k', now: 1_750_000_000 });
    expect(made.body.mainApiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/mine\/main$/);
    const headers = { authorization: 'Bearer k', 'user-agent': 'COM2000-Worker/1.0' };
    expect((await fetch(`${made.body.priceApiUrl}/prices/BTC`, { headers })).status).toBe(200);
    expect((await control('POST', '/markets', { id: 'mine' })).status).toBe(409);
    const other = (await control('POST', '/markets', { source: 'made-up' })).body;
    await control('PATCH', '/markets/mine/projects/prj_bitcoin', { name: 'Changed' });
    const { projects } = (await control('GET', `/markets/${other.id}/records`)).body;
    expect(projects[0].name).toBe('Bitcoin');
    expect((await control('DELETE', '/markets/mine')).status).toBe(200);
    expect((await control('GET', '/markets/mine/calls')).status).toBe(404);
  });

  it('move the clock forward only', async () => {
    const one = market();
    const start = one.now();
    const clock = (body: unknown) => control('POST', `/markets/${one.id}/clock`, body);
    expect((await clock({ advanceSeconds: 10 })).body).toEqual({ now: start + 10 });
    expect((await clock({ now: start + 100 })).body).toEqual({ now: start + 100 });
    for (const body of [{ advanceSeconds: -1 }, { now: start }, { advanceSeconds: 0.5 }, {}]) {
      expect((await clock(body)).status).toBe(400);
    }
  });

  it('count the calls', async () => {
    const one = market();
    await ask(one, '/prices/BTC?currency=eur');
    await ask(one, '/prices/batch?symbols=BTC');
    await fetch(`${one.mainApiUrl}/nothing`);
    const { body } = await control('GET', `/markets/${one.id}/calls`);
    expect([body.total, body.byRoute]).toEqual([3, { price: 1, 'prices-batch': 1, unknown: 1 }]);
    expect(body.last[0]).toEqual({
      route: 'price',
      method: 'GET',
      path: '/prices/BTC',
      query: { currency: 'eur' },
      headers: {
        authorization: true,
        userAgent: 'COM2000-Worker/1.0',
        idempotencyKey: null,
        requestId: null,
        traceparent: null,
      },
    });
    await control('DELETE', `/markets/${one.id}/calls`);
    expect(one.calls()).toEqual({ total: 0, byRoute: {}, last: [] });
  });

  it('set fields by hand, and add whole records', async () => {
    const one = market();
    const path = `/markets/${one.id}`;
    await control('PATCH', `${path}/projects/prj_bitcoin`, { name: 'Bit Coin', market_cap: null });
    const changed = (await ask(one, `/internal/projects/sync?since=${one.now()}`)).body;
    expect(changed.find((row: { id: string }) => row.id === 'prj_bitcoin')).toMatchObject({
      name: 'Bit Coin',
      market_cap: null,
      updated_at: one.now(),
    });
    await control('PATCH', `${path}/projects/prj_bitcoin`, { updated_at: 5 });
    one.advance(1_000);
    await control('PUT', `${path}/projects/prj_new`, {
      name: 'New',
      symbol: 'NEWX',
      slug: 'new',
      status: 'live',
      category: 'DeFi',
      tags: [],
      blockchain: [],
      current_price: 3,
    });
    await control('PUT', `${path}/pools/pool_new`, {
      project_id: 'prj_new',
      pool_name: 'P',
      pool_type: 'public',
      total_tokens: '10',
      sale_start: one.now() - 5,
      sale_end: one.now() + 5,
    });
    await control('PATCH', `${path}/investments/inv_00001`, { status: 'refunded' });
    const { projects, pools, investments } = one.records();
    const project = (id: string) => projects.find((row) => row.id === id);
    expect(project('prj_bitcoin')).toMatchObject({ name: 'Bit Coin', updated_at: 5 });
    expect(project('prj_new')).toMatchObject({ name: 'New', updated_at: one.now() });
    expect((await ask(one, '/prices/NEWX')).body.priceUsd).toBe(3);
    expect(pools.find((row) => row.id === 'pool_new')).toMatchObject({ status: 'active', sold_tokens: '0' });
    expect(investments.find((row) => row.id === 'inv_00001')).toMatchObject({
      status: 'refunded',
      updated_at: one.now(),
    });
    expect((await control('PATCH', `${path}/projects/prj_nobody`, {})).status).toBe(404);
    expect((await control('PATCH', `${path}/pools/pool_0001`, [])).status).toBe(400);
  });

  it('grant rights and places in private sales', async () => {
    const one = market();
    await control('PUT', `/markets/${one.id}/users/usr_x`, { kyc_level: 3 });
    expect((await ask(one, '/internal/users/usr_x/stats')).body).toMatchObject({
      kyc_level: 3,
      user_level: 0,
    });
    await control('PUT', `/markets/${one.id}/pools/pool_0003/eligible/usr_x`, { eligible: false });
    const { body } = await ask(one, `/internal/ido/pools/pool_0003/eligible?since=${one.now()}`);
    expect(body).toEqual([{ user_id: 'usr_x', eligible: false, updated_at: one.now() }]);
  });
});
