/**
 * A portfolio: what confirmed investments have bought, and its value at live prices.
 *
 * Sums are exact. Only a finished sum of dollars becomes a floating-point number, so it is the nearest one.
 */
import Big from 'big.js';
import type { ConfirmedPurchase } from '../storage/d1/confirmed-purchases.ts';
import { fromUnits, toUnits } from '../storage/decimal-units.ts';
import { canonicalSymbol } from '../upstream/price-symbols.ts';
import { UNKNOWN_SYMBOL } from './unknown-symbol.ts';

export interface TokenAmount {
  token: string;
  /** A decimal. */
  amount: string;
}

export interface Holding {
  /** `?` if the project is not known. */
  symbol: string;
  projectId: string | null;
  /** A decimal. */
  tokenAmount: string;
  invested: TokenAmount[];
  currentValueUsd: number | null;
}

export interface Portfolio {
  invested: TokenAmount[];
  investedUsd: number | null;
  currentValueUsd: number | null;
  /** Of the holdings whose tokens and payments all have live prices. */
  profitPercent: number | null;
  /** The most valuable first; those without a live price last, by symbol. */
  holdings: Holding[];
  unpricedSymbols: string[];
}

/** US dollars for one token, by symbol, for those that have a live price. */
export type LivePrices = ReadonlyMap<string, number>;

/** Each once: those of the tokens, and of what was paid for them. */
export function symbolsToPrice(purchases: readonly ConfirmedPurchase[]): string[] {
  const symbols = purchases.flatMap((purchase) => [priceSymbol(purchase), paymentSymbol(purchase)]);
  return [...new Set(symbols.filter((symbol) => symbol !== null))];
}

/** @param prices of `symbolsToPrice` */
export function portfolioOf(purchases: readonly ConfirmedPurchase[], prices: LivePrices): Portfolio {
  const groups = [...Map.groupBy(purchases, holdingKey).values()].map((group) => valued(group, prices));
  const invested = amountsByToken(purchases);
  const comparable = groups.filter(({ value, paid }) => value !== null && paid !== null);
  return {
    invested,
    investedUsd: sumOfKnown(invested.map((amount) => usdOf(amount, prices))),
    currentValueUsd: sumOfKnown(groups.map(({ value }) => value)),
    profitPercent: percentOver(
      total(comparable.map(({ value }) => value)),
      total(comparable.map(({ paid }) => paid)),
    ),
    holdings: groups.map(({ holding }) => holding).sort(byValue),
    unpricedSymbols: unpriced(groups, invested, prices),
  };
}

interface Valued {
  holding: Holding;
  /** US dollars, exact. */
  value: Big | null;
  /** US dollars, exact; null if a payment token has no live price. */
  paid: Big | null;
}

/** One project's tokens; several projects may have one symbol. Without a project, one pool's. */
const holdingKey = ({ project_id, pool_id }: ConfirmedPurchase) =>
  project_id === null ? `pool ${pool_id}` : `project ${project_id}`;

const paymentSymbol = ({ payment_token }: ConfirmedPurchase) => canonicalSymbol(payment_token);

/** Null if no price is that of its project. */
const priceSymbol = ({ symbol, owns_symbol }: ConfirmedPurchase) =>
  symbol !== null && owns_symbol === 1 ? canonicalSymbol(symbol) : null;

function valued(
  group: readonly [ConfirmedPurchase, ...ConfirmedPurchase[]] | ConfirmedPurchase[],
  prices: LivePrices,
): Valued {
  const [first] = group;
  if (first === undefined) throw new Error('a holding is of no purchase');
  const tokenAmount = fromUnits(sum(group.map((purchase) => purchase.token_amount)));
  const symbol = priceSymbol(first);
  const value = symbol === null ? null : usdOf({ token: symbol, amount: tokenAmount }, prices);
  const invested = amountsByToken(group);
  const payments = invested.map((amount) => usdOf(amount, prices));
  return {
    holding: {
      symbol: first.symbol ?? UNKNOWN_SYMBOL,
      projectId: first.project_id,
      tokenAmount,
      invested,
      currentValueUsd: value?.toNumber() ?? null,
    },
    value,
    paid: payments.includes(null) ? null : total(payments),
  };
}

/** By token, in its order. */
function amountsByToken(purchases: readonly ConfirmedPurchase[]): TokenAmount[] {
  const byToken = Map.groupBy(purchases, paymentSymbol);
  return [...byToken]
    .sort(([left], [right]) => inOrder(left, right))
    .map(([token, group]) => ({
      token,
      amount: fromUnits(sum(group.map((purchase) => purchase.investment_amount))),
    }));
}

function usdOf({ token, amount }: TokenAmount, prices: LivePrices): Big | null {
  const price = prices.get(token);
  return price === undefined ? null : new Big(amount).times(price);
}

const sum = (decimals: readonly string[]) =>
  decimals.reduce((units, decimal) => units + toUnits(decimal), 0n);

const total = (amounts: readonly (Big | null)[]) =>
  amounts.reduce<Big>((sum, amount) => (amount === null ? sum : sum.plus(amount)), new Big(0));

/** Null if there are amounts, and none is known. */
const sumOfKnown = (amounts: readonly (Big | null)[]): number | null =>
  amounts.length > 0 && amounts.every((amount) => amount === null) ? null : total(amounts).toNumber();

/** Its quotients have more digits than a floating-point number. */
const Quotient = Big();
Quotient.DP = 60;

const percentOver = (value: Big, paid: Big): number | null =>
  paid.eq(0) ? null : new Quotient(value).minus(paid).times(100).div(paid).toNumber();

function unpriced(groups: readonly Valued[], invested: readonly TokenAmount[], prices: LivePrices): string[] {
  const tokens = groups.filter(({ value }) => value === null).map(({ holding }) => holding.symbol);
  const payments = invested.filter(({ token }) => !prices.has(token)).map(({ token }) => token);
  return [...new Set([...tokens, ...payments])].sort(inOrder);
}

const inOrder = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0);

const byValue = (left: Holding, right: Holding) =>
  (right.currentValueUsd ?? -1) - (left.currentValueUsd ?? -1) ||
  inOrder(left.symbol, right.symbol) ||
  inOrder(left.projectId ?? '', right.projectId ?? '');
