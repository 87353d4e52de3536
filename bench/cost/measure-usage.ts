/** What counting uses in D1 costs: what isolates append in an hour, and what the cleanup makes of it. */
import { appendCounts, type UsageCount } from '../../src/storage/d1/operation-usage.ts';
import { foldFlushes } from '../../src/storage/d1/operation-usage-folding.ts';
import { type BindingCounts, countedD1, noCounts } from '../../test/support/counted-bindings.ts';

/** For each flush, its share of the fold in it. */
export interface UsageCost {
  d1RowsRead: number;
  d1RowsWritten: number;
}

const KEYS = 10;
/** Of one hour: fewer than many isolates write, so that a flush's share of the fold is rather too large. */
const FLUSHES = 600;

export async function measureUsageWrites(db: D1Database): Promise<UsageCost> {
  const counts: BindingCounts = noCounts();
  const counted = countedD1(db, counts);
  const usage: UsageCount[] = Array.from({ length: KEYS }, (_, index) => ({
    operationId: `sha256:measured-${index}`,
    client: 'ios',
    version: '5.2.0',
    day: 1,
    count: 1,
    firstSeen: 1,
    lastSeen: 2,
  }));
  await appendCounts(counted, { usage, refusals: [] });
  await foldFlushes(counted);
  // From here on as in most hours: the day has its rows already.
  Object.assign(counts, noCounts());
  for (let flush = 0; flush < FLUSHES; flush += 1) await appendCounts(counted, { usage, refusals: [] });
  await foldFlushes(counted);
  await db.prepare("DELETE FROM operation_usage WHERE operation_id LIKE 'sha256:measured-%'").run();
  return { d1RowsRead: counts.d1RowsRead / FLUSHES, d1RowsWritten: counts.d1RowsWritten / FLUSHES };
}
