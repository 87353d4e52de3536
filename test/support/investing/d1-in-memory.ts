/** D1 as a flush writes it: rows of a ledger, each guarded by its revision. */
import type {
  ClaimRow,
  LedgerNotice,
  MemberRow,
  PoolFigures,
  Projection,
} from '../../../src/investing/ledger-types.ts';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { must } from './must.ts';

export class D1InMemory {
  readonly investments = new Map<string, InvestmentRow>();
  readonly members = new Map<string, MemberRow>();
  readonly claims = new Map<string, ClaimRow>();
  readonly notices = new Map<number, LedgerNotice>();
  /** `<hash> <investment id>` */
  readonly toldPayments = new Set<string>();
  figures: PoolFigures | null = null;

  write(projection: Projection): void {
    for (const row of projection.investments) write(this.investments, row.id, row, row.revision ?? -1);
    for (const row of projection.members) write(this.members, row.user_id, row, row.revision);
    for (const row of projection.claims) write(this.claims, row.id, row, row.revision);
    for (const notice of projection.notices) this.notices.set(notice.notice_id, notice);
    for (const told of projection.toldPayments)
      this.toldPayments.add(`${told.transaction_hash} ${told.investment_id}`);
    const { figures } = projection;
    if (figures !== null && figures.ledger_revision > (this.figures?.ledger_revision ?? -1))
      this.figures = figures;
  }
}

/** Later ones replace earlier ones. One revision has one content. */
function write<Row extends { revision: number | null }>(
  rows: Map<string, Row>,
  key: string,
  row: Row,
  revision: number,
): void {
  const before = rows.get(key);
  const known = before?.revision ?? -1;
  must(revision >= 0, 'a row of a ledger has a revision');
  if (before !== undefined && known === revision)
    must(JSON.stringify(before) === JSON.stringify(row), `${key} has one content in revision ${revision}`);
  if (revision > known) rows.set(key, { ...row });
}
