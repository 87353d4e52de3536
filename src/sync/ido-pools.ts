import Big from 'big.js';
import { type IdoPoolWriteRow, idoPoolWrites } from '../storage/d1/ido-pools.ts';
import type { MainApi } from '../upstream/main-api.ts';
import type { PoolRecord } from '../upstream/main-api-records.ts';
import type { RecordSource } from './changed-records.ts';

/** Sold of total in percent, 0 to 100; 0 where there is nothing to sell. Amounts are exact decimals. */
export function progressPercent(soldTokens: string, totalTokens: string): number {
  const total = new Big(totalTokens);
  if (total.eq(0)) return 0;
  const percent = new Big(soldTokens).times(100).div(total).toNumber();
  return Math.min(100, Math.max(0, percent));
}

export const idoPoolRow = (record: PoolRecord): IdoPoolWriteRow => ({
  ...record,
  progress_percent: progressPercent(record.sold_tokens, record.total_tokens),
  total_raised_real: Number(record.total_raised),
});

export const idoPoolSource = (db: D1Database, mainApi: MainApi): RecordSource<PoolRecord> => ({
  db,
  read: mainApi.syncPools,
  writes: (records, nowSeconds) => idoPoolWrites(db, records.map(idoPoolRow), nowSeconds),
});
