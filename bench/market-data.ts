/** The synced market, as values for the Workers that answer from memory. */
import { hourlyCloses } from '../src/storage/d1/hourly-closes.ts';
import type { Keyed } from '../src/storage/d1/keyset.ts';
import type { ProjectRow } from '../src/storage/d1/projects.ts';
import type { PriceSnapshot } from '../src/storage/kv/prices.ts';
import type { Workerd } from './workerd.ts';
import type { MarketInMemory } from './workers/market-in-memory.ts';

/** A page of the market list, and the row after it. */
const ROWS = 21;
const WEEK_SECONDS = 7 * 24 * 3600;

export async function marketInMemory({ miniflare }: Workerd, gateway: string): Promise<MarketInMemory> {
  // Miniflare's own types name another build of the Workers types, which TypeScript loses half of.
  const db = (await miniflare.getD1Database('DB', gateway)) as unknown as D1Database;
  const page =
    "SELECT *, market_cap AS sort_key FROM project_cache WHERE status = 'live' ORDER BY market_cap DESC, id DESC LIMIT ?1";
  const { results: rows } = await db.prepare(page).bind(ROWS).all<Keyed<ProjectRow>>();
  const counted = await db
    .prepare("SELECT count(*) AS total FROM project_cache WHERE status = 'live'")
    .first('total');
  const since = Math.floor(Date.now() / 1000) - WEEK_SECONDS - 3599;
  const symbols = rows.map(({ symbol }) => symbol);
  const closes = await hourlyCloses(db, symbols, since);
  const kv = (await miniflare.getKVNamespace('PRICES_KV', gateway)) as unknown as KVNamespace;
  const snapshot = await kv.get('prices', 'text');
  if (snapshot === null) throw new Error('the sync wrote no prices');
  return {
    rows,
    totalCount: Number(counted),
    snapshot: JSON.parse(snapshot) as PriceSnapshot,
    closes: Object.fromEntries(closes),
  };
}
