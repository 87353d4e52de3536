import { investmentsByIds, investmentWrites } from '../storage/d1/investments.ts';
import type { InvestmentRecord } from '../upstream/main-api-records.ts';
import { recordJobs } from './changed-records.ts';
import { everyQuarter } from './job.ts';
import { saleFeedEffect } from './sale-feed-effects.ts';

export const investmentJobs = recordJobs<InvestmentRecord>({
  name: 'investments',
  schedule: everyQuarter,
  effects: [saleFeedEffect],
  read: (mainApi, sinceSeconds) => mainApi.syncInvestments(sinceSeconds),
  stored: async (db, ids) => new Map((await investmentsByIds(db, ids)).map((row) => [row.id, row])),
  writes: investmentWrites,
});
