/** Reads of the alerts about accounts, payments, pools and ledgers. Each reads few rows, however large the tables are. */
import { DISAGREEMENT_KINDS } from './ledger-notices.ts';

const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const LEDGERS_MAX = 20;
const POOLS_MAX = 20;
const NOTICES_MAX = 200;
/** Payments are brought to D1 within a quarter of an hour of their decision. */
const PAYMENT_HOURS = 2;
const PAYMENTS_KEPT_HOURS = 48;

export interface OpenedAccounts {
  /** Accounts opened since `afterRowId`; 0 if that is null. */
  opened: number;
  /** The place of the newest account, from which the next read goes on; 0 where there is none. */
  lastRowId: number;
}

/**
 * Reads the new rows alone. Accounts that were erased are not counted, and of the newest ones a new account may have the
 * place.
 */
export async function accountsOpened(db: D1Database, afterRowId: number | null): Promise<OpenedAccounts> {
  const row = await db
    .prepare(
      `SELECT (SELECT coalesce(max(rowid), 0) FROM user_account) AS lastRowId,
         iif(?1 IS NULL, 0, (SELECT count(*) FROM user_account WHERE rowid > ?1)) AS opened`,
    )
    .bind(afterRowId)
    .first<OpenedAccounts>();
  if (row === null) throw new Error('D1 counted no accounts');
  return row;
}

export interface PaymentHour {
  /** Unix hours, by the time of the decision. */
  hour: number;
  confirmed: number;
  failed: number;
}

export async function recentPayments(db: D1Database, nowSeconds: number): Promise<PaymentHour[]> {
  const { results } = await db
    .prepare(`SELECT hour, confirmed, failed FROM payment_count WHERE hour >= ?1
         AND typeof(confirmed) = 'integer' AND typeof(failed) = 'integer' ORDER BY hour LIMIT 10`)
    .bind(Math.floor(nowSeconds / HOUR_SECONDS) - PAYMENT_HOURS)
    .all<PaymentHour>();
  return results;
}

export const expiredPaymentCountsDelete = (db: D1Database, nowSeconds: number): D1PreparedStatement =>
  db
    .prepare('DELETE FROM payment_count WHERE hour < ?1')
    .bind(Math.floor(nowSeconds / HOUR_SECONDS) - PAYMENTS_KEPT_HOURS);

export interface WaitingLedger {
  poolId: string;
  /** When the oldest call that the ledger has yet to make was recorded, in Unix seconds. */
  since: number;
}

/** Those that have waited the longest. */
export async function waitingLedgers(db: D1Database): Promise<WaitingLedger[]> {
  const { results } = await db
    .prepare(
      `SELECT id AS poolId, ledger_outbox_since AS since FROM ido_pool_cache
       WHERE ledger_revision IS NOT NULL AND typeof(ledger_outbox_since) = 'integer'
       ORDER BY ledger_outbox_since LIMIT ${LEDGERS_MAX}`,
    )
    .all<WaitingLedger>();
  return results;
}

export interface DisagreementCount {
  poolId: string;
  kind: string;
  notices: number;
}

/** Counts the notices of the last day, of the latest two hundred. */
export async function recentDisagreements(db: D1Database, nowSeconds: number): Promise<DisagreementCount[]> {
  const { results } = await db
    .prepare(
      `SELECT pool_id AS poolId, kind, count(*) AS notices FROM (
         SELECT pool_id, kind FROM ledger_notice WHERE noticed_at >= ?1 ORDER BY noticed_at DESC LIMIT ${NOTICES_MAX})
       WHERE kind IN (SELECT value FROM json_each(?2)) GROUP BY pool_id, kind ORDER BY pool_id, kind`,
    )
    .bind(nowSeconds - DAY_SECONDS, JSON.stringify(DISAGREEMENT_KINDS))
    .all<DisagreementCount>();
  return results;
}

export interface PoolParticipation {
  poolId: string;
  /** Through the edge. */
  registered: number;
  /** Those of them who have an investment that has not failed. */
  participating: number;
}

/** Pools in the second half of their sale. It reads a few rows for each who has registered. */
export async function participationOfSales(db: D1Database, nowSeconds: number): Promise<PoolParticipation[]> {
  const { results } = await db
    .prepare(
      `WITH sale AS MATERIALIZED (
         SELECT id FROM ido_pool_cache
         WHERE sale_end > ?1 AND sale_start + (sale_end - sale_start) / 2 <= ?1
           AND status NOT IN ('cancelled', 'completed')
         ORDER BY sale_end LIMIT ${POOLS_MAX})
       SELECT sale.id AS poolId, count(*) AS registered, sum(EXISTS (
           SELECT 1 FROM user_investment_cache AS investment
           WHERE investment.user_id = member.user_id AND investment.pool_id = member.pool_id
             AND investment.status IN ('pending', 'confirmed', 'refunded'))) AS participating
       FROM sale CROSS JOIN pool_member AS member INDEXED BY pool_member_registered
         ON member.pool_id = sale.id AND member.registered_at IS NOT NULL
       GROUP BY sale.id`,
    )
    .bind(nowSeconds)
    .all<PoolParticipation>();
  return results;
}
