/** What the gateway has synced, as far as mixed traffic names it. */
import { encodeGlobalId } from '../schema/global-ids.ts';
import type { Catalog } from './asked-operations.ts';
import type { Workerd } from './workerd.ts';

export async function readCatalog({ miniflare }: Workerd, gateway: string): Promise<Catalog> {
  const db = (await miniflare.getD1Database('DB', gateway)) as unknown as D1Database;
  const texts = async (sql: string): Promise<string[]> =>
    (await db.prepare(sql).all<{ text: string }>()).results.map(({ text }) => text);
  const live = "FROM project_cache WHERE status = 'live'";
  return {
    symbols: await texts(
      `SELECT symbol AS text ${live} GROUP BY symbol ORDER BY max(market_cap) DESC, symbol`,
    ),
    slugs: await texts(`SELECT slug AS text ${live} GROUP BY slug ORDER BY max(market_cap) DESC, slug`),
    categories: await texts(
      `SELECT category AS text ${live} GROUP BY category ORDER BY count(*) DESC, category`,
    ),
    poolIds: (await texts('SELECT id AS text FROM ido_pool_cache ORDER BY id')).map((id) =>
      encodeGlobalId('IdoPool', id),
    ),
  };
}
