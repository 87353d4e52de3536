import { poolKeyOf } from '../investing/pool-key.ts';
import { investmentsByIds, investmentWrites } from '../storage/d1/investments.ts';
import { sortableUnits, toUnits } from '../storage/decimal-units.ts';
import type { InvestmentRecord } from '../upstream/main-api-records.ts';
import { recordJobs } from './changed-records.ts';
import { everyQuarter } from './job.ts';
import { saleFeedEffect } from './sale-feed-effects.ts';

export const investmentJobs = recordJobs<InvestmentRecord>({
  name: 'investments',
  schedule: everyQuarter,
  effects: [saleFeedEffect],
  read: (mainApi, sinceSeconds) => mainApi.syncInvestments(sinceSeconds),
  stored: async (db, ids) =>
    new Map((await investmentsByIds(db, ids)).map((row) => [row.id, { ...row, sequence: null }])),
  writes: (db, records, nowSeconds) =>
    investmentWrites(db, records.filter(isMadeElsewhere).map(investmentRow), nowSeconds),
});

/** The ledgers write the others (`ledgers.ts`). */
const isMadeElsewhere = ({ id }: InvestmentRecord) => poolKeyOf(id) === null;

export const investmentRow = (record: InvestmentRecord) => ({
  ...record,
  total_claimed_units: sortableUnits(toUnits(record.total_claimed)),
});
