/**
 * The rows with which a pool's ledger shows its state in D1.
 *
 * Guaranteed: a row never goes back. A batch that D1 runs late, after a newer one, changes nothing that the newer one has
 * written: each row has a revision, or its batch has a number. Times are in Unix seconds, amounts are decimals.
 */
import { sortableUnits, toUnits } from '../decimal-units.ts';
import { type InvestmentRow, investmentTable } from './investments.ts';
import { jsonChunks } from './json-chunks.ts';

/** The columns of `ido_pool_cache` that the ledger owns. */
export interface PoolFigures {
  pool_id: string;
  sold_tokens: string;
  total_raised: string;
  participant_count: number;
  progress_percent: number;
  total_raised_real: number;
  ledger_revision: number;
  ledger_sequence: number;
  ledger_hash: string;
  ledger_recorded_at: number;
  /** When the oldest unanswered call of the main API was recorded. */
  ledger_outbox_since: number | null;
}

/** A row of `pool_member`. */
export interface MemberRow {
  user_id: string;
  registered_at: number | null;
  blocked_until: number;
  revision: number;
}

/** A row of `told_payment`. It never changes. */
export interface ToldPaymentRow {
  transaction_hash: string;
  investment_id: string;
  blockchain: string;
  user_id: string;
  told_at: number;
}

/** How much of an investment that was made elsewhere has been claimed, the edge's claims included. */
export interface ClaimLevelRow {
  investment_id: string;
  claim_level: string;
}

/** A claim that the edge has asked for. */
export interface ClaimRow {
  id: string;
  investment_id: string;
  user_id: string;
  /** How much had been claimed in all with it. */
  level: string;
  requested_at: number;
  status: 'asked' | 'stored' | 'refused';
}

/** A row of `ledger_notice`. It never changes. */
export interface NoticeRow {
  notice_id: number;
  kind: string;
  investment_id: string | null;
  detail: string;
  noticed_at: number;
}

export interface LedgerRows {
  figures: PoolFigures | null;
  /** Each has a `revision`. */
  investments: readonly InvestmentRow[];
  members: readonly MemberRow[];
  toldPayments: readonly ToldPaymentRow[];
  claimLevels: readonly ClaimLevelRow[];
  claims: readonly ClaimRow[];
  notices: readonly NoticeRow[];
}

export interface LedgerBatch {
  poolId: string;
  /** Grows with each batch of the pool. */
  number: number;
  nowSeconds: number;
}

/** Statements for one batch. */
export function ledgerWrites(db: D1Database, batch: LedgerBatch, rows: LedgerRows): D1PreparedStatement[] {
  const { poolId, number, nowSeconds } = batch;
  const each = (sql: string, tuples: readonly unknown[][], ...values: (string | number)[]) =>
    jsonChunks(tuples).map((chunk) => db.prepare(sql).bind(chunk, ...values));
  const { figures, investments, members, toldPayments, claimLevels, claims, notices } = rows;
  const withoutRevision = [
    ...each(CLAIM_LEVELS, claimLevels.map(claimLevelTuple), poolId, number),
    ...each(CLAIMS, claims.filter(isNotRefused).map(claimTuple), poolId, number),
    ...each(
      REFUSED_CLAIMS,
      claims.filter((claim) => !isNotRefused(claim)).map(({ id }) => [id]),
      poolId,
      number,
    ),
  ];
  return [
    ...(withoutRevision.length === 0 ? [] : [db.prepare(BATCH_NUMBER).bind(poolId, number)]),
    ...each(INVESTMENTS, investments.map(investmentTuple), nowSeconds),
    ...each(MEMBERS, members.map(memberTuple), poolId),
    ...each(TOLD_PAYMENTS, toldPayments.map(toldPaymentTuple)),
    ...withoutRevision,
    ...each(NOTICES, notices.map(noticeTuple), poolId),
    ...(figures === null ? [] : [db.prepare(FIGURES).bind(...figuresTuple(figures))]),
  ];
}

const INVESTMENT_COLUMNS = Object.keys(investmentTable.columns) as (keyof InvestmentRow)[];
const investmentTuple = (row: InvestmentRow) => [
  ...INVESTMENT_COLUMNS.map((column) => row[column]),
  sortableUnits(toUnits(row.total_claimed)),
];
const INVESTMENTS = `INSERT INTO user_investment_cache (${INVESTMENT_COLUMNS.join(', ')}, total_claimed_units, created_at)
  SELECT ${[...INVESTMENT_COLUMNS, 'total_claimed_units'].map((_, index) => `value ->> ${index}`).join(', ')}, ?2
  FROM json_each(?1) WHERE ?2 IS NOT NULL
  ON CONFLICT (id) DO UPDATE SET ${[...INVESTMENT_COLUMNS, 'total_claimed_units']
    .filter((column) => column !== 'id')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}
  WHERE user_investment_cache.revision IS NULL OR user_investment_cache.revision <= excluded.revision`;

const memberTuple = (row: MemberRow) => [row.user_id, row.registered_at, row.blocked_until, row.revision];
const MEMBERS = `INSERT INTO pool_member (pool_id, user_id, registered_at, blocked_until, revision)
  SELECT ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE ?2 IS NOT NULL
  ON CONFLICT (user_id, pool_id) DO UPDATE SET registered_at = excluded.registered_at,
    blocked_until = excluded.blocked_until, revision = excluded.revision
  WHERE pool_member.revision <= excluded.revision`;

const toldPaymentTuple = (row: ToldPaymentRow) => [
  row.transaction_hash,
  row.investment_id,
  row.blockchain,
  row.user_id,
  row.told_at,
];
const TOLD_PAYMENTS = `INSERT OR IGNORE INTO told_payment (transaction_hash, investment_id, blockchain, user_id, told_at)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)`;

const BATCH_NUMBER = `INSERT INTO ledger_batch (pool_id, number) VALUES (?1, ?2)
  ON CONFLICT (pool_id) DO UPDATE SET number = excluded.number WHERE excluded.number > ledger_batch.number`;
const IS_LATEST_BATCH = 'EXISTS (SELECT 1 FROM ledger_batch WHERE pool_id = ?2 AND number = ?3)';

const claimLevelTuple = (row: ClaimLevelRow) => [row.investment_id, row.claim_level];
const CLAIM_LEVELS = `UPDATE user_investment_cache SET claim_level = level.value ->> 1
  FROM json_each(?1) AS level
  WHERE user_investment_cache.id = level.value ->> 0 AND revision IS NULL AND ${IS_LATEST_BATCH}`;

const isNotRefused = ({ status }: ClaimRow) => status !== 'refused';
const claimTuple = (row: ClaimRow) => [
  row.id,
  row.user_id,
  row.investment_id,
  sortableUnits(toUnits(row.level)),
  row.requested_at,
];
const CLAIMS = `INSERT INTO investment_transaction (id, user_id, investment_id, kind, level_units, occurred_at)
  SELECT value ->> 0, value ->> 1, value ->> 2, 'claim', value ->> 3, value ->> 4
  FROM json_each(?1) WHERE ${IS_LATEST_BATCH}
  ON CONFLICT (id) DO UPDATE SET level_units = excluded.level_units`;
const REFUSED_CLAIMS = `DELETE FROM investment_transaction
  WHERE id IN (SELECT value ->> 0 FROM json_each(?1)) AND ${IS_LATEST_BATCH}`;

const noticeTuple = (row: NoticeRow) => [
  row.notice_id,
  row.kind,
  row.investment_id,
  row.detail,
  row.noticed_at,
];
const NOTICES = `INSERT OR IGNORE INTO ledger_notice (pool_id, notice_id, kind, investment_id, detail, noticed_at)
  SELECT ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?1)`;

const FIGURE_COLUMNS = [
  'sold_tokens',
  'total_raised',
  'participant_count',
  'progress_percent',
  'total_raised_real',
  'ledger_revision',
  'ledger_sequence',
  'ledger_hash',
  'ledger_recorded_at',
  'ledger_outbox_since',
] as const satisfies (keyof PoolFigures)[];
const figuresTuple = (figures: PoolFigures) => [
  figures.pool_id,
  ...FIGURE_COLUMNS.map((column) => figures[column]),
];
const FIGURES = `UPDATE ido_pool_cache SET ${FIGURE_COLUMNS.map((column, index) => `${column} = ?${index + 2}`).join(', ')}
  WHERE id = ?1 AND (ledger_revision IS NULL OR ledger_revision <= ?${FIGURE_COLUMNS.indexOf('ledger_revision') + 2})`;

/** Selects `{ revision }`, that of the ledger's figures of a pool: 0 if D1 has none, and no row if it has no such pool. */
export const shownRevisionRead = (db: D1Database, poolId: string): D1PreparedStatement =>
  db
    .prepare('SELECT coalesce(ledger_revision, 0) AS revision FROM ido_pool_cache WHERE id = ?1')
    .bind(poolId);

export type ShownInvestment = Pick<
  InvestmentRow,
  'id' | 'status' | 'token_amount' | 'investment_amount' | 'revision'
>;

/** A ledger's investments by id, behind `after` and up to `upTo`. One D1 call. */
export async function shownInvestments(
  db: D1Database,
  { after, upTo }: { after: string; upTo: string },
): Promise<ShownInvestment[]> {
  const { results } = await db
    .prepare(
      `SELECT id, status, token_amount, investment_amount, revision FROM user_investment_cache
       WHERE id > ?1 AND id <= ?2 AND revision IS NOT NULL`,
    )
    .bind(after, upTo)
    .all<ShownInvestment>();
  return results;
}
