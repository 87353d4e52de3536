/**
 * 500 drawn histories of investing, as the syncs bring them, against a computation that shares no code with the gateway:
 * fractions of whole numbers, and dollars that are rounded once, at their end.
 */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { createPortfolios } from '../../../src/investing/portfolios.ts';
import { createTransactions } from '../../../src/investing/transactions.ts';
import { investmentWrites } from '../../../src/storage/d1/investments.ts';
import type { PriceRecord } from '../../../src/storage/kv/prices.ts';
import { investmentRow } from '../../../src/sync/investments.ts';
import type { InvestmentRecord } from '../../../src/upstream/main-api-records.ts';
import {
  decimalOf,
  type Exact,
  exact,
  minus,
  nearest,
  sumOf,
  times,
  written,
} from '../../support/investing/fractions.ts';
import { insertPools } from '../../support/investors.ts';
import { drawn } from '../../support/list-inputs.ts';
import { TABLES } from '../../support/tables.ts';

const HISTORIES = 500;

/** By pool; two projects share a symbol, and one of them owns it. */
const POOLS: Readonly<Record<string, { project: string; symbol: string; owns: boolean } | null>> = {
  pool_a: { project: 'prj_a', symbol: 'AAA', owns: true },
  pool_a2: { project: 'prj_a', symbol: 'AAA', owns: true },
  pool_b: { project: 'prj_b', symbol: 'BBB', owns: true },
  pool_b_too: { project: 'prj_b_too', symbol: 'BBB', owns: false },
  pool_unpriced: { project: 'prj_unpriced', symbol: 'NEW', owns: true },
  pool_that_nobody_knows: null,
};
const PRICES: Readonly<Record<string, number>> = {
  ...{ AAA: 0.1, BBB: 1_234.567_890_123, USDT: 1.0003, ETH: 2_789.923_76, TINY: 3.7e-9 },
};
const PAYMENT_TOKENS = ['USDT', 'ETH', 'TINY', 'UNPRICED'];

const MAX_DIGITS = 10n ** 30n - 1n;
/** Up to 30 digits, of which some stand behind the point. */
const amounts = fc
  .tuple(
    fc.oneof(fc.bigInt({ min: 1n, max: MAX_DIGITS }), fc.bigInt({ min: 1n, max: 10n ** 9n })),
    fc.nat(18),
  )
  .map(([digits, places]) => decimalOf(digits, places));

const investments = fc.record({
  pool: fc.constantFrom(...Object.keys(POOLS)),
  paid: amounts,
  tokens: amounts,
  paymentToken: fc.constantFrom(...PAYMENT_TOKENS),
  outcome: fc.constantFrom('pending', 'confirmed', 'confirmed', 'confirmed', 'failed', 'refunded'),
  /** Parts of the tokens that are claimed one after another, in thousandths of all of them. */
  claims: fc.array(fc.integer({ min: 1, max: 250 }), { maxLength: 3 }),
});
type DrawnInvestment = typeof investments extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const histories = fc.sample(fc.array(investments, { maxLength: 6 }), drawn(HISTORIES));

// ── The independent computation ──

const dollars = (amount: Exact, symbol: string | null): Exact | null => {
  const price = symbol === null ? undefined : PRICES[symbol];
  return price === undefined ? null : times(amount, exact(String(price)));
};

function byToken(group: readonly DrawnInvestment[]): { token: string; sum: Exact }[] {
  const tokens = [...new Set(group.map(({ paymentToken }) => paymentToken))].sort();
  return tokens.map((token) => ({
    token,
    sum: sumOf(group.filter(({ paymentToken }) => paymentToken === token).map(({ paid }) => exact(paid))),
  }));
}

const shownAmounts = (group: readonly DrawnInvestment[]) =>
  byToken(group).map(({ token, sum }) => ({ token, amount: written(sum) }));

function expectedPortfolio(history: readonly DrawnInvestment[]) {
  const confirmed = history.filter(({ outcome }) => outcome === 'confirmed');
  const groups = new Map<string, DrawnInvestment[]>();
  for (const investment of confirmed) {
    const key = POOLS[investment.pool]?.project ?? investment.pool;
    groups.set(key, [...(groups.get(key) ?? []), investment]);
  }
  const valued = [...groups.values()].map((group) => {
    const sale = POOLS[group[0]?.pool ?? ''] ?? null;
    const tokens = sumOf(group.map((investment) => exact(investment.tokens)));
    const value = dollars(tokens, sale?.owns ? sale.symbol : null);
    const payments = byToken(group).map(({ token, sum }) => dollars(sum, token));
    return { group, sale, tokens, value, paid: payments.includes(null) ? null : sumOf(payments as Exact[]) };
  });
  const known = (all: readonly (Exact | null)[]) => {
    const some = all.filter((each) => each !== null);
    return all.length > 0 && some.length === 0 ? null : nearest(sumOf(some));
  };
  const compared = valued.filter(({ value, paid }) => value !== null && paid !== null);
  const value = sumOf(compared.map((each) => each.value as Exact));
  const paid = sumOf(compared.map((each) => each.paid as Exact));
  const gain = times(minus(value, paid), { top: 100n, bottom: 1n });
  const unpriced = [
    ...valued.filter((each) => each.value === null).map(({ sale }) => sale?.symbol ?? '?'),
    ...byToken(confirmed).flatMap(({ token }) => (token in PRICES ? [] : [token])),
  ];
  return {
    invested: shownAmounts(confirmed),
    investedUsd: known(byToken(confirmed).map(({ token, sum }) => dollars(sum, token))),
    currentValueUsd: known(valued.map((each) => each.value)),
    profitPercent:
      paid.top === 0n ? null : nearest({ top: gain.top * paid.bottom, bottom: gain.bottom * paid.top }),
    holdings: valued
      .map(({ group, sale, tokens, value: worth }) => ({
        symbol: sale?.symbol ?? '?',
        projectId: sale?.project ?? null,
        tokenAmount: written(tokens),
        invested: shownAmounts(group),
        currentValueUsd: worth === null ? null : nearest(worth),
      }))
      .sort((one, other) => ((one.projectId ?? '') < (other.projectId ?? '') ? -1 : 1)),
    unpricedSymbols: [...new Set(unpriced)].sort(),
  };
}

/** In units of 10^-18. */
const unitsOf = (decimal: string) => {
  const { top, bottom } = exact(decimal);
  return (top * 10n ** 18n) / bottom;
};

const isPaid = ({ outcome }: DrawnInvestment) => outcome === 'confirmed' || outcome === 'refunded';

/** How much has been claimed in all behind each claim. */
function claimedInAll({ tokens, claims }: DrawnInvestment): bigint[] {
  let level = 0n;
  const levels: bigint[] = [];
  for (const part of claims) {
    const claim = (unitsOf(tokens) * BigInt(part)) / 1_000n;
    if (claim === 0n) continue;
    level += claim;
    levels.push(level);
  }
  return levels;
}

function expectedTransactions(history: readonly DrawnInvestment[]): string[] {
  return history
    .flatMap((investment) => {
      if (!isPaid(investment)) return [];
      const levels = claimedInAll(investment);
      const paid = `${written(exact(investment.paid))} ${investment.paymentToken}`;
      return [
        `payment ${paid} at ${CONFIRMED_AT}`,
        ...levels.map((level, at) => {
          const amount = { top: level - (levels[at - 1] ?? 0n), bottom: 10n ** 18n };
          return `claim ${written(amount)} ${POOLS[investment.pool]?.symbol ?? '?'} at ${CLAIMED_AT + at}`;
        }),
        ...(investment.outcome === 'refunded' ? [`refund ${paid} at ${REFUNDED_AT}`] : []),
      ];
    })
    .sort();
}

// ── The syncs ──

const INVESTED_AT = 1_000;
const CONFIRMED_AT = 2_000;
const CLAIMED_AT = 3_000;
const REFUNDED_AT = 4_000;

const userOf = (history: number) => `user-${history}`;

/** The record as the main API gives it at a time. */
function recordAt(
  drawn: DrawnInvestment,
  ids: { id: string; user_id: string },
  at: number,
): InvestmentRecord {
  const claims = claimedInAll(drawn).filter((_, index) => CLAIMED_AT + index <= at);
  const claimed = isPaid(drawn) ? (claims.at(-1) ?? 0n) : 0n;
  const isDecided = at >= CONFIRMED_AT;
  const beforeRefund = drawn.outcome === 'refunded' && at < REFUNDED_AT ? 'confirmed' : drawn.outcome;
  return {
    ...ids,
    pool_id: drawn.pool,
    investment_amount: drawn.paid,
    token_amount: drawn.tokens,
    token_price: '1',
    payment_token: drawn.paymentToken,
    status: (isDecided ? beforeRefund : 'pending') as InvestmentRecord['status'],
    total_claimed: written({ top: claimed, bottom: 10n ** 18n }),
    claimable_amount: '0',
    next_claim_date: null,
    transaction_hash: null,
    block_number: null,
    invested_at: INVESTED_AT,
    confirmed_at: isDecided && isPaid(drawn) ? CONFIRMED_AT : null,
    updated_at: at,
    sequence: null,
  };
}

async function syncAt(at: number): Promise<void> {
  const rows = histories.flatMap((history, number) =>
    history.map((drawn, place) =>
      investmentRow(recordAt(drawn, { id: `inv-${number}-${place}`, user_id: userOf(number) }, at)),
    ),
  );
  await env.DB.batch(investmentWrites(env.DB, rows, at));
}

beforeAll(async () => {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  await insertPools(
    Object.entries(POOLS).flatMap(([id, sale]) =>
      sale === null
        ? []
        : [{ id, project: { id: sale.project, symbol: sale.symbol, owns_symbol: sale.owns ? 1 : 0 } }],
    ),
  );
  for (const at of [INVESTED_AT, CONFIRMED_AT, CLAIMED_AT, CLAIMED_AT + 1, CLAIMED_AT + 2, REFUNDED_AT])
    await syncAt(at);
});

const prices = {
  bySymbol: async (symbol: string): Promise<PriceRecord | null> => {
    const priceUsd = PRICES[symbol];
    return priceUsd === undefined ? null : { symbol, priceUsd, lastUpdate: 1 };
  },
};

test(`portfolios of ${HISTORIES} drawn histories are right to the last digit`, async () => {
  const portfolios = createPortfolios(env.DB);
  for (const [number, history] of histories.entries()) {
    const { holdings, ...rest } = await portfolios.ofUser(userOf(number), prices);
    const values = holdings.map(({ currentValueUsd }) => currentValueUsd ?? -1);
    expect(values).toEqual(values.toSorted((one, other) => other - one));
    const byProject = holdings.toSorted((one, other) =>
      (one.projectId ?? '') < (other.projectId ?? '') ? -1 : 1,
    );
    expect({ ...rest, holdings: byProject }, `history ${number}`).toEqual(expectedPortfolio(history));
  }
});

test(`transactions of ${HISTORIES} drawn histories are right to the last digit`, async () => {
  const transactions = createTransactions(env.DB);
  let listed = 0;
  for (const [number, history] of histories.entries()) {
    const page = await transactions.page({ userId: userOf(number), after: null, limit: 100 });
    const shown = page.map(
      ({ kind, amount, token, occurredAt }) => `${kind} ${written(exact(amount))} ${token} at ${occurredAt}`,
    );
    expect(shown.sort(), `history ${number}`).toEqual(expectedTransactions(history));
    listed += page.length;
  }
  expect(listed).toBeGreaterThan(HISTORIES);
});
