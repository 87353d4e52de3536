/** Rows that D1 does not have yet, with their state of now, and the note that it has them. */

import { POOL_FIGURES_PAUSE_MS } from '../../settings/investing-limits.ts';
import { BOUND_LIMIT } from '../../storage/bound-limit.ts';
import type { PoolFigures } from '../../storage/d1/ledger-rows.ts';
import { fromUnits, greaterOf, toUnits } from '../../storage/decimal-units.ts';
import { progressPercent } from '../../storage/progress-percent.ts';
import type { Book } from '../book.ts';
import type { LedgerStep } from '../ledger-step.ts';
import { claimLevels, claims, investments, members, notices, toldPayments } from '../ledger-tables.ts';
import type { LedgerStorage, Projection } from '../ledger-types.ts';
import type { PoolTerms } from '../pool-ledger.ts';
import { shownInvestment } from './shown-investment.ts';

type Sql = LedgerStorage['sql'];

const CHANGED = `WHERE projected_revision < revision ${BOUND_LIMIT}`;
/** Oldest first: none waits for ever while others change. */
const CHANGED_INVESTMENTS = `WHERE projected_revision < revision ORDER BY receipt_sequence ${BOUND_LIMIT}`;
const NEW = `WHERE is_projected = 0 ${BOUND_LIMIT}`;
const OLDEST_CALL = 'SELECT recorded_ms FROM outbox ORDER BY place LIMIT 1';
const IS_ANY_LEFT = `SELECT EXISTS (SELECT 1 FROM investment WHERE projected_revision < revision)
  OR EXISTS (SELECT 1 FROM member WHERE projected_revision < revision)
  OR EXISTS (SELECT 1 FROM told_payment WHERE is_projected = 0)
  OR EXISTS (SELECT 1 FROM claim WHERE projected_revision < revision)
  OR EXISTS (SELECT 1 FROM claim_level WHERE projected_revision < revision)
  OR EXISTS (SELECT 1 FROM notice WHERE is_projected = 0) AS found`;

/** A row that was changed since stays marked. */
const NOTE = {
  investment: noteSql('investment', 'id'),
  member: noteSql('member', 'user_id'),
  claim: noteSql('claim', 'id'),
  claim_level: noteSql('claim_level', 'investment_id'),
};
function noteSql(table: string, key: string) {
  return `UPDATE ${table} SET projected_revision = max(projected_revision, ?) WHERE ${key} = ?`;
}
const NOTE_TOLD = 'UPDATE told_payment SET is_projected = 1 WHERE investment_id = ? AND transaction_hash = ?';
const NOTE_NOTICE = 'UPDATE notice SET is_projected = 1 WHERE notice_id = ?';

export const NOTHING_TO_PROJECT: Projection = {
  figures: null,
  investments: [],
  members: [],
  toldPayments: [],
  claimLevels: [],
  claims: [],
  notices: [],
};

interface Asked {
  book: Book;
  terms: PoolTerms;
  nowMs: number;
  limit: number;
}

export function projection(sql: Sql, { book, terms, nowMs, limit }: Asked): Projection {
  const areFiguresDue = book.figuresRevision > book.figuresProjected && nowMs >= figuresDueMs(book);
  return {
    figures: areFiguresDue ? figures(sql, book, terms) : null,
    investments: investments
      .select(sql, CHANGED_INVESTMENTS, limit)
      .map((row) => shownInvestment(book.poolId, row)),
    members: members
      .select(sql, CHANGED, limit)
      .map(({ user_id, registered_at, blocked_until, revision }) => ({
        user_id,
        registered_at,
        blocked_until,
        revision,
      })),
    toldPayments: toldPayments.select(sql, NEW, limit).map(({ is_too_late, is_projected, ...told }) => told),
    claimLevels: claimLevels.select(sql, CHANGED, limit).map(({ projected_revision, ...level }) => level),
    claims: claims.select(sql, CHANGED, limit).map(({ projected_revision, ...claim }) => claim),
    notices: notices.select(sql, NEW, limit).map(({ is_projected, ...notice }) => notice),
  };
}

export function noteProjected(step: LedgerStep, written: Projection): void {
  const { sql, book } = step;
  for (const { id, revision } of written.investments) sql.exec(NOTE.investment, revision, id);
  for (const { user_id, revision } of written.members) sql.exec(NOTE.member, revision, user_id);
  for (const { id, revision } of written.claims) sql.exec(NOTE.claim, revision, id);
  for (const { investment_id, revision } of written.claimLevels) {
    sql.exec(NOTE.claim_level, revision, investment_id);
  }
  for (const { investment_id, transaction_hash } of written.toldPayments) {
    sql.exec(NOTE_TOLD, investment_id, transaction_hash);
  }
  for (const { notice_id } of written.notices) sql.exec(NOTE_NOTICE, notice_id);
  if (written.figures === null) return;
  book.figuresProjected = Math.max(book.figuresProjected, written.figures.ledger_revision);
  book.figuresProjectedMs = step.nowMs;
}

const MARK_ALL = [
  'UPDATE investment SET projected_revision = 0',
  'UPDATE member SET projected_revision = 0',
  'UPDATE claim SET projected_revision = 0',
  'UPDATE claim_level SET projected_revision = 0',
  'UPDATE told_payment SET is_projected = 0',
  'UPDATE notice SET is_projected = 0',
];

/** @returns true if D1 shows an earlier revision of the pool than it was given: it was restored, and gets every row again. */
export function projectAnew({ sql, book }: LedgerStep, shownRevision: number): boolean {
  if (shownRevision >= book.figuresProjected) return false;
  for (const statement of MARK_ALL) sql.exec(statement);
  book.figuresProjected = 0;
  return true;
}

/** The time at which rows for D1 are due; null if it has all. */
export function projectionDueMs(sql: Sql, book: Book): number | null {
  const [left] = sql.exec<{ found: number }>(IS_ANY_LEFT).toArray();
  if (left?.found === 1) return book.clockMs;
  return book.figuresRevision > book.figuresProjected ? figuresDueMs(book) : null;
}

const figuresDueMs = ({ figuresProjectedMs }: Book) => figuresProjectedMs + POOL_FIGURES_PAUSE_MS;

function figures(sql: Sql, book: Book, terms: PoolTerms): PoolFigures {
  const { balances } = book;
  const sold = balances['tokens:reserved'] + balances['tokens:sold'] + balances['tokens:elsewhere'];
  const raisedElsewhere = greaterOf(toUnits(terms.upstream_total_raised) - book.containedAmount, 0n);
  const raised = fromUnits(raisedElsewhere + book.livingAmount);
  const [oldest] = sql.exec<{ recorded_ms: number }>(OLDEST_CALL).toArray();
  return {
    pool_id: book.poolId,
    sold_tokens: fromUnits(sold),
    total_raised: raised,
    participant_count: terms.upstream_participant_count + book.newParticipants,
    progress_percent: progressPercent(fromUnits(sold), terms.total_tokens),
    total_raised_real: Number(raised),
    ledger_revision: book.figuresRevision,
    ledger_sequence: book.headSequence,
    ledger_hash: book.headHash,
    ledger_recorded_at: Math.floor(book.headAtMs / 1000),
    ledger_outbox_since: oldest === undefined ? null : Math.floor(oldest.recorded_ms / 1000),
  };
}
