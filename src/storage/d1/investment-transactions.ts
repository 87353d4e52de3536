/**
 * Payments, claims and refunds of each user. Triggers on the rows of investments write them (migration 0023), and the
 * ledger of a pool writes the claims that users make here. Times are in Unix seconds.
 */
import { countRows, type Keyed, keysetPage, type PageStart } from './keyset.ts';

export type TransactionKind = 'payment' | 'claim' | 'refund';

export interface TransactionRow {
  id: string;
  investment_id: string;
  kind: TransactionKind;
  /** Of a claim: how much has been claimed of the investment in all with it, in units of 10^-18. Else null. */
  level_units: string | null;
  /** The level of the claim before it; null if it is the first. */
  lower_units: string | null;
  /** Of a claim: the symbol of the pool's project; null if that is not known. */
  sale_symbol: string | null;
  occurred_at: number;
}

const COLUMNS = `id, investment_id, kind, level_units, occurred_at,
  (SELECT max(level_units) FROM investment_transaction AS lower
   WHERE lower.investment_id = investment_transaction.investment_id AND lower.level_units IS NOT NULL
     AND lower.level_units < investment_transaction.level_units) AS lower_units,
  CASE kind WHEN 'claim' THEN
    (SELECT symbol FROM user_investment_cache AS investment
     JOIN ido_pool_cache AS pool ON pool.id = investment.pool_id
     JOIN project_cache AS project ON project.id = pool.project_id
     WHERE investment.id = investment_transaction.investment_id) END AS sale_symbol`;

export interface TransactionPageQuery extends PageStart {
  userId: string;
  limit: number;
}

/** Newest first. One D1 call. */
export const transactionPage = (
  db: D1Database,
  { userId, after, offset, limit }: TransactionPageQuery,
): Promise<Keyed<TransactionRow>[]> =>
  keysetPage<TransactionRow>(db, {
    table: 'investment_transaction',
    columns: COLUMNS,
    keyColumn: 'occurred_at',
    keyNullable: false,
    descending: true,
    after,
    offset,
    limit,
    filter: ['user_id = ?1'],
    filterValues: [userId],
    plan: 'range',
    indexedBy: 'INDEXED BY investment_transaction_user',
  });

export const countTransactions = (db: D1Database, userId: string): Promise<number> =>
  countRows(db, 'investment_transaction', ['user_id = ?1'], [userId]);
