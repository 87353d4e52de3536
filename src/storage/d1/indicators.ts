/** The technical indicators that the nightly sync computes over daily closes. */
import { type IndicatorsRecord, indicatorsRecord } from '../kv/prices.ts';
import { defineTable, integer, json, text } from './columns.ts';

export const indicatorTable = defineTable({
  name: 'price_indicator',
  columns: { symbol: text, indicators: json<IndicatorsRecord>(), computed_at: integer },
  key: ['symbol'],
});

/** One D1 call. */
export async function indicatorsBySymbols(
  db: D1Database,
  symbols: readonly string[],
): Promise<Map<string, IndicatorsRecord>> {
  const sql =
    'SELECT symbol, indicators FROM price_indicator WHERE symbol IN (SELECT value FROM json_each(?1))';
  const { results } = await db
    .prepare(sql)
    .bind(JSON.stringify(symbols))
    .all<{ symbol: string; indicators: string }>();
  return new Map(results.map((row) => [row.symbol, indicatorsRecord.parse(JSON.parse(row.indicators))]));
}

export const indicatorWrites = (
  db: D1Database,
  indicators: ReadonlyMap<string, IndicatorsRecord>,
  nowSeconds: number,
) => {
  const rows = Array.from(indicators, ([symbol, record]) => ({
    symbol,
    indicators: JSON.stringify(record),
    computed_at: nowSeconds,
  }));
  return indicatorTable.writes(db, rows, nowSeconds);
};
