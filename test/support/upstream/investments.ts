/** Every investment the main API knows: planned ones as the clock brings them, and those the edge handed over. */
import { formatDecimal, parseDecimal } from './decimals.ts';
import { EdgeInvestments, type EdgeSale, type PostedInvestment } from './edge-investments.ts';
import type { InvestmentPlan } from './investment-plans.ts';
import { type FieldOverrides, Overrides } from './overrides.ts';
import { type EdgeSales, PoolSales } from './pool-sales.ts';
import type { Fields, InvestmentRecord } from './records.ts';
import { stepsVested, VESTING_STEPS, vestedAt } from './vesting.ts';

interface Claim {
  amount: bigint;
  at: number;
}

/** It holds until the clock moves, or the pool is cancelled. */
interface KeptSales {
  now: number;
  cancelledAt: number | null;
  sales: PoolSales;
}

export class InvestmentBook {
  readonly #startAt: number;
  readonly #plans: readonly InvestmentPlan[];
  readonly #edge: EdgeInvestments;
  readonly #claims = new Map<string, Claim[]>();
  readonly #overrides = new Overrides();
  readonly #sales = new Map<string, KeptSales>();
  readonly #cancelledAt: (poolId: string) => number | null;
  readonly #saleEndOf: (poolId: string) => number | null;

  constructor(
    plans: readonly InvestmentPlan[],
    startAt: number,
    saleEndOf: (poolId: string) => number | null,
    cancelledAt: (poolId: string) => number | null,
  ) {
    this.#edge = new EdgeInvestments(cancelledAt);
    this.#cancelledAt = cancelledAt;
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
      rows.push(wholeRecord(id, override));
    }
    return rows;
  }

  changedSince(since: number, now: number): InvestmentRecord[] {
    return this.all(now).filter((row) => row.updated_at >= since);
  }

  find(id: string, now: number): InvestmentRecord | null {
    const edge = this.#edge.find(id, now);
    if (edge !== null) return this.#laidOver(this.#handedOver(edge, now));
    const plan = this.#plans.find((each) => each.id === id && each.investedAt <= now);
    if (plan !== undefined) return this.#laidOver(this.#planned(plan, now));
    const override = this.#overrides.find(id);
    return override?.whole ? wholeRecord(id, override) : null;
  }

  override(id: string, fields: Fields, now: number, whole: boolean): void {
    this.#overrides.set(id, fields, now, whole);
    this.#sales.clear();
  }

  sequenceOf(id: string, now: number): number | null {
    return this.#edge.find(id, now)?.sequence ?? null;
  }

  store(posted: PostedInvestment, now: number): void {
    this.#edge.store(posted, now);
    this.#replaceSale(posted);
  }

  refuse(posted: PostedInvestment, now: number): void {
    this.#edge.refuse(posted, now);
    this.#replaceSale(posted);
  }

  claim(investmentId: string, amount: bigint, now: number): void {
    this.#claims.set(investmentId, [...(this.#claims.get(investmentId) ?? []), { amount, at: now }]);
  }

  /** `except` leaves one investment out, as when it is about to be replaced. */
  edgeSales(poolId: string, now: number, except?: string): EdgeSales {
    const cancelledAt = this.#cancelledAt(poolId);
    let kept = this.#sales.get(poolId);
    if (kept?.now !== now || kept.cancelledAt !== cancelledAt) {
      kept = { now, cancelledAt, sales: new PoolSales() };
      for (const sale of this.#edge.sales(poolId, now)) kept.sales.set(this.#saleLaidOver(sale));
      this.#sales.set(poolId, kept);
    }
    return kept.sales.figures(except);
  }

  #replaceSale({ id, pool_id: poolId }: PostedInvestment): void {
    const kept = this.#sales.get(poolId);
    const sale = kept === undefined ? null : this.#edge.sale(id, kept.now);
    if (sale !== null) kept?.sales.set(this.#saleLaidOver(sale));
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

const wholeRecord = (id: string, { fields, touchedAt }: FieldOverrides) =>
  ({ ...fields, id, updated_at: fields.updated_at ?? touchedAt }) as unknown as InvestmentRecord;
