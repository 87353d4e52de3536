/** The main API's pools: each plan's life so far, what the edge sold on top of it, and what a test has set by hand. */
import { formatDecimal, isDecimal, parseDecimal, smaller } from './decimals.ts';
import type { InvestmentPlan } from './investment-plans.ts';
import { namedSales } from './investment-plans.ts';
import { type FieldOverrides, Overrides } from './overrides.ts';
import { changedAt, raised, soldAt, statusAt } from './pool-life.ts';
import type { PoolPlan, PoolTimes } from './pool-plans.ts';
import type { EdgeSales } from './pool-sales.ts';
import type { Fields, PoolRecord } from './records.ts';

type SalesOf = (poolId: string, now: number, except?: string) => EdgeSales;

/** Figures set by hand contain what the edge had sold by then; only what comes later is added. */
interface Baseline {
  tokens: bigint;
  participants: number;
}

const NOTHING: Baseline = { tokens: 0n, participants: 0 };

export class PoolBook {
  readonly #plans: ReadonlyMap<string, PoolPlan>;
  readonly #named = new Map<string, InvestmentPlan[]>();
  readonly #overrides = new Overrides();
  readonly #baselines = new Map<string, Baseline>();
  /** By hand. */
  readonly #cancelledAt = new Map<string, number>();
  readonly #toldAt = new Map<string, number>();
  readonly #salesOf: SalesOf;

  constructor(plans: readonly PoolPlan[], investments: readonly InvestmentPlan[], salesOf: SalesOf) {
    this.#plans = new Map(plans.map((plan) => [plan.id, plan]));
    for (const plan of plans) this.#named.set(plan.id, []);
    for (const investment of investments) this.#named.get(investment.pool.id)?.push(investment);
    this.#salesOf = salesOf;
  }

  has(id: string): boolean {
    return this.#plans.has(id) || this.#overrides.has(id);
  }

  plan(id: string): PoolPlan | undefined {
    return this.#plans.get(id);
  }

  all(now: number): PoolRecord[] {
    const ids = new Set(this.#plans.keys());
    for (const [id] of this.#overrides.whole()) ids.add(id);
    return [...ids].map((id) => this.find(id, now)).filter((row) => row !== null);
  }

  changedSince(since: number, now: number): PoolRecord[] {
    const rows = this.all(now).filter((row) => row.updated_at >= since);
    for (const row of rows) this.#toldAt.set(row.id, row.updated_at);
    return rows;
  }

  /**
   * When something stored now is stored. What has been told of a pool as of a second holds all that was stored by that
   * second, so whatever comes after it belongs to the next: clocks that stand still make this happen all the time.
   */
  storingAt(id: string, now: number): number {
    return Math.max(now, (this.#toldAt.get(id) ?? 0) + 1);
  }

  override(id: string, fields: Fields, now: number, whole: boolean): void {
    if (fields.status === 'cancelled') this.#cancelledAt.set(id, this.#cancelledAt.get(id) ?? now);
    else if ('status' in fields || whole) this.#cancelledAt.delete(id);
    if ('sold_tokens' in fields) {
      const sales = this.#salesOf(id, now);
      this.#baselines.set(id, { tokens: sales.tokens, participants: sales.participants });
    } else if (whole) {
      this.#baselines.delete(id);
    }
    this.#overrides.set(id, fields, now, whole);
  }

  saleEnd(id: string): number | null {
    const given = this.#overrides.find(id)?.fields.sale_end;
    return typeof given === 'number' ? given : (this.#plans.get(id)?.saleEnd ?? null);
  }

  /** Unix seconds; it may be still to come. */
  cancelledAt(id: string): number | null {
    return this.#cancelledAt.get(id) ?? this.#plans.get(id)?.cancelledAt ?? null;
  }

  /** `exceptInvestment` answers as if that one had never been handed over. */
  find(id: string, now: number, exceptInvestment?: string): PoolRecord | null {
    const override = this.#overrides.find(id);
    const plan = override?.whole ? undefined : this.#plans.get(id);
    if (plan === undefined && override === undefined) return null;
    const own = plan === undefined ? bare(id, override) : this.#planned(plan, override, now);
    const row: PoolRecord = { ...own, ...override?.fields };
    const sales = this.#salesOf(id, now, exceptInvestment);
    this.#addSales(row, override, sales);
    if (override?.fields.status === undefined) {
      row.status = statusAt(timesOf(row), plan?.cancelledAt ?? null, isSoldOut(row), now);
    }
    if (override?.fields.updated_at === undefined || sales.lastAt > override.touchedAt) {
      row.updated_at = Math.max(own.updated_at, override?.touchedAt ?? 0, sales.lastAt);
    }
    return row;
  }

  #addSales(row: PoolRecord, override: FieldOverrides | undefined, sales: EdgeSales): void {
    if (!isDecimal(row.sold_tokens) || !isDecimal(row.total_tokens) || !isDecimal(row.token_price)) return;
    const baseline = this.#baselines.get(row.id) ?? NOTHING;
    const added = sales.tokens - baseline.tokens;
    const own = parseDecimal(row.sold_tokens);
    const sold = smaller(own + added > 0n ? own + added : 0n, parseDecimal(row.total_tokens));
    if (added !== 0n) row.sold_tokens = formatDecimal(sold);
    if (override?.fields.total_raised === undefined || added !== 0n) {
      row.total_raised = raised(sold, parseDecimal(row.token_price));
    }
    row.participant_count = Math.max(0, row.participant_count + sales.participants - baseline.participants);
  }

  #planned(original: PoolPlan, override: FieldOverrides | undefined, now: number): PoolRecord {
    const plan = override === undefined ? original : withTimes(original, override.fields);
    const named = namedSales(this.#named.get(plan.id) ?? [], now);
    const sold = soldAt(plan, named, now);
    return {
      id: plan.id,
      project_id: plan.projectId,
      pool_name: plan.name,
      pool_type: plan.type,
      description: plan.description,
      token_price: formatDecimal(plan.tokenPrice),
      total_tokens: formatDecimal(plan.totalTokens),
      sold_tokens: formatDecimal(sold.tokens),
      total_raised: raised(sold.tokens, plan.tokenPrice),
      min_allocation: plan.minAllocationText,
      max_allocation: plan.maxAllocation === null ? null : formatDecimal(plan.maxAllocation),
      max_participants: plan.maxParticipants,
      participant_count: sold.participants,
      payment_token: plan.paymentToken,
      blockchain: plan.blockchain,
      contract_address: plan.contractAddress,
      registration_start: plan.registrationStart,
      registration_end: plan.registrationEnd,
      sale_start: plan.saleStart,
      sale_end: plan.saleEnd,
      status: 'upcoming',
      ...(plan.toldDecimals === null ? {} : { payment_decimals: plan.toldDecimals }),
      updated_at: changedAt(plan, named, now),
    };
  }
}

function bare(id: string, override: FieldOverrides | undefined): PoolRecord {
  return {
    id,
    project_id: '',
    pool_name: id,
    pool_type: 'public',
    token_price: '1',
    total_tokens: '0',
    sold_tokens: '0',
    total_raised: '0',
    min_allocation: '0',
    participant_count: 0,
    payment_token: 'USDT',
    blockchain: 'ethereum',
    sale_start: 0,
    sale_end: 0,
    status: 'upcoming',
    updated_at: override?.touchedAt ?? 0,
  };
}

function isSoldOut(row: PoolRecord): boolean {
  if (!isDecimal(row.sold_tokens) || !isDecimal(row.total_tokens)) return false;
  const total = parseDecimal(row.total_tokens);
  return total > 0n && parseDecimal(row.sold_tokens) >= total;
}

function timesOf(row: PoolRecord): PoolTimes {
  return {
    registrationStart: row.registration_start ?? null,
    registrationEnd: row.registration_end ?? null,
    saleStart: row.sale_start,
    saleEnd: row.sale_end,
  };
}

/** A sale whose times were moved runs through the moved ones. */
function withTimes(plan: PoolPlan, fields: Fields): PoolPlan {
  const time = (value: unknown, otherwise: number) => (typeof value === 'number' ? value : otherwise);
  const optional = (value: unknown, otherwise: number | null) =>
    typeof value === 'number' || value === null ? value : otherwise;
  const moved = fields.sale_start !== undefined || fields.sale_end !== undefined;
  return {
    ...plan,
    registrationStart: optional(fields.registration_start, plan.registrationStart),
    registrationEnd: optional(fields.registration_end, plan.registrationEnd),
    saleStart: time(fields.sale_start, plan.saleStart),
    saleEnd: time(fields.sale_end, plan.saleEnd),
    soldOutAt: moved ? null : plan.soldOutAt,
  };
}
