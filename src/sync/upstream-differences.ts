/**
 * Compares the edge's own investments in D1 with a whole list of the main API's.
 *
 * Only what has been at rest for a while is compared: a change that is on its way is no difference.
 */
import { type EdgeInvestmentRow, edgeInvestmentsAfter } from '../storage/d1/investments.ts';
import type { FoundNotice } from '../storage/d1/ledger-notices.ts';
import { toUnits } from '../storage/decimal-units.ts';
import type { InvestmentRecord } from '../upstream/main-api-records.ts';

const AT_REST_SECONDS = 300;
const ROWS_A_READ = 2_000;

interface Compared {
  /** All of the edge's own that the main API has. */
  records: readonly InvestmentRecord[];
  /** Unix seconds, before it was asked for them. */
  askedAt: number;
  /** False where its record was not read, or where the ledger has not taken it: D1 may be older then. */
  isComparable(investment: { id: string; pool_id: string }): boolean;
}

export async function upstreamDifferences(
  db: D1Database,
  { records, askedAt, isComparable }: Compared,
): Promise<FoundNotice[]> {
  const restsSince = askedAt - AT_REST_SECONDS;
  const unseen = new Map(records.map((record) => [record.id, record]));
  const found: FoundNotice[] = [];
  const notice = ({ id, pool_id }: { id: string; pool_id: string }, kind: string, detail: string) =>
    found.push({ pool_id, kind, investment_id: id, detail });

  for (let after = ''; ; ) {
    const rows = await edgeInvestmentsAfter(db, after, ROWS_A_READ);
    for (const row of rows) {
      const record = unseen.get(row.id);
      unseen.delete(row.id);
      if (!isComparable(row) || !isAtRest(row, restsSince)) continue;
      const detail = difference(row, record);
      if (detail !== null) notice(row, 'upstream_differs', detail);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < ROWS_A_READ) break;
    after = last.id;
  }
  for (const record of unseen.values())
    if (record.updated_at <= restsSince && isComparable(record))
      notice(record, 'unknown_investment', 'The main API has an investment that no ledger knows.');

  return found;
}

/** All calls for a row are answered if its last change is older than the oldest call that is not. */
const isAtRest = (row: EdgeInvestmentRow, restsSince: number) =>
  row.updated_at <= restsSince &&
  (row.ledger_outbox_since === null || row.updated_at < row.ledger_outbox_since);

/** For a person to read; null if both say the same. */
export function difference(row: EdgeInvestmentRow, record: InvestmentRecord | undefined): string | null {
  // The main API stores nothing of an investment that it has refused from the beginning.
  if (record === undefined)
    return row.status === 'failed'
      ? null
      : `The ledger says ${row.status}, and the main API has no such investment.`;
  if (record.status !== row.status)
    return `The ledger says ${row.status}, and the main API ${record.status}.`;
  for (const name of ['user_id', 'pool_id'] as const)
    if (record[name] !== row[name]) return `The main API has another ${name}.`;
  for (const name of ['investment_amount', 'token_amount'] as const)
    if (toUnits(record[name]) !== toUnits(row[name]))
      return `The ledger says ${name} ${row[name]}, and the main API ${record[name]}.`;
  return null;
}
