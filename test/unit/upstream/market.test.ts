import { describe, expect, it } from 'vitest';
import { EXTRA_SYMBOLS } from '../../support/upstream/extra-symbols.ts';
import { hasSharedMarket } from '../../support/upstream/shared-market-files.ts';
import { ask, useUpstream } from './upstream-caller.ts';

const { market, url } = useUpstream();
const PROJECTS = '/internal/projects/sync';
const ROUTES = [
  PROJECTS,
  '/internal/ido/pools/sync',
  '/internal/ido/investments/sync',
  '/internal/projects/prj_bitcoin/detail',
  '/internal/ido/pools/pool_0002/eligible',
  '/internal/users/usr_0003/stats',
  '/prices/batch?symbols=BTC,ETH,ADA,PEPE2',
  '/prices?symbols=BTC,ADA&currency=jpy',
  '/prices/SOL?currency=eth',
  '/prices/SOL/history?period=7d&interval=1h',
];

describe('a market', () => {
  it('gives the same bytes for the same seed and clock, on every route', async () => {
    const [one, other, third] = [market(), market(), market({ seed: 2 })];
    for (const each of [one, other, third]) each.advance(4_321);
    for (const route of ROUTES) {
      const first = await ask(one, route);
      expect(first.status, route).toBe(200);
      expect((await ask(other, route)).text, route).toBe(first.text);
      expect((await ask(third, route)).text, route).not.toBe(first.text);
    }
  });

  it('says the same at a moment, however the clock got there', () => {
    const [steps, leap] = [market(), market()];
    for (let step = 0; step < 50; step++) {
      steps.advance(977);
      steps.records();
    }
    leap.advance(50 * 977);
    expect(steps.records()).toEqual(leap.records());
  });

  it('lists 250 live projects with unique slugs and symbols, awkward names and gaps among them', async () => {
    const { body } = await ask(market(), PROJECTS);
    expect(body).toHaveLength(250);
    expect(new Set(body.map((project: { slug: string }) => project.slug)).size).toBe(250);
    expect(new Set(body.map((project: { symbol: string }) => project.symbol)).size).toBe(250);
    expect(body.every((project: { status: string }) => project.status === 'live')).toBe(true);
    const names = body.map((project: { name: string }) => project.name);
    expect(names).toEqual(
      expect.arrayContaining(['Bitcoin', 'Éther Nova', '量子链', 'Зенит', "Satoshi's Garden"]),
    );
    const optional =
      'description tagline subcategory logo_url banner_url website_url twitter_url telegram_url github_url current_price price_change_24h price_change_7d price_change_30d market_cap volume_24h circulating_supply total_supply max_supply market_cap_rank trending_rank trending_score launch_date listing_date social';
    for (const field of optional.split(' ')) {
      const missing = body.filter((project: Record<string, unknown>) => project[field] == null).length;
      expect(missing, field).toBeGreaterThan(0);
      expect(missing, field).toBeLessThan(250);
    }
    for (const field of ['market_cap', 'price_change_24h', 'listing_date']) {
      const values = body
        .map((project: Record<string, unknown>) => project[field])
        .filter((value: unknown) => value != null);
      expect(new Set(values).size, `ties in ${field}`).toBeLessThan(values.length);
    }
    expect(body.filter((project: { trending_rank?: number }) => project.trending_rank != null)).toHaveLength(
      50,
    );
  });

  it('holds 5,000 projects of every status, with unique slugs and some shared symbols', async () => {
    const { body } = await ask(market({ projectCount: 5_000 }), PROJECTS);
    expect(body).toHaveLength(5_000);
    expect(new Set(body.map((project: { id: string }) => project.id)).size).toBe(5_000);
    expect(new Set(body.map((project: { slug: string }) => project.slug)).size).toBe(5_000);
    expect(new Set(body.map((project: { symbol: string }) => project.symbol)).size).toBeLessThan(5_000);
    const statuses = new Set(body.map((project: { status: string }) => project.status));
    expect(statuses).toEqual(new Set(['live', 'upcoming', 'paused', 'delisted']));
    expect(
      EXTRA_SYMBOLS.filter((symbol) => body.some((project: { symbol: string }) => project.symbol === symbol)),
    ).toEqual([]);
  });

  it('brings with `since` those that changed since, and within five minutes all of them', async () => {
    const one = market();
    const since = one.now();
    one.advance(60);
    const some = (await ask(one, `${PROJECTS}?since=${since}`)).body;
    expect(some.length).toBeGreaterThan(20);
    expect(some.length).toBeLessThan(100);
    const whole = (await ask(one, PROJECTS)).body;
    const expected = whole.filter((project: { updated_at: number }) => project.updated_at >= since);
    expect(expected).toEqual(expect.arrayContaining(some));
    one.advance(240);
    expect((await ask(one, `${PROJECTS}?since=${since}`)).body).toHaveLength(250);
  });

  it('keeps a project unchanged until its next update', async () => {
    const one = market();
    const before = (await ask(one, PROJECTS)).body;
    one.advance(100);
    const after = (await ask(one, PROJECTS)).body;
    for (const [index, project] of before.entries()) {
      const moved = after[index].updated_at > project.updated_at;
      expect(after[index].current_price !== project.current_price || project.current_price === null).toBe(
        moved || project.current_price === null,
      );
    }
  });

  it('refuses calls that do not say who they are, bad times and unknown routes', async () => {
    const one = market();
    expect((await fetch(one.mainApiUrl + PROJECTS)).status).toBe(401);
    expect((await ask(one, PROJECTS, { authorization: 'Bearer wrong' })).status).toBe(401);
    const stranger = await ask(one, PROJECTS, { 'user-agent': 'curl/8' });
    expect([stranger.status, stranger.body.code]).toEqual([400, 'BAD_REQUEST']);
    for (const since of ['abc', '-1', '1.5', ''])
      expect((await ask(one, `${PROJECTS}?since=${since}`)).status).toBe(400);
    expect((await ask(one, '/internal/nothing')).status).toBe(404);
    expect((await ask(one, '/internal/projects/prj_nobody/detail')).status).toBe(404);
    expect((await ask(one, '/internal/users/usr_nobody/stats')).status).toBe(404);
    expect((await fetch(`${url()}/no-market/main${PROJECTS}`)).status).toBe(404);
  });

  it('follows the real clock where asked to', () => {
    const seconds = Math.floor(Date.now() / 1000);
    expect(Math.abs(market({ live: true }).now() - seconds)).toBeLessThanOrEqual(1);
  });
});

const SOURCES = hasSharedMarket() ? (['made-up', 'shared'] as const) : (['made-up'] as const);
const DAY_SECONDS = 86_400;
const YEAR_OF_BITCOIN = '/prices/BTC/history?period=365d&interval=1d';

describe.each(SOURCES)('a %s market as it starts', (source) => {
  it('asks the prices that its projects are listed at', async () => {
    const started = market({ source });
    const listed = new Map(
      started.records().projects.map(({ symbol, current_price }) => [symbol, current_price]),
    );
    const { body } = await ask(started, '/prices/batch?symbols=BTC,ETH');
    // A project's own figures are a few minutes old.
    for (const symbol of ['BTC', 'ETH']) {
      expect(body[symbol].priceUsd / Number(listed.get(symbol))).toBeCloseTo(1, 1);
    }
  });

  it('has a year of days that end where it starts, wherever that is, and go on without a jump', async () => {
    for (const startAt of [1_708_263_277, 1_790_000_000]) {
      const started = market({ source, startAt });
      const days = (await ask(started, YEAR_OF_BITCOIN)).body;
      expect(days).toHaveLength(365);
      expect(days.at(-1).time).toBe(Math.floor(startAt / DAY_SECONDS) * DAY_SECONDS - DAY_SECONDS);
      started.advance(DAY_SECONDS);
      const [last, today] = (await ask(started, YEAR_OF_BITCOIN)).body.slice(-2);
      expect(last).toEqual(days.at(-1));
      expect(today.open).toBe(last.close);
    }
  });

  it('is that of the day it was recorded on, where it is recorded', async () => {
    const started = market({ source });
    const { body } = await ask(started, '/prices/batch?symbols=BTC,ETH,SATS');
    const days = (await ask(started, YEAR_OF_BITCOIN)).body;
    const recorded = started.source === 'shared';
    expect([body.BTC.priceUsd, body.ETH.priceUsd].every((price) => price > 0)).toBe(true);
    expect(body.BTC.priceUsd === 51_618 && body.ETH.priceUsd === 2_794.23).toBe(recorded);
    expect(body.SATS?.priceUsd === 5.17785e-7).toBe(recorded);
    expect(days.at(-1).close === 51_666.22 && days.at(-1).volume === 5_387.3486576).toBe(recorded);
  });
});
