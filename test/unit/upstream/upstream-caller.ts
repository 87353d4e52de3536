import { afterAll, beforeAll } from 'vitest';
import type { Market, MarketOptions } from '../../support/upstream/market.ts';
import { startUpstream, type Upstream } from '../../support/upstream/server.ts';

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: assertions read answers of every shape
  body: any;
}

/** One server a test file; markets are made up so that every machine sees the same. */
export function useUpstream() {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
  });
  afterAll(() => upstream.close());
  return {
    url: () => upstream.url,
    market: (options: MarketOptions = {}) => upstream.createMarket({ source: 'made-up', ...options }),
    control: (method: string, path: string, body?: unknown) =>
      call(`${upstream.url}/control${path}`, method, {}, body),
  };
}

export function ask(market: Market, url: string, headers: Record<string, string> = {}): Promise<Answer> {
  const base = url.startsWith('/prices') ? market.priceApiUrl : market.mainApiUrl;
  return call(base + url, 'GET', { ...identity(market), ...headers });
}

export function hand(market: Market, url: string, key: string, body: unknown): Promise<Answer> {
  return call(market.mainApiUrl + url, 'POST', { ...identity(market), 'idempotency-key': key }, body);
}

function identity(market: Market): Record<string, string> {
  return { authorization: `Bearer ${market.apiKey}`, 'user-agent': 'COM2000-Worker/1.0' };
}

async function call(
  url: string,
  method: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Answer> {
  const payload = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url, { method, headers, ...payload });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: tryJson(text) };
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const POOL = 'pool_0001';

/** An investment of the edge's in `POOL` that is not paid yet. */
export function reservation(one: Market, changes: Record<string, unknown> = {}) {
  return {
    id: 'edge_1',
    user_id: 'usr_edge',
    pool_id: POOL,
    investment_amount: '99',
    token_amount: '100',
    token_price: '0.99',
    payment_token: 'USDC',
    status: 'pending',
    invested_at: one.now(),
    updated_at: one.now(),
    sequence: 1,
    ...changes,
  };
}
