/** A comparison with D1 has found differences: a person is told, and D1 gets the rows again. */
import type { LedgerStep } from '../ledger-step.ts';

export interface Difference {
  /** Null if it is not of one investment. */
  investmentId: string | null;
  /** Names nobody. */
  detail: string;
}

const MARK = 'UPDATE investment SET projected_revision = 0 WHERE id = ?';

export function noteDifferences(step: LedgerStep, differences: readonly Difference[]): void {
  for (const { investmentId, detail } of differences) {
    step.notice('ledger_differs', investmentId, detail);
    if (investmentId !== null) step.sql.exec(MARK, investmentId);
  }
}
