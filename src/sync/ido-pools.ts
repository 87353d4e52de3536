import { type IdoPoolWriteRow, idoPoolWrites, storedIdoPools } from '../storage/d1/ido-pools.ts';
import { progressPercent } from '../storage/progress-percent.ts';
import type { PoolRecord } from '../upstream/main-api-records.ts';
import { recordJobs } from './changed-records.ts';
import { everyQuarter } from './job.ts';
import { saleFeedEffect } from './sale-feed-effects.ts';
import { unknownDecimalsEffect } from './unknown-decimals.ts';

export const poolJobs = recordJobs<PoolRecord>({
  name: 'pools',
  schedule: everyQuarter,
  cacheTag: 'pools',
  effects: [saleFeedEffect, unknownDecimalsEffect],
  read: (mainApi, sinceSeconds) => mainApi.syncPools(sinceSeconds),
  stored: storedIdoPools,
  writes: (db, records, nowSeconds) => idoPoolWrites(db, records.map(idoPoolRow), nowSeconds),
});

export const idoPoolRow = (record: PoolRecord): IdoPoolWriteRow => ({
  ...record,
  upstream_sold_tokens: record.sold_tokens,
  upstream_total_raised: record.total_raised,
  upstream_participant_count: record.participant_count,
  progress_percent: progressPercent(record.sold_tokens, record.total_tokens),
  total_raised_real: Number(record.total_raised),
});
