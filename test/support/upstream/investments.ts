/** Every investment the main API knows: planned ones as the clock brings them, and those the edge handed over. */
import { formatDecimal, parseDecimal } from './decimals.ts';
import { EdgeInvestments, type EdgeSale, type PostedInvestment } from './edge-investments.ts';
import type { InvestmentPlan } from './investment-plans.ts';
import { Overrides } from './overrides.ts';
import type { Fields, InvestmentRecord } from './records.ts';
import { stepsVested, VESTING_STEPS, vestedAt } from './vesting.ts';

interface Claim {
  amount: bigint;
  at: number;
}

/** What the edge's living investments in one pool come to. */
export interface EdgeSales {
  tokens: bigint;
  users: Set<string>;
  lastAt: number;
}

export class InvestmentBook {
  readonly #startAt: number;
  readonly #plans: readonly InvestmentPlan[];
  readonly #edge: EdgeInvestments;
  readonly #claims = new Map<string, Claim[]>();
  readonly #overrides = new Overrides();
  readonly #saleEndOf: (poolId: string) => number | null;

  constructor(
    plans: readonly InvestmentPlan[],
    startAt: number,
    saleEndOf: (poolId: string) => number | null,
    cancelledAt: (poolId: string) => number | null,
  ) {
    this.#edge = new EdgeInvestments(cancelledAt);
    this.#plans = plans;
    this.#startAt = startAt;
    this.#saleEndOf = saleEndOf;
  }

  all(now: number): InvestmentRecord[] {
    const rows: InvestmentRecord[] = [];
    for (const plan of this.#plans) {
      if (plan.investedAt <= now) rows.push(this.#laidOver(this.#planned(plan, now)));
    }
    for (const edge of this.#edge.all(now)) rows.push(this.#laidOver(this.#handedOver(edge, now)));
    for (const [id, override] of this.#overrides.whole()) {
      if (rows.some((row) => row.id === id)) continue;
      rows.push({
        ...override.fields,
        id,
        updated_at: override.fields.updated_at ?? override.touchedAt,
      } as unknown as InvestmentRecord);
    }
    return rows;
  }

  changedSince(since: number, now: number): InvestmentRecord[] {
    return this.all(now).filter((row) => row.updated_at >= since);
  }

  find(id: string, now: number): InvestmentRecord | null {
    const edge = this.#edge.find(id, now);
    if (edge !== null) return this.#laidOver(this.#handedOver(edge, now));
    return this.all(now).find((row) => row.id === id) ?? null;
  }

  override(id: string, fields: Fields, now: number, whole: boolean): void {
    this.#overrides.set(id, fields, now, whole);
  }

  sequenceOf(id: string, now: number): number | null {
    return this.#edge.find(id, now)?.sequence ?? null;
  }

  store(posted: PostedInvestment, now: number): void {
    this.#edge.store(posted, now);
  }

  refuse(posted: PostedInvestment, now: number): void {
    this.#edge.refuse(posted, now);
  }

  claim(investmentId: string, amount: bigint, now: number): void {
    this.#claims.set(investmentId, [...(this.#claims.get(investmentId) ?? []), { amount, at: now }]);
  }

  /** `except` leaves one investment out, as when it is about to be replaced. */
  edgeSales(poolId: string, now: number, except?: string): EdgeSales {
    const sales: EdgeSales = { tokens: 0n, users: new Set(), lastAt: 0 };
    for (const edge of this.#edge.sales(poolId, now)) {
      if (edge.id === except) continue;
      const sale = this.#saleLaidOver(edge);
      sales.lastAt = Math.max(sales.lastAt, sale.updatedAt);
      if (sale.status !== 'pending' && sale.status !== 'confirmed') continue;
      sales.tokens += sale.tokens;
      sales.users.add(sale.userId);
    }
    return sales;
  }

  #laidOver(row: InvestmentRecord): InvestmentRecord {
    const override = this.#overrides.find(row.id);
    if (override === undefined) return row;
    return { ...row, updated_at: Math.max(row.updated_at, override.touchedAt), ...override.fields };
  }

  #saleLaidOver(sale: EdgeSale): EdgeSale {
    const override = this.#overrides.find(sale.id);
    if (override === undefined) return sale;
    const {
      token_amount,
      status = sale.status,
      updated_at: updatedAt,
    } = override.fields as Partial<InvestmentRecord>;
    return {
      ...sale,
      status,
      tokens: token_amount === undefined ? sale.tokens : parseDecimal(token_amount),
      updatedAt: updatedAt ?? Math.max(sale.updatedAt, override.touchedAt),
    };
  }

  #planned(plan: InvestmentPlan, now: number): InvestmentRecord {
    const decided = now >= plan.decidedAt;
    const refunded = plan.refundedAt !== null && now >= plan.refundedAt;
    const status = !decided
      ? 'pending'
      : refunded
        ? 'refunded'
        : plan.outcome === 'failed'
          ? 'failed'
          : 'confirmed';
    const before = stepsVested(plan.pool.saleEnd, this.#startAt);
    const claimed = (plan.tokens * BigInt(Math.min(plan.claimedSteps, before))) / BigInt(VESTING_STEPS);
    return this.#vested(
      {
        id: plan.id,
        user_id: plan.userId,
        pool_id: plan.pool.id,
        investment_amount: formatDecimal(plan.amount),
        token_amount: formatDecimal(plan.tokens),
        token_price: formatDecimal(plan.pool.tokenPrice),
        payment_token: plan.pool.paymentToken,
        status,
        total_claimed: '0',
        claimable_amount: '0',
        next_claim_date: null,
        transaction_hash: decided || plan.claimedSteps > 2 ? plan.transactionHash : null,
        block_number: decided && status !== 'failed' ? plan.blockNumber : null,
        invested_at: plan.investedAt,
        confirmed_at: decided && plan.outcome !== 'failed' ? plan.decidedAt : null,
        updated_at: refunded ? (plan.refundedAt ?? now) : decided ? plan.decidedAt : plan.investedAt,
      },
      plan.tokens,
      plan.pool.saleEnd,
      claimed,
      now,
    );
  }

  #handedOver(edge: PostedInvestment, now: number): InvestmentRecord {
    const saleEnd = this.#saleEndOf(edge.pool_id);
    const clean = { ...edge, total_claimed: '0', claimable_amount: '0', next_claim_date: null };
    if (saleEnd === null) return clean;
    return this.#vested(clean, parseDecimal(clean.token_amount), saleEnd, 0n, now);
  }

  #vested(
    row: InvestmentRecord,
    tokens: bigint,
    saleEnd: number,
    claimedBefore: bigint,
    now: number,
  ): InvestmentRecord {
    if (row.status !== 'confirmed') return row;
    const claims = this.#claims.get(row.id) ?? [];
    const claimed = claims.reduce((sum, claim) => sum + claim.amount, claimedBefore);
    const vested = vestedAt(tokens, saleEnd, claimed, now);
    return {
      ...row,
      total_claimed: formatDecimal(vested.claimed),
      claimable_amount: formatDecimal(vested.claimable),
      next_claim_date: vested.nextAt,
      updated_at: Math.max(row.updated_at, vested.lastAt, ...claims.map((claim) => claim.at)),
    };
  }
}
