/** The investments that named users are going to make through other channels than the edge. */
import { divide, smaller } from './decimals.ts';
import { DAY_SECONDS } from './instrument.ts';
import { type NamedSales, sellingEnds } from './pool-life.ts';
import type { PoolPlan } from './pool-plans.ts';
import { Dice } from './random.ts';
import { USER_IDS } from './user-ids.ts';

export interface InvestmentPlan {
  id: string;
  userId: string;
  pool: PoolPlan;
  investedAt: number;
  decidedAt: number;
  outcome: 'confirmed' | 'failed' | 'refunded';
  /** Only where it is refunded. */
  refundedAt: number | null;
  amount: bigint;
  tokens: bigint;
  transactionHash: string | null;
  blockNumber: number | null;
  /** How many vesting steps the user had claimed by the market's start, if that many had come. */
  claimedSteps: number;
}

/** `count` at the market's start, and a tenth more that come as the clock goes on. */
export function planInvestments(
  pools: readonly PoolPlan[],
  count: number,
  seed: number,
  startAt: number,
): InvestmentPlan[] {
  const begun = pools.filter((pool) => pool.saleStart < startAt);
  const running = pools.filter((pool) => sellingEnds(pool) > startAt + DAY_SECONDS / 24);
  const later = running.length === 0 ? 0 : Math.floor(count / 10);
  const before = begun.length === 0 ? 0 : count;
  const perPool = BigInt(
    Math.ceil(((before + later) * 3) / Math.max(1, Math.min(begun.length, running.length))) + 1,
  );
  return Array.from({ length: before + later }, (_, index) => {
    const id = `inv_${String(index + 1).padStart(5, '0')}`;
    const dice = new Dice(seed, id);
    const future = index >= before;
    const list = future ? running : begun;
    const pool = list[dice.whole('pool', 0, list.length - 1)] ?? list[0];
    if (pool === undefined) throw new Error('an investment needs a pool');
    return plan(id, pool, future, perPool, dice, startAt);
  });
}

function plan(
  id: string,
  pool: PoolPlan,
  future: boolean,
  perPool: bigint,
  dice: Dice,
  startAt: number,
): InvestmentPlan {
  const investedAt = moment(pool, future, dice, startAt);
  const justNow = !future && startAt - investedAt < 600;
  const decidedAt =
    investedAt + (justNow ? dice.whole('decides', 600, 1_800) : dice.whole('decides', 60, 1_800));
  const outcome = outcomeOf(pool, decidedAt, dice);
  const most = smaller(
    pool.minAllocation * 40n,
    (pool.targetTokens * pool.tokenPrice) / 10n ** 18n / (2n * perPool),
  );
  const amount = smaller((pool.minAllocation * BigInt(dice.whole('times', 100, 2_000))) / 100n, most);
  return {
    id,
    userId: dice.pick('user', [USER_IDS[0] ?? 'usr_0001', ...USER_IDS.slice(1)]),
    pool,
    investedAt,
    decidedAt,
    outcome,
    refundedAt: outcome === 'refunded' ? refundTime(pool, decidedAt) : null,
    amount,
    tokens: divide(amount, pool.tokenPrice),
    transactionHash: dice.chance('hash', 0.9) ? `0x${dice.hex('hash', 64)}` : null,
    blockNumber: dice.chance('block', 0.95)
      ? 19_000_000 + Math.floor((decidedAt - 1_700_000_000) / 12)
      : null,
    claimedSteps: dice.whole('claimed', 0, 5),
  };
}

function moment(pool: PoolPlan, future: boolean, dice: Dice, startAt: number): number {
  const from = future ? Math.max(pool.saleStart, startAt + 1) : pool.saleStart;
  const until = future ? sellingEnds(pool) : Math.min(sellingEnds(pool), startAt);
  if (!future && until === startAt && dice.chance('just-now', 0.3))
    return startAt - dice.whole('seconds-ago', 0, 590);
  return Math.max(from, Math.min(until - 1, Math.floor(dice.between('when', from, until))));
}

function outcomeOf(pool: PoolPlan, decidedAt: number, dice: Dice): InvestmentPlan['outcome'] {
  if (pool.cancelledAt !== null && decidedAt < pool.cancelledAt) return 'refunded';
  const draw = dice.unit('outcome');
  return draw < 0.86 ? 'confirmed' : draw < 0.94 ? 'failed' : 'refunded';
}

function refundTime(pool: PoolPlan, decidedAt: number): number {
  return pool.cancelledAt !== null && decidedAt < pool.cancelledAt
    ? pool.cancelledAt + 3_600
    : decidedAt + 2 * DAY_SECONDS;
}

export function namedSales(plans: readonly InvestmentPlan[], now: number): NamedSales {
  const sales: NamedSales = { everTokens: 0n, tokens: 0n, participants: 0, lastAt: 0 };
  const users = new Set<string>();
  for (const plan of plans) {
    sales.everTokens += plan.tokens;
    if (plan.investedAt > now) continue;
    sales.tokens += plan.tokens;
    sales.lastAt = Math.max(sales.lastAt, plan.investedAt);
    users.add(plan.userId);
  }
  sales.participants = users.size;
  return sales;
}
