/**
 * A price API with one price for every symbol. The price changes with each request for symbols that were all asked for
 * before: each poll finds news, and a feed that begins to watch a symbol finds none, which would be an event that nobody
 * asked for. Or else it changes by hand alone. It counts the requests for prices.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** With the half, every price is a text of as many characters. */
const FIRST_PRICE = 100_000.5;

export interface PriceSource {
  url: string;
  /** The number of requests for prices. */
  asked(): number;
  /** The price that it gave last. */
  price(): number;
  /** As a `POST` to its URL. */
  change(): void;
  close(): Promise<void>;
}

/** @param answersAfterMs the time that it takes for an answer. */
export async function startPriceSource(
  changes: 'with each poll' | 'by hand',
  answersAfterMs = 0,
): Promise<PriceSource> {
  let asked = 0;
  const known = new Set<string>();
  let changed = 0;
  let changedAtMs = Date.now();
  const change = () => {
    changed += 1;
    changedAtMs = Date.now();
  };
  const lastPrice = () => FIRST_PRICE + changed;
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      change();
      response.writeHead(204).end();
      return;
    }
    asked += 1;
    const { searchParams } = new URL(request.url ?? '/', 'http://price-source');
    const symbols = (searchParams.get('symbols') ?? '').split(',');
    const isPoll = symbols.every((symbol) => known.has(symbol));
    for (const symbol of symbols) known.add(symbol);
    if (changes === 'with each poll' && isPoll) change();
    const records = symbols.map((symbol) => [symbol, priceRecord(symbol, lastPrice(), changedAtMs)]);
    response.setHeader('content-type', 'application/json');
    const answer = () => response.end(JSON.stringify(Object.fromEntries(records)));
    if (answersAfterMs === 0) answer();
    else setTimeout(answer, answersAfterMs);
  });
  // Posts lie further apart than polls, and Node would close their connection meanwhile.
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: () => asked,
    price: lastPrice,
    change,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As test/contracts/upstream.md has it. */
const priceRecord = (symbol: string, price: number, changedAtMs: number) => ({
  symbol,
  price,
  priceUsd: price,
  change24h: -12.25,
  changePercent1h: 0.125,
  changePercent24h: -1.5,
  changePercent7d: 4.75,
  volume24h: 31_245_678_901,
  marketCap: 1_012_345_678_901,
  circulatingSupply: 19_600_000,
  rank: 1,
  lastUpdate: Math.floor(changedAtMs / 1000),
});
