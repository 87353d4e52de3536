/**
 * Investments the edge has handed over. One with a transaction hash is confirmed `CONFIRMATION_SECONDS` later (a hash
 * beginning with `FAILING_HASH` fails instead); once confirmed it stays so, whatever the edge sends afterwards.
 */
import type { InvestmentRecord } from './records.ts';

export const CONFIRMATION_SECONDS = 120;
export const FAILING_HASH = '0xbad';

/** What the edge posts; the rest of the record is the main API's to say. */
export interface PostedInvestment extends InvestmentRecord {
  sequence: number;
}

interface Stored {
  posted: PostedInvestment;
  storedAt: number;
  paidAt: number | null;
  /** Set the first time a posting finds it confirmed, so that later postings cannot undo it. */
  confirmedAt: number | null;
}

export interface EdgeInvestment {
  record: InvestmentRecord;
  sequence: number;
  confirmedAt: number | null;
}

export class EdgeInvestments {
  readonly #byId = new Map<string, Stored>();

  /** The caller lets only higher sequences through. */
  store(posted: PostedInvestment, now: number): void {
    const before = this.#byId.get(posted.id);
    const paid = typeof posted.transaction_hash === 'string';
    const samePayment = before !== undefined && before.posted.transaction_hash === posted.transaction_hash;
    const confirmedAt = before === undefined ? null : decisionOf(before, now).confirmedAt;
    this.#byId.set(posted.id, {
      posted,
      storedAt: now,
      paidAt: paid ? (samePayment ? before.paidAt : now) : (before?.paidAt ?? null),
      confirmedAt,
    });
  }

  find(id: string, now: number): EdgeInvestment | null {
    const stored = this.#byId.get(id);
    return stored === undefined ? null : view(stored, now);
  }

  all(now: number): EdgeInvestment[] {
    return [...this.#byId.values()].map((stored) => view(stored, now));
  }
}

function decisionOf(
  stored: Stored,
  now: number,
): { status: InvestmentRecord['status']; confirmedAt: number | null; at: number } {
  const { posted, paidAt, storedAt } = stored;
  if (stored.confirmedAt !== null)
    return { status: 'confirmed', confirmedAt: stored.confirmedAt, at: storedAt };
  const decidedAt = paidAt === null ? Number.POSITIVE_INFINITY : paidAt + CONFIRMATION_SECONDS;
  if (posted.status !== 'pending' || now < decidedAt) {
    const confirmedAt = posted.status === 'confirmed' ? storedAt : null;
    return { status: posted.status, confirmedAt, at: storedAt };
  }
  const at = Math.max(decidedAt, storedAt);
  const fails = posted.transaction_hash?.startsWith(FAILING_HASH) === true;
  return fails ? { status: 'failed', confirmedAt: null, at } : { status: 'confirmed', confirmedAt: at, at };
}

function view(stored: Stored, now: number): EdgeInvestment {
  const { status, confirmedAt, at } = decisionOf(stored, now);
  const { sequence, ...posted } = stored.posted;
  return {
    record: {
      ...posted,
      status,
      block_number: confirmedAt === null ? null : 19_000_000 + Math.floor((confirmedAt - 1_700_000_000) / 12),
      confirmed_at: confirmedAt,
      updated_at: at,
    },
    sequence,
    confirmedAt,
  };
}
