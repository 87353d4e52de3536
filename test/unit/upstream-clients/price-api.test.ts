import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPriceApi } from '../../../src/upstream/price-api.ts';
import { priceJson } from './records.ts';
import { clientOptions, json, type ScriptedAnswer, scriptedFetch, status } from './scripted-fetch.ts';

function priceApi(...answers: ScriptedAnswer[]) {
  const script = scriptedFetch(...answers);
  return { api: createPriceApi(clientOptions(script)), urls: () => script.requests.map(({ url }) => url) };
}

describe('a batch of prices', () => {
  test('asks for each symbol once, in upper case and encoded', async () => {
    const { api, urls } = priceApi(json({}));
    await api.batch(['btc', 'BTC', 'a&b', 'Ünï', ' ', 'x,y']);
    expect(urls()).toEqual(['https://upstream.example/prices/batch?symbols=BTC,A%26B,%C3%9CN%C3%8F']);
  });

  test('asks for 500 symbols a call', async () => {
    const symbols = Array.from({ length: 1_001 }, (_, index) => `S${index}`);
    const { api, urls } = priceApi(
      json({ S0: priceJson('S0') }),
      json({}),
      json({ S1000: priceJson('S1000') }),
    );
    expect([...(await api.batch(symbols)).prices.keys()]).toEqual(['S0', 'S1000']);
    expect(urls().map((url) => url.split(',').length)).toEqual([500, 500, 1]);
  });

  test('asks for nothing where there are no symbols', async () => {
    const { api, urls } = priceApi();
    expect((await api.batch([])).prices.size).toBe(0);
    expect(urls()).toEqual([]);
  });

  test('loses exactly the record that is bad', async () => {
    const { api } = priceApi(
      json({
        BTC: priceJson('BTC', { priceUsd: 'abc' }),
        ETH: priceJson('eth', { rank: null, exchanges: null }),
        SOL: priceJson('ADA'),
        XRP: priceJson('XRP', { priceUsd: -1 }),
      }),
    );
    const { prices, skipped } = await api.batch(['BTC', 'ETH', 'SOL', 'XRP', 'DOGE']);
    expect([...prices.keys()]).toEqual(['ETH']);
    expect(prices.get('ETH')).toMatchObject({ symbol: 'ETH', priceUsd: 100 });
    expect(prices.get('ETH')?.rank).toBeUndefined();
    expect(skipped.map(({ id }) => id)).toEqual(['BTC', 'SOL', 'XRP']);
  });

  test('drops what was not asked for', async () => {
    const { api } = priceApi(json({ BTC: priceJson('BTC'), DOGE: priceJson('DOGE') }));
    expect([...(await api.batch(['BTC'])).prices.keys()]).toEqual(['BTC']);
  });

  test.each([null, [], 'x', { unexpected: true }])('refuses another shape: %j', async (answer) => {
    const { api } = priceApi(json(answer));
    await expect(api.batch(['BTC'])).rejects.toMatchObject({ kind: 'malformed', api: 'price' });
  });

  test('keeps indicators with their nulls', async () => {
    const technicalIndicators = {
      rsi: 50,
      macd: null,
      movingAverages: { ma7: 1, ma25: null, ma50: null, ma200: null },
      support: 1,
      resistance: 2,
    };
    const { api } = priceApi(json({ BTC: priceJson('BTC', { technicalIndicators }) }));
    expect((await api.batch(['BTC'])).prices.get('BTC')?.technicalIndicators).toEqual(technicalIndicators);
  });
});

test('prices in a currency are asked for a hundred symbols a call', async () => {
  const symbols = Array.from({ length: 101 }, (_, index) => `S${index}`);
  const { api, urls } = priceApi(json({ S0: priceJson('S0', { price: 92 }) }), json({}));
  expect((await api.inCurrency(symbols, 'EUR')).prices.get('S0')).toMatchObject({ price: 92, priceUsd: 100 });
  expect(urls().map((url) => new URL(url).searchParams.get('currency'))).toEqual(['eur', 'eur']);
});

describe('an odd symbol among five hundred good ones', () => {
  const good = Array.from({ length: 500 }, (_, index) => `S${index}`);

  test.each([
    ['a trailing blank', 'BTC ', 'BTC'],
    ['a leading blank', ' BTC', 'BTC'],
    ['lower case', 'btc', 'BTC'],
    ['a line break', 'BTC\n', 'BTC'],
    ['a no-break space', '\u00a0BTC', 'BTC'],
  ])('with %s is asked for as it is named, and has its price', async (_, odd, name) => {
    const { api, urls } = priceApi(
      json({ S0: priceJson('S0') }),
      json({ [name]: priceJson(name) }),
      json({ [odd]: priceJson(odd) }),
    );
    const expected = new Set(['S0', name]);
    expect(new Set((await api.batch([...good, odd, 'BTC', odd])).prices.keys())).toEqual(expected);
    expect(urls()[1]).toMatch(/symbols=BTC$/);
    // Upstream may send it back as oddly.
    const { prices, skipped } = await api.batch([odd]);
    expect([[...prices], skipped]).toEqual([[['BTC', expect.objectContaining({ symbol: 'BTC' })]], []]);
  });

  test.each([
    ['empty', ''],
    ['blank', ' \t'],
    ['with a comma', 'A,B'],
    ['with NUL', 'A\0B'],
    ['with a line break within', 'A\nB'],
    ['longer than any', 'A'.repeat(201)],
  ])('that is %s is not asked for', async (_, odd) => {
    const { api, urls } = priceApi(json({ S0: priceJson('S0') }));
    const { prices, skipped } = await api.batch([odd, ...good]);
    expect([[...prices.keys()], skipped]).toEqual([['S0'], []]);
    expect(urls()).toHaveLength(1);
    expect(await api.history(odd, '7d', '1d')).toEqual({ records: [], skipped: [] });
    expect(urls()).toHaveLength(1);
  });

  test.each([
    ['finds another one for it', { ẞ: priceJson('ẞ'), SS: priceJson('SS') }, []],
    ['has null for it', { ODD: null }, ['ODD']],
    ['has nothing for it', {}, []],
  ])('costs nothing if upstream %s', async (_, answer, refused) => {
    const { api } = priceApi(json({ S0: priceJson('S0') }), json(answer));
    const { prices, skipped } = await api.batch([...good, 'odd']);
    expect([...prices.keys()]).toEqual(['S0']);
    expect(skipped.map(({ id }) => id)).toEqual(refused);
  });
});

test('any symbols are asked for in URLs that servers take, each once, whatever their characters', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'binary', maxLength: 210 }), { maxLength: 60 }),
      async (symbols) => {
        const { api, urls } = priceApi(...Array.from({ length: 60 }, () => json({})));
        expect(await api.batch(symbols)).toMatchObject({ prices: new Map(), skipped: [] });
        const asked = urls().flatMap((url) => (new URL(url).searchParams.get('symbols') ?? '').split(','));
        expect(new Set(asked).size).toBe(asked.length);
        for (const url of urls()) expect(url.length).toBeLessThan(8_000);
        for (const symbol of asked) expect(symbol).toMatch(/^[^,\p{Cc}]+$/u);
        for (const symbol of asked) expect(symbol).toBe(symbol.trim());
      },
    ),
  );
});

describe('price history', () => {
  const candle = { time: 1_700_000_000, open: 2, high: 3, low: 1, close: 2 };

  test('gives candles and loses exactly the bad one', async () => {
    const { api, urls } = priceApi(
      json([candle, { ...candle, close: 'abc' }, { ...candle, high: 1.5 }, { ...candle, volume: 9 }]),
    );
    const { records, skipped } = await api.history('btc/x', '30d', '1h');
    expect(records.map(({ volume }) => volume)).toEqual([null, 9]);
    expect(skipped.map(({ index }) => index)).toEqual([1, 2]);
    expect(urls()).toEqual(['https://upstream.example/prices/btc%2Fx/history?period=30d&interval=1h']);
  });

  test('is empty for a symbol that the price API does not know', async () => {
    expect(await priceApi(status(404)).api.history('NOPE', '7d', '1d')).toEqual({ records: [], skipped: [] });
  });

  test('that is no list is refused', async () => {
    const answer = priceApi(json({ unexpected: true })).api.history('BTC', '7d', '1d');
    await expect(answer).rejects.toMatchObject({ kind: 'malformed' });
  });
});
