/** The rules by which a person may buy for an amount: the first that refuses gives the answer. */

import { rejection } from '../../auth/rejection.ts';
import { fromUnits, toUnits } from '../../storage/decimal-units.ts';
import { instant } from '../instant.ts';
import type { LedgerRejection, PoolTerms } from '../pool-ledger.ts';
import { allocate, costOfRest, parseAmount, paymentStep, tokensFor } from './allocation.ts';
import { statusAt } from './pool-status.ts';

export interface Sale {
  terms: PoolTerms;
  nowSeconds: number;
  /** Tokens that are left, in units. */
  rest: bigint;
  participants: number;
}

export interface Applicant {
  isRegistered: boolean;
  /** Takes no further place. */
  isParticipant: boolean;
  /** When their open reservation runs out; null if there is none. */
  openUntil: number | null;
  blockedUntil: number;
  /** Living investments through every channel, in units of the payment token. */
  invested: bigint;
  /** Why they may not invest, for reasons outside of the ledger. */
  refusal: LedgerRejection | null;
}

export interface Admitted {
  kind: 'admitted';
  amount: bigint;
  tokens: bigint;
}

const AMOUNT = ['input', 'amount'];

export function admit(amountText: string, sale: Sale, applicant: Applicant): Admitted | LedgerRejection {
  const { terms, nowSeconds, rest } = sale;
  const decimals = terms.payment_decimals;
  if (statusAt(terms, nowSeconds) !== 'active') return rejection('POOL_NOT_OPEN', notOpen(terms, nowSeconds));
  const price = toUnits(terms.token_price);
  if (price === 0n || decimals === null) return rejection('POOL_NOT_OPEN', 'The pool has no price yet.');
  if (applicant.refusal !== null) return applicant.refusal;
  if (needsRegistration(terms) && !applicant.isRegistered && !applicant.isParticipant) {
    return rejection('NOT_REGISTERED', 'Only those who registered for the pool can invest in it.');
  }
  const amount = parseAmount(amountText);
  if (amount === null || amount === 0n || amount % paymentStep(decimals) !== 0n) {
    const message = `The amount must be above 0, with at most ${decimals} digits after the point.`;
    return rejection('VALIDATION_FAILED', message, AMOUNT);
  }
  if (tokensFor(amount, price) === 0n)
    return rejection('VALIDATION_FAILED', 'The amount buys no token.', AMOUNT);
  const limited = whyLimited(applicant, nowSeconds);
  if (limited !== null) return limited;
  const cost = costOfRest(rest, price, decimals);
  if (applicant.invested + amount < toUnits(terms.min_allocation) && amount !== cost) {
    return rejection(
      'BELOW_MINIMUM',
      `The least that a person can invest is ${terms.min_allocation}.`,
      AMOUNT,
    );
  }
  if (isAboveMaximum(terms, applicant.invested + amount)) {
    const message = `The most that a person can invest is ${terms.max_allocation}, all of their investments together.`;
    return rejection('ABOVE_MAXIMUM', message, AMOUNT);
  }
  if (isFull(sale, applicant))
    return rejection('POOL_FULL', 'The pool has as many participants as it can take.');
  const tokens = allocate(amount, { rest, price, decimals });
  if (tokens !== null) return { kind: 'admitted', amount, tokens };
  const left = rest === 0n ? 'No tokens are left.' : `The tokens that are left cost ${fromUnits(cost)}.`;
  return rejection('SOLD_OUT', left);
}

/** The main API decides who may take part in other pools, those who registered through other channels too. */
const needsRegistration = ({ pool_type, registration_start }: PoolTerms) =>
  pool_type === 'public' && registration_start !== null;

export const isAboveMaximum = ({ max_allocation }: PoolTerms, invested: bigint): boolean =>
  max_allocation !== null && invested > toUnits(max_allocation);

/** No place is left for somebody who has none yet. */
export const isFull = (
  { terms, participants }: Sale,
  { isParticipant }: Pick<Applicant, 'isParticipant'>,
): boolean => !isParticipant && terms.max_participants !== null && participants >= terms.max_participants;

function whyLimited({ openUntil, blockedUntil }: Applicant, nowSeconds: number): LedgerRejection | null {
  if (openUntil !== null) {
    return rejection('RESERVATION_LIMIT', `Another reservation is open until ${instant(openUntil)}.`);
  }
  if (blockedUntil <= nowSeconds) return null;
  return rejection(
    'RESERVATION_LIMIT',
    `Reservations ran out unpaid: the next is possible from ${instant(blockedUntil)}.`,
  );
}

function notOpen(terms: PoolTerms, nowSeconds: number): string {
  const status = statusAt(terms, nowSeconds);
  if (status === 'cancelled') return 'The pool is cancelled.';
  return status === 'completed' ? 'The sale is over.' : `The sale begins at ${instant(terms.sale_start)}.`;
}
