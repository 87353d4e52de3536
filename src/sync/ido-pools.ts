import Big from 'big.js';
import { type IdoPoolWriteRow, idoPoolWrites, storedIdoPools } from '../storage/d1/ido-pools.ts';
import type { PoolRecord } from '../upstream/main-api-records.ts';
import { recordJobs } from './changed-records.ts';
import { everyQuarter } from './job.ts';
import { saleFeedEffect } from './sale-feed-effects.ts';

export const poolJobs = recordJobs<PoolRecord>({
  name: 'pools',
  schedule: everyQuarter,
  cacheTag: 'pools',
  effects: [saleFeedEffect],
  read: (mainApi, sinceSeconds) => mainApi.syncPools(sinceSeconds),
  stored: storedIdoPools,
  writes: (db, records, nowSeconds) => idoPoolWrites(db, records.map(idoPoolRow), nowSeconds),
});

/** Sold of total in percent, 0 to 100; 0 where there is nothing to sell. Amounts are exact decimals. */
export function progressPercent(soldTokens: string, totalTokens: string): number {
  const total = new Big(totalTokens);
  if (total.eq(0)) return 0;
  const percent = new Big(soldTokens).times(100).div(total).toNumber();
  return Math.min(100, Math.max(0, percent));
}

export const idoPoolRow = (record: PoolRecord): IdoPoolWriteRow => ({
  ...record,
  upstream_sold_tokens: record.sold_tokens,
  upstream_total_raised: record.total_raised,
  upstream_participant_count: record.participant_count,
  progress_percent: progressPercent(record.sold_tokens, record.total_tokens),
  total_raised_real: Number(record.total_raised),
});
