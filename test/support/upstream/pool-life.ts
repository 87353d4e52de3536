/** Where a planned pool stands at a moment. Sold tokens never fall and never pass the total. */
import { formatDecimal, multiply, smaller } from './decimals.ts';
import type { PoolPlan, PoolTimes } from './pool-plans.ts';
import type { PoolStatus } from './records.ts';

const PARTS = 1_000_000;
const MIN_STEP_SECONDS = 15;
const STEPS_PER_SALE = 400;

export interface Sold {
  tokens: bigint;
  participants: number;
}

/** What the planned investments of named users come to: all that will ever be, and those made so far. */
export interface NamedSales {
  everTokens: bigint;
  tokens: bigint;
  participants: number;
  lastAt: number;
}

export function statusAt(
  times: PoolTimes,
  cancelledAt: number | null,
  soldOut: boolean,
  now: number,
): PoolStatus {
  if (cancelledAt !== null && now >= cancelledAt) return 'cancelled';
  if (now >= times.saleEnd) return 'completed';
  if (now >= times.saleStart) return soldOut ? 'completed' : 'active';
  const { registrationStart, registrationEnd } = times;
  if (registrationStart === null || now < registrationStart) return 'upcoming';
  return now < (registrationEnd ?? times.saleStart) ? 'registration' : 'upcoming';
}

/** The market's own sales, the edge's not counted. */
export function soldAt(plan: PoolPlan, named: NamedSales, now: number): Sold {
  const parts = BigInt(soldParts(plan, now));
  const anonymous = plan.targetTokens - named.everTokens;
  const soldOut = plan.soldOutAt !== null && now >= plan.soldOutAt && !cancelledBefore(plan, plan.soldOutAt);
  const tokens = soldOut ? plan.targetTokens : (anonymous * parts) / BigInt(PARTS) + named.tokens;
  return {
    tokens: smaller(tokens, plan.totalTokens),
    participants: Math.floor((plan.targetParticipants * Number(parts)) / PARTS) + named.participants,
  };
}

/** The last moment up to now at which anything about the pool changed. */
export function changedAt(plan: PoolPlan, named: NamedSales, now: number): number {
  const moments = [
    plan.registrationStart,
    plan.registrationEnd,
    plan.saleStart,
    plan.saleEnd,
    plan.soldOutAt,
    plan.cancelledAt,
    lastStep(plan, now),
    named.lastAt,
  ];
  return Math.max(
    plan.createdAt,
    ...moments.filter((moment) => moment !== null && moment <= now).map(Number),
  );
}

export function sellingEnds(plan: PoolPlan): number {
  return Math.min(plan.soldOutAt ?? plan.saleEnd, plan.cancelledAt ?? Number.POSITIVE_INFINITY);
}

export function raised(tokens: bigint, tokenPrice: bigint): string {
  return formatDecimal(multiply(tokens, tokenPrice));
}

function cancelledBefore(plan: PoolPlan, time: number): boolean {
  return plan.cancelledAt !== null && plan.cancelledAt < time;
}

function fullSaleEnds(plan: PoolPlan): number {
  return plan.soldOutAt ?? plan.saleEnd;
}

function stepSeconds(plan: PoolPlan): number {
  const duration = fullSaleEnds(plan) - plan.saleStart;
  return Math.max(
    MIN_STEP_SECONDS,
    Math.floor(duration / STEPS_PER_SALE / MIN_STEP_SECONDS) * MIN_STEP_SECONDS,
  );
}

/** Sales move in steps; the last one falls on the end. */
function lastStep(plan: PoolPlan, now: number): number | null {
  const until = Math.min(now, sellingEnds(plan));
  if (until < plan.saleStart) return null;
  const step = stepSeconds(plan);
  return plan.saleStart + Math.floor((until - plan.saleStart) / step) * step;
}

/** In millionths of what is to be sold; quick at first, slow towards the end. */
function soldParts(plan: PoolPlan, now: number): number {
  const end = fullSaleEnds(plan);
  if (now >= end && !cancelledBefore(plan, end)) return PARTS;
  const at = lastStep(plan, now);
  if (at === null || end <= plan.saleStart) return 0;
  const progress = Math.min(1, (at - plan.saleStart) / (end - plan.saleStart));
  return Math.floor(PARTS * (1 - (1 - progress) ** 1.7));
}
