import { describe, expect, it } from 'vitest';
import { EXTRA_SYMBOLS } from '../../support/upstream/extra-symbols.ts';
import { ask, useUpstream } from './upstream-caller.ts';

const { market, control } = useUpstream();

describe('prices', () => {
  it('change every five seconds, for every symbol', () => {
    const one = market();
    const symbols = one.records().projects.map((project) => project.symbol);
    for (const symbol of symbols) {
      const instrument = one.prices.find(symbol)?.instrument;
      let before = instrument?.priceAt(one.now());
      for (let step = 1; step <= 200; step++) {
        const price = instrument?.priceAt(one.now() + step * 5) ?? Number.NaN;
        expect(price > 0 && price !== before && Number.isFinite(price), symbol).toBe(true);
        before = price;
      }
    }
  });

  it('agree with their history: the last finished candle closes at the price of that instant', async () => {
    const one = market();
    one.moveTo(Math.ceil(one.now() / 86_400) * 86_400);
    for (const symbol of ['BTC', 'ADA', 'PEPE2']) {
      const { priceUsd, changePercent24h, changePercent1h, change24h } = (await ask(one, `/prices/${symbol}`))
        .body;
      const hours = (await ask(one, `/prices/${symbol}/history?period=7d&interval=1h`)).body;
      expect(hours).toHaveLength(168);
      expect(hours.at(-1)).toMatchObject({ time: one.now() - 3_600, close: priceUsd });
      expect(hours.at(-1).open).toBeCloseTo(priceUsd / (1 + changePercent1h / 100), 4);
      const days = (await ask(one, `/prices/${symbol}/history?period=30d&interval=1d`)).body;
      expect(days).toHaveLength(30);
      expect(days.at(-1).close).toBe(priceUsd);
      expect(days.at(-1).open).toBeCloseTo(priceUsd - change24h, 4);
      expect(days.at(-1).open).toBeCloseTo(priceUsd / (1 + changePercent24h / 100), 4);
      for (const [index, hour] of hours.entries()) {
        expect(hour.high).toBeGreaterThanOrEqual(Math.max(hour.open, hour.close));
        expect(hour.low).toBeLessThanOrEqual(Math.min(hour.open, hour.close));
        if (index > 0)
          expect(hour).toMatchObject({ time: hours[index - 1].time + 3_600, open: hours[index - 1].close });
      }
    }
  });

  it('know extra symbols, leave unknown ones out, and match in any case', async () => {
    const one = market();
    const { body } = await ask(one, `/prices/batch?symbols=btc,NOPE,${EXTRA_SYMBOLS.join(',')}`);
    expect(Object.keys(body)).toEqual(['BTC', ...EXTRA_SYMBOLS]);
    expect((await ask(one, '/prices/NOPE')).status).toBe(404);
    expect((await ask(one, '/prices/NOPE/history')).status).toBe(404);
    expect((await ask(one, '/prices/eth')).body.symbol).toBe('ETH');
  });

  it('are told in other currencies, amounts too', async () => {
    const one = market();
    const dollars = (await ask(one, '/prices/ETH')).body;
    const bitcoin = (await ask(one, '/prices/BTC')).body;
    const euros = (await ask(one, '/prices?symbols=ETH&currency=eur')).body.ETH;
    expect(euros.priceUsd).toBe(dollars.priceUsd);
    expect(euros.price / euros.priceUsd).toBeCloseTo(0.9278, 1);
    expect(euros.marketCap / dollars.marketCap).toBeCloseTo(euros.price / dollars.price, 6);
    expect(euros.changePercent24h).toBe(dollars.changePercent24h);
    const inBitcoin = (await ask(one, '/prices/ETH?currency=btc')).body;
    expect(inBitcoin.price).toBeCloseTo(dollars.priceUsd / bitcoin.priceUsd, 7);
    expect((await ask(one, '/prices/BTC?currency=btc')).body.price).toBe(1);
    expect((await ask(one, '/prices/BTC?currency=chf')).status).toBe(400);
  });

  it('come up to 500 in a batch, 100 otherwise, and only for periods there are', async () => {
    const one = market();
    const many = (count: number) => Array.from({ length: count }, (_, index) => `S${index}`).join(',');
    expect((await ask(one, `/prices/batch?symbols=${many(500)}`)).status).toBe(200);
    expect((await ask(one, `/prices/batch?symbols=${many(501)}`)).status).toBe(400);
    expect((await ask(one, `/prices?symbols=${many(100)}`)).status).toBe(200);
    expect((await ask(one, `/prices?symbols=${many(101)}`)).status).toBe(400);
    expect((await ask(one, '/prices/batch')).status).toBe(400);
    expect((await ask(one, '/prices/BTC/history?period=2d')).status).toBe(400);
    expect((await ask(one, '/prices/BTC/history?interval=5m')).status).toBe(400);
  });

  it('are incomplete for some symbols, never for the great ones', () => {
    const one = market();
    const all = one.records().projects.map(({ symbol }) => one.prices.price(symbol, 1, one.now()));
    const having = (field: 'exchanges' | 'technicalIndicators' | 'rank' | 'change7d') =>
      all.filter((price) => price?.[field] != null).length;
    expect(having('exchanges')).toBeGreaterThan(80);
    expect(having('exchanges')).toBeLessThan(170);
    expect(having('technicalIndicators')).toBeGreaterThan(2);
    expect(having('technicalIndicators')).toBeLessThan(30);
    expect(having('rank')).toBeLessThan(250);
    expect(having('change7d')).toBeLessThan(250);
    const [btc] = all;
    expect(btc?.technicalIndicators).toBeUndefined();
    expect(btc?.change7d).toEqual(expect.any(Number));
  });

  it('stay where they are pinned until they are let go', async () => {
    const one = market();
    const free = (await ask(one, '/prices/BTC')).body.priceUsd;
    await control('PUT', `/markets/${one.id}/prices/btc`, { priceUsd: 12_345 });
    expect((await ask(one, '/prices/BTC')).body).toMatchObject({ priceUsd: 12_345, lastUpdate: one.now() });
    one.advance(7_200);
    expect((await ask(one, '/prices/BTC')).body.priceUsd).toBe(12_345);
    expect((await ask(one, '/prices/BTC/history')).body.at(-1).close).toBe(12_345);
    await control('PUT', `/markets/${one.id}/prices/BTC`, { priceUsd: null });
    expect((await ask(one, '/prices/BTC')).body.priceUsd).toBeGreaterThan(free / 2);
  });
});
