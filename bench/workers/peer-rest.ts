/**
 * The peer without GraphQL: one route for one list, its SQL and its mapping written by hand, over the
 * same D1 and price snapshot, and answers kept in KV by URL.
 */
import type { ProjectRow } from '../../src/storage/d1/projects.ts';
import type { PriceSnapshot } from '../../src/storage/kv/prices.ts';

const PAGE_SIZE = 20;
const ANSWER_SECONDS = 60;
const SNAPSHOT_SECONDS = 15;
const WEEK_SECONDS = 7 * 24 * 3600;

const COUNT = "SELECT count(*) AS total FROM project_cache WHERE status = 'live'";
const PAGE = `SELECT id, slug, name, symbol, logo_url, category, market_cap_rank, market_cap, volume_24h,
    price_change_7d FROM project_cache
  WHERE status = 'live' AND market_cap <= ?1 ORDER BY market_cap DESC, id DESC LIMIT ?2`;
const CLOSES = `SELECT symbol, closes FROM hourly_closes
  WHERE day > ?2 - 86400 AND symbol IN (SELECT value FROM json_each(?1)) ORDER BY symbol, day`;

let snapshot: { value: PriceSnapshot; readAtMs: number } | undefined;

async function prices(kv: KVNamespace): Promise<PriceSnapshot> {
  if (snapshot !== undefined && Date.now() - snapshot.readAtMs < SNAPSHOT_SECONDS * 1000)
    return snapshot.value;
  const value = await kv.get<PriceSnapshot>('prices', 'json');
  if (value === null) throw new Error('no prices were synced');
  snapshot = { value, readAtMs: Date.now() };
  return value;
}

async function list(env: Env, below: number): Promise<string> {
  const [[rows, count], { prices: priceOf }] = await Promise.all([
    env.DB.batch<ProjectRow & { total: number }>([
      env.DB.prepare(PAGE).bind(below, PAGE_SIZE + 1),
      env.DB.prepare(COUNT),
    ]),
    prices(env.PRICES_KV),
  ]);
  const found = rows?.results ?? [];
  const page = found.slice(0, PAGE_SIZE);
  const since = Math.floor(Date.now() / 1000) - WEEK_SECONDS - 3599;
  const closes = await env.DB.prepare(CLOSES)
    .bind(JSON.stringify(page.map(({ symbol }) => symbol)), since)
    .all<{ symbol: string; closes: string }>();
  const closesOf = Map.groupBy(closes.results, ({ symbol }) => symbol);
  return JSON.stringify({
    totalCount: count?.results[0]?.total,
    next: found.length > PAGE_SIZE ? page.at(-1)?.market_cap : null,
    projects: page.map((row) => {
      const price = priceOf[row.symbol];
      return {
        id: row.id,
        slug: row.slug,
        name: row.name,
        symbol: row.symbol,
        logoUrl: row.logo_url,
        category: row.category,
        marketCapRank: row.market_cap_rank,
        market: {
          marketCap: row.market_cap,
          volume24h: row.volume_24h,
          priceChange7d: row.price_change_7d,
        },
        price: price && {
          currency: 'USD',
          price: price.priceUsd,
          changePercent: price.changePercent24h ?? null,
          history: (closesOf.get(row.symbol) ?? [])
            .flatMap(({ closes }) => JSON.parse(closes) as [time: number, close: number][])
            .filter(([time]) => time >= since)
            .map(([time, close]) => ({ time: isoTime(time), price: close })),
          updatedAt: isoTime(price.lastUpdate),
        },
      };
    }),
  });
}

const isoTime = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

const answer = (body: string | ReadableStream, cache: 'HIT' | 'MISS') =>
  new Response(body, {
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': `public, max-age=${ANSWER_SECONDS}`,
      'Access-Control-Allow-Origin': '*',
      'X-Cache': cache,
    },
  });

export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (url.pathname !== '/projects') return new Response('not found', { status: 404 });
    const key = `rest:${url.pathname}${url.search}`;
    const kept = await env.CACHE_KV.get(key, 'stream');
    if (kept !== null) return answer(kept, 'HIT');
    const below = Number(url.searchParams.get('below') ?? Number.MAX_SAFE_INTEGER);
    const body = await list(env, below);
    ctx.waitUntil(env.CACHE_KV.put(key, body, { expirationTtl: ANSWER_SECONDS }));
    return answer(body, 'MISS');
  },
} satisfies ExportedHandler<Env>;
