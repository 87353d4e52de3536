import type { IndicatorsRecord } from '../kv/prices.ts';
import { type UpsertTable, upsertWrites } from './upsert-writes.ts';

interface IndicatorRow {
  symbol: string;
  /** JSON: IndicatorsRecord */
  indicators: string;
  computed_at: number;
}

const definition: UpsertTable<IndicatorRow> = {
  table: 'price_indicator',
  columns: ['symbol', 'indicators', 'computed_at'],
  key: ['symbol'],
};

/** Writes the indicators of every symbol given, with when they were computed. */
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
  return upsertWrites(db, definition, rows, nowSeconds);
};
