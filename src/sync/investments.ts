import { investmentWrites } from '../storage/d1/investments.ts';
import type { InvestmentRecord } from '../upstream/main-api-records.ts';
import { recordJobs } from './changed-records.ts';
import { everyQuarter } from './job.ts';
import { saleFeedEffect } from './sale-feed-effects.ts';

export const investmentJobs = recordJobs<InvestmentRecord>({
  name: 'investments',
  schedule: everyQuarter,
  effects: [saleFeedEffect],
  read: (mainApi, sinceSeconds) => mainApi.syncInvestments(sinceSeconds),
  writes: investmentWrites,
});
