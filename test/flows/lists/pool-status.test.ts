import { env } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { upstreamId } from '../../support/list-pages.ts';
import { createMarket } from '../../support/market.ts';

const STATUSES = ['UPCOMING', 'REGISTRATION', 'ACTIVE', 'COMPLETED', 'CANCELLED'];
const MINUTE = 60;

// Each test has a market of its own; the gateway must not remember the one before.
beforeEach(async () => {
  await env.DB.batch(['sync_run', 'ido_pool_cache'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

interface Listed {
  totalCount: number;
  nodes: { id: string; status: string }[];
}

/** Every pool by the status that its field says, once all filters have been seen to agree with it. */
async function statuses(gateway: TestGateway): Promise<Map<string, string>> {
  const lists = STATUSES.map(
    (status) =>
      `${status}: idoPools(filter: { status: ${status} }, first: 100) { totalCount nodes { id status } }`,
  );
  const { data, errors } = await gateway.query<Record<string, Listed>>(
    `{ all: idoPools(first: 100) { totalCount nodes { id status } } ${lists.join(' ')} }`,
  );
  expect(errors).toBeUndefined();
  const byId = new Map(data.all?.nodes.map(({ id, status }) => [upstreamId(id), status]));
  expect(byId.size).toBe(data.all?.totalCount);
  for (const status of STATUSES) {
    const ids = [...byId].filter(([, found]) => found === status).map(([id]) => id);
    const { nodes = [], totalCount } = data[status] ?? {};
    expect(nodes.map(({ id }) => upstreamId(id)).sort()).toEqual(ids.sort());
    expect(nodes.every((pool) => pool.status === status)).toBe(true);
    expect(totalCount).toBe(ids.length);
  }
  return byId;
}

it('moves pools through their lives by the clock, in field and filter alike, with no sync in between', async () => {
  const market = await createMarket({ projectCount: 0, poolCount: 0, investmentCount: 0 });
  const gateway = startGateway(market);
  const at = (minutes: number) => market.startAt + minutes * MINUTE;
  const pool = (name: string, fields: object) =>
    market.putPool(name, {
      ...{
        project_id: 'prj',
        pool_name: name,
        pool_type: 'public',
        blockchain: 'bsc',
        payment_token: 'USDT',
      },
      ...{ token_price: '1', total_tokens: '10', sold_tokens: '0', total_raised: '0', min_allocation: '1' },
      ...{ participant_count: 0, sale_start: at(30), sale_end: at(40), status: 'upcoming', ...fields },
    });
  await pool('whole life', { registration_start: at(10), registration_end: at(20) });
  await pool('no registration', {});
  await pool('registration until the sale', { registration_start: at(10) });
  await pool('registration into the sale', { registration_start: at(10), registration_end: at(35) });
  await pool('only an end of registration', { registration_end: at(20) });
  await pool('called off', { registration_start: at(10), registration_end: at(20), status: 'cancelled' });
  await pool('sold out early', { sale_start: at(-5), status: 'completed' });
  await gateway.scheduled(CRONS.pools);

  const [up, reg, on, done] = ['UPCOMING', 'REGISTRATION', 'ACTIVE', 'COMPLETED'];
  const fixed = ['CANCELLED', done];
  for (const [seconds, ...expected] of [
    [0, up, up, up, up, up],
    [10 * MINUTE - 1, up, up, up, up, up],
    [1, reg, up, reg, reg, up],
    [10 * MINUTE - 1, reg, up, reg, reg, up],
    [1, up, up, reg, reg, up],
    [10 * MINUTE - 1, up, up, reg, reg, up],
    [1, on, on, on, on, on],
    [10 * MINUTE - 1, on, on, on, on, on],
    [1, done, done, done, done, done],
  ] as const) {
    await gateway.advance(seconds);
    expect([...(await statuses(gateway))].sort(), `after ${seconds} s more`).toEqual(
      [
        ['whole life', expected[0]],
        ['no registration', expected[1]],
        ['registration until the sale', expected[2]],
        ['registration into the sale', expected[3]],
        ['only an end of registration', expected[4]],
        ['called off', fixed[0]],
        ['sold out early', fixed[1]],
      ].sort(),
    );
  }
});

it('says of every pool of a market what upstream says, long after the last sync', async () => {
  const market = await createMarket({ projectCount: 20, poolCount: 60, investmentCount: 0 });
  const gateway = startGateway(market);
  await gateway.scheduled(CRONS.pools);
  // Only upstream knows that one is cancelled or sold out: those are left out once they have become so.
  const untold = new Set<string>();
  let changed = 0;
  let before = await statuses(gateway);
  for (const minutes of [5, 7, 20, 31, 45, 90, 600, 3_000]) {
    await gateway.advance(minutes * MINUTE);
    const now = Date.now() / 1000;
    const { pools } = await market.records();
    const found = await statuses(gateway);
    for (const pool of pools) {
      const early = pool.status === 'completed' && pool.sale_end > now;
      if (pool.status === 'cancelled' || early) untold.add(pool.id);
      if (untold.has(pool.id)) continue;
      expect(found.get(pool.id), pool.id).toBe(pool.status.toUpperCase());
      changed += Number(found.get(pool.id) !== before.get(pool.id));
    }
    before = found;
  }
  expect(changed).toBeGreaterThan(20);
});
