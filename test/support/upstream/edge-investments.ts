/**
 * Investments that the edge has handed over.
 *
 * One with a transaction hash is confirmed `CONFIRMATION_SECONDS` later; a made-up hash fails then instead. Once it is
 * confirmed it stays so, whatever the edge sends afterwards. If its pool is cancelled, an unconfirmed one fails. A payment
 * that arrived for an investment which failed, or whose pool is cancelled, is refunded `REFUND_SECONDS` later.
 */
import { parseDecimal } from './decimals.ts';
import type { InvestmentRecord } from './records.ts';

export const CONFIRMATION_SECONDS = 120;
export const REFUND_SECONDS = 3_600;
/** How a hash begins that no chain knows, with or without `0x`. */
const MADE_UP_HASH = /^(0x)?bad/i;

/** The fields that the edge posts; the main API decides the others. */
export interface PostedInvestment extends InvestmentRecord {
  sequence: number;
}

interface Stored {
  posted: PostedInvestment;
  tokens: bigint;
  storedAt: number;
  /** The newest payment that the edge has told, and since when. */
  payment: { hash: string; since: number } | null;
  /** Set if a posting or a refusal finds it confirmed or refunded: neither undoes that. */
  settled: Decision | null;
}

interface Decision {
  status: InvestmentRecord['status'];
  confirmedAt: number | null;
  at: number;
}

/** The fields that the figures of a pool are made from. */
export interface EdgeSale {
  id: string;
  userId: string;
  tokens: bigint;
  status: InvestmentRecord['status'];
  updatedAt: number;
}

/** Unix seconds, also of a cancellation that is still to come; null if there is none. */
type CancelledAt = (poolId: string) => number | null;

export class EdgeInvestments {
  readonly #byId = new Map<string, Stored>();
  readonly #idsByPool = new Map<string, Set<string>>();
  readonly #cancelledAt: CancelledAt;

  constructor(cancelledAt: CancelledAt) {
    this.#cancelledAt = cancelledAt;
  }

  /** The caller lets only higher sequences through. */
  store(posted: PostedInvestment, now: number): void {
    const before = this.#byId.get(posted.id);
    const ids = this.#idsByPool.get(posted.pool_id) ?? new Set();
    this.#idsByPool.set(posted.pool_id, ids.add(posted.id));
    this.#byId.set(posted.id, {
      posted,
      tokens: parseDecimal(posted.token_amount),
      storedAt: now,
      payment: paymentOf(posted, now, before),
      settled: this.#settled(before, now),
    });
  }

  /** A refusal for good of a later posting: the investment fails, and a payment that came with it is refunded. */
  refuse(posted: PostedInvestment, now: number): void {
    const before = this.#byId.get(posted.id);
    if (before === undefined) return;
    const hash = posted.transaction_hash ?? before.posted.transaction_hash ?? null;
    this.#byId.set(posted.id, {
      ...before,
      posted: { ...before.posted, transaction_hash: hash, status: 'failed' },
      storedAt: now,
      payment: paymentOf(posted, now, before),
      settled: this.#settled(before, now),
    });
  }

  find(id: string, now: number): PostedInvestment | null {
    const stored = this.#byId.get(id);
    return stored === undefined ? null : this.#view(stored, now);
  }

  *sales(poolId: string, now: number): Generator<EdgeSale> {
    for (const id of this.#idsByPool.get(poolId) ?? []) {
      const sale = this.sale(id, now);
      if (sale !== null) yield sale;
    }
  }

  sale(id: string, now: number): EdgeSale | null {
    const stored = this.#byId.get(id);
    if (stored === undefined) return null;
    const { status, at } = this.#decision(stored, now);
    return { id, userId: stored.posted.user_id, tokens: stored.tokens, status, updatedAt: at };
  }

  all(now: number): PostedInvestment[] {
    return [...this.#byId.values()].map((stored) => this.#view(stored, now));
  }

  #settled(before: Stored | undefined, now: number): Decision | null {
    if (before === undefined) return null;
    const decision = this.#decision(before, now);
    return decision.status === 'confirmed' || decision.status === 'refunded' ? decision : null;
  }

  #decision(stored: Stored, now: number): Decision {
    const cancelledAt = this.#cancelledAt(stored.posted.pool_id) ?? Number.POSITIVE_INFINITY;
    const decision = decisionOf(stored, cancelledAt, now);
    const refundedAt = refundTime(stored, decision, cancelledAt);
    return now < refundedAt ? decision : { ...decision, status: 'refunded', at: refundedAt };
  }

  #view(stored: Stored, now: number): PostedInvestment {
    const { status, confirmedAt, at } = this.#decision(stored, now);
    return {
      ...stored.posted,
      status,
      block_number: confirmedAt === null ? null : 19_000_000 + Math.floor((confirmedAt - 1_700_000_000) / 12),
      confirmed_at: confirmedAt,
      updated_at: at,
    };
  }
}

function paymentOf(
  { transaction_hash: hash }: PostedInvestment,
  now: number,
  before: Stored | undefined,
): Stored['payment'] {
  const known = before?.payment ?? null;
  return typeof hash !== 'string' || hash === known?.hash ? known : { hash, since: now };
}

/** Before any refund. */
function decisionOf(
  { posted, payment, storedAt, settled }: Stored,
  cancelledAt: number,
  now: number,
): Decision {
  if (settled !== null) return { ...settled, at: Math.max(settled.at, storedAt) };
  const confirmedAt = posted.status === 'confirmed' ? storedAt : null;
  const decidedAt = payment === null ? Number.POSITIVE_INFINITY : payment.since + CONFIRMATION_SECONDS;
  const first = Math.min(decidedAt, cancelledAt);
  if (posted.status !== 'pending' || now < first) return { status: posted.status, confirmedAt, at: storedAt };
  const at = Math.max(first, storedAt);
  return decidedAt <= cancelledAt && hasArrived(payment)
    ? { status: 'confirmed', confirmedAt: at, at }
    : { status: 'failed', confirmedAt: null, at };
}

function refundTime({ payment }: Stored, { status, at }: Decision, cancelledAt: number): number {
  if (hasArrived(payment)) {
    if (status === 'failed') return at + REFUND_SECONDS;
    if (status === 'confirmed') return Math.max(at, cancelledAt) + REFUND_SECONDS;
  }
  return Number.POSITIVE_INFINITY;
}

const hasArrived = (payment: Stored['payment']) => payment !== null && !MADE_UP_HASH.test(payment.hash);
