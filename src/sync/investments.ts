import { investmentWrites } from '../storage/d1/investments.ts';
import type { MainApi } from '../upstream/main-api.ts';
import type { InvestmentRecord } from '../upstream/main-api-records.ts';
import type { RecordSource } from './changed-records.ts';

export const investmentSource = (db: D1Database, mainApi: MainApi): RecordSource<InvestmentRecord> => ({
  db,
  read: mainApi.syncInvestments,
  writes: (records, nowSeconds) => investmentWrites(db, records, nowSeconds),
});
