/** The life each pool is going to have: its times, its size, and how its sale will go. Fixed at the market's start. */
import { decimalOf, divide, formatDecimal, multiply } from './decimals.ts';
import { DAY_SECONDS } from './instrument.ts';
import { Dice, type NonEmpty } from './random.ts';
import type { PoolType } from './records.ts';

const MINUTE = 60;
const HOUR = 3_600;

export interface PoolTimes {
  registrationStart: number | null;
  registrationEnd: number | null;
  saleStart: number;
  saleEnd: number;
}

export interface PoolPlan extends PoolTimes {
  id: string;
  projectId: string;
  name: string;
  type: PoolType;
  description: string | null;
  blockchain: string;
  contractAddress: string | null;
  paymentToken: string;
  /** Digits after the point of the payment token, where the main API says. */
  toldDecimals: number | null;
  createdAt: number;
  /** When the last token goes, where all of them do. */
  soldOutAt: number | null;
  cancelledAt: number | null;
  tokenPrice: bigint;
  totalTokens: bigint;
  /** What will have been sold in the end if nobody interferes. */
  targetTokens: bigint;
  minAllocation: bigint;
  /** Some sources write `50.00`. */
  minAllocationText: string;
  maxAllocation: bigint | null;
  targetParticipants: number;
  maxParticipants: number | null;
}

const TYPES: NonEmpty<PoolType> = ['public', 'whitelist', 'private'];
const ROUNDS = ['Seed Round', 'Public Sale', 'Community Round', 'Strategic Round', 'Раунд сообщества'];
const CHAINS: NonEmpty<string> = ['ethereum', 'bsc', 'polygon', 'solana', 'arbitrum'];
const PAYMENTS: NonEmpty<{ token: string; raise: readonly [number, number] }> = [
  { token: 'USDT', raise: [100_000, 5_000_000] },
  { token: 'USDC', raise: [80_000, 3_000_000] },
  { token: 'ETH', raise: [60, 1_800] },
  { token: 'BNB', raise: [400, 9_000] },
];

/** Offsets from the market's start, one entry per stage of life that a market should show from its first moment. */
type Stage = (at: number, dice: Dice) => PoolTimes & { soldOutAt?: number; cancelledAt?: number };

const finished: Stage = (at, dice) => {
  const saleStart = at - dice.whole('ago', 20, 200) * DAY_SECONDS;
  return sale(saleStart, saleStart + dice.whole('days', 3, 10) * DAY_SECONDS);
};
const active: Stage = (at, dice) =>
  sale(at - dice.whole('since', 40, 1_800) * MINUTE, at + dice.whole('left', 24, 120) * HOUR);
const registering: Stage = (at, dice) => {
  const registrationEnd = at + dice.whole('closes', 2, 48) * HOUR;
  const saleStart = registrationEnd + dice.whole('wait', 1, 24) * HOUR;
  return {
    registrationStart: at - dice.whole('opened', 1, 72) * HOUR,
    registrationEnd,
    saleStart,
    saleEnd: saleStart + dice.whole('days', 1, 5) * DAY_SECONDS,
  };
};
const tied: Stage = (at) => {
  const saleStart = Math.floor(at / DAY_SECONDS) * DAY_SECONDS - 30 * DAY_SECONDS;
  return { ...sale(saleStart, saleStart + 5 * DAY_SECONDS), soldOutAt: saleStart + 3 * DAY_SECONDS };
};

const STAGES: readonly Stage[] = [
  active,
  registering,
  finished,
  (at, dice) => {
    const saleStart = at + dice.whole('in', 8, 40) * DAY_SECONDS;
    return sale(saleStart, saleStart + 4 * DAY_SECONDS);
  },
  tied,
  (at, dice) => {
    const times = active(at, dice);
    return { ...times, soldOutAt: at + dice.whole('sold-out-in', 2, 20) * HOUR };
  },
  // A whole life within two hours, for those who drive the clock.
  (at, dice) => {
    const from = at + dice.whole('delay', 0, 5) * MINUTE;
    return {
      registrationStart: from + 10 * MINUTE,
      registrationEnd: from + 40 * MINUTE,
      saleStart: from + 50 * MINUTE,
      saleEnd: from + 110 * MINUTE,
    };
  },
  (at, dice) => {
    const times = sale(at - dice.whole('since', 30, 60) * HOUR, at + 2 * DAY_SECONDS);
    return { ...times, soldOutAt: at - dice.whole('sold-out-ago', 2, 20) * HOUR };
  },
  (at, dice) => {
    const saleStart = at + dice.whole('in', 1, 20) * HOUR;
    return {
      ...sale(saleStart, saleStart + 3 * DAY_SECONDS),
      registrationEnd: at - dice.whole('closed', 1, 20) * HOUR,
    };
  },
  (at, dice) => {
    const saleStart = at - dice.whole('since', 48, 60) * HOUR;
    // Some are called off only after the market has started.
    const cancelledAt = dice.chance('later', 0.4)
      ? at + 3 * HOUR
      : at - dice.whole('cancelled', 2, 40) * HOUR;
    return { ...sale(saleStart, at + 3 * DAY_SECONDS), cancelledAt };
  },
  (at, dice) => ({ ...active(at, dice), registrationStart: null, registrationEnd: null }),
  registering,
];

function sale(saleStart: number, saleEnd: number): PoolTimes {
  return {
    registrationStart: saleStart - 7 * DAY_SECONDS,
    registrationEnd: saleStart - DAY_SECONDS,
    saleStart,
    saleEnd,
  };
}

export function planPools(
  projects: readonly { id: string; name: string }[],
  count: number,
  seed: number,
  startAt: number,
): PoolPlan[] {
  const holders = Math.min(projects.length, Math.max(1, Math.ceil(count * 0.4)));
  const spread = Math.max(1, Math.min(7, Math.floor(projects.length / Math.max(1, holders))));
  const plans: PoolPlan[] = [];
  for (let index = 0; index < count && projects.length > 0; index++) {
    const id = `pool_${String(index + 1).padStart(4, '0')}`;
    const dice = new Dice(seed, id);
    const project = projects[dice.whole('project', 0, holders - 1) * spread];
    if (project !== undefined) plans.push(plan(id, index, project, dice, startAt));
  }
  return plans;
}

function plan(
  id: string,
  index: number,
  project: { id: string; name: string },
  dice: Dice,
  startAt: number,
): PoolPlan {
  const stage = STAGES[index % STAGES.length] ?? active;
  const { soldOutAt = null, cancelledAt = null, ...times } = stage(startAt, dice);
  const open = times.registrationStart === null;
  const type = open ? 'public' : (TYPES[(index + Math.floor(index / STAGES.length)) % 3] ?? 'public');
  const round = ROUNDS[index % ROUNDS.length];
  const blockchain = dice.pick('chain', CHAINS);
  const sized = size(dice, soldOutAt !== null);
  // Several bridges bring them there, each with decimals of its own.
  const isAmbiguous = blockchain === 'solana' && ['ETH', 'BNB'].includes(sized.paymentToken);
  return {
    id,
    projectId: project.id,
    name: `${project.name} ${round}`,
    type,
    description: dice.chance('described', 0.8)
      ? `${project.name} opens its ${type} sale to supporters 🌱.`
      : null,
    blockchain,
    contractAddress: dice.chance('contract', 0.75) ? `0x${dice.hex('contract', 40)}` : null,
    ...times,
    createdAt:
      Math.min(startAt, times.registrationStart ?? times.saleStart) -
      dice.whole('created', 1, 20) * DAY_SECONDS,
    soldOutAt,
    cancelledAt,
    ...sized,
    toldDecimals:
      isAmbiguous || dice.chance('decimals-told', 0.6) ? decimalsOf(blockchain, sized.paymentToken) : null,
  };
}

/** Tether and Circle issue their dollars with 6 decimals, and the pegged ones of BNB Smart Chain have 18. */
function decimalsOf(blockchain: string, token: string): number {
  if (token === 'USDT' || token === 'USDC') return blockchain === 'bsc' ? 18 : 6;
  return blockchain === 'solana' ? 8 : 18;
}

function size(dice: Dice, sellsOut: boolean) {
  const payment = dice.pick('payment', PAYMENTS);
  const raise = decimalOf(dice.between('raise', payment.raise[0], payment.raise[1]));
  // Prices of few digits are the rule; some have all eighteen places.
  const magnitude = 10 ** dice.whole('magnitude', -2, 0);
  const round = decimalOf(
    (dice.whole('price', 1, 99) / 100) * magnitude * (payment.raise[1] < 100_000 ? 0.01 : 1),
  );
  const tokenPrice = dice.chance('odd-price', 0.2)
    ? round + BigInt(dice.whole('odd', 1, 999_999_999))
    : round;
  const exactTotal = divide(raise, tokenPrice);
  const thousand = decimalOf(1_000);
  const totalTokens = dice.chance('odd-total', 0.2) ? exactTotal : (exactTotal / thousand + 1n) * thousand;
  const minAllocation = roundDown(multiply(totalTokens, tokenPrice) / 20_000n);
  const written = formatDecimal(minAllocation);
  const targetParticipants = dice.whole('participants', 150, 2_500);
  return {
    paymentToken: payment.token,
    tokenPrice,
    totalTokens,
    targetTokens: sellsOut ? totalTokens : (totalTokens * BigInt(dice.whole('share', 35, 97))) / 100n,
    minAllocation,
    minAllocationText: dice.chance('padded', 0.2) && !written.includes('.') ? `${written}.00` : written,
    maxAllocation: dice.chance('capped', 0.75) ? minAllocation * 100n : null,
    targetParticipants,
    maxParticipants: dice.chance('limited', 0.6) ? targetParticipants + 500 : null,
  };
}

/** To one digit, as people set limits. */
function roundDown(value: bigint): bigint {
  const digits = value.toString().length;
  const unit = 10n ** BigInt(Math.max(0, digits - 1));
  return (value / unit) * unit;
}
