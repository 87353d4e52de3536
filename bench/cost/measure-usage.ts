/** What counting uses in D1 costs: a flush of an isolate adds to rows that exist already, a day has few new ones. */
import { addCounts, type UsageCount } from '../../src/storage/d1/operation-usage.ts';
import { type BindingCounts, countedD1, noCounts } from '../../test/support/counted-bindings.ts';

/** For each row of a flush. */
export interface UsageCost {
  d1RowsRead: number;
  d1RowsWritten: number;
}

const ROWS = 10;

export async function measureUsageWrites(db: D1Database): Promise<UsageCost> {
  const counts: BindingCounts = noCounts();
  const counted = countedD1(db, counts);
  const usage: UsageCount[] = Array.from({ length: ROWS }, (_, index) => ({
    operationId: `sha256:measured-${index}`,
    client: 'ios',
    version: '5.2.0',
    day: 1,
    count: 1,
    firstSeen: 1,
    lastSeen: 2,
  }));
  await addCounts(counted, { usage, refusals: [] });
  Object.assign(counts, noCounts());
  await addCounts(counted, { usage, refusals: [] });
  await db.prepare("DELETE FROM operation_usage WHERE operation_id LIKE 'sha256:measured-%'").run();
  return { d1RowsRead: counts.d1RowsRead / ROWS, d1RowsWritten: counts.d1RowsWritten / ROWS };
}
