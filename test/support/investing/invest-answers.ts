/** Which answers of a ledger are right, judged from what an observer knows once the ledger has answered. */
import { RESERVATION_BLOCK_MAX_SECONDS, RESERVATION_BLOCK_SECONDS } from '../../../src/config.ts';
import type { InvestRequest, LedgerAnswer } from '../../../src/investing/pool-ledger.ts';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { fromUnits, toUnits, UNITS_OF_ONE } from '../../../src/storage/decimal-units.ts';
import type { EntryStatus } from './entry-reader.ts';
import { must } from './must.ts';
import { costOf, type SaleModel } from './sale-model.ts';

const STICKY_CODES = new Set(['SOLD_OUT', 'POOL_FULL', 'ABOVE_MAXIMUM']);

/** @returns false if the key was used before */
export function checkInvestAnswer(model: SaleModel, request: InvestRequest, answer: LedgerAnswer): boolean {
  const { userId } = request;
  const keyName = `${userId} ${request.idempotencyKey}`;
  const amountUnits = toUnits(request.amount);
  const known = model.keys.get(keyName);
  const isNew = 'investment' in answer && answer.created === true;
  if (known !== undefined) {
    must(!isNew, 'a known key makes nothing');
    const code = 'code' in answer ? answer.code : null;
    if (known.amountUnits !== amountUnits) must(code === 'IDEMPOTENCY_KEY_REUSED', 'a key has one input');
    else if ('code' in known) must(code === known.code, 'a refused key stays refused');
    else {
      const isSame = 'investment' in answer && answer.investment.id === known.investmentId;
      must(isSame, 'a key is one investment for ever');
    }
    return false;
  }
  const before = {
    hadOpenReservation: model.hasOpenReservation(userId),
    livingAmount: model.livingAmount(userId),
    isLivingHere: model.living(userId).length > 0,
  };
  if ('investment' in answer) {
    must(isNew, 'an investment of a new key is new');
    noteInvestment(model, request, answer.investment);
    model.keys.set(keyName, { amountUnits, investmentId: answer.investment.id });
  } else if (STICKY_CODES.has(answer.code)) {
    model.keys.set(keyName, { amountUnits, code: answer.code });
  }
  checkFirstAnswer(model, request, answer, before);
  return true;
}

function noteInvestment(model: SaleModel, request: InvestRequest, row: InvestmentRow): void {
  must(!model.investments.has(row.id), 'a new key is a new investment');
  must(row.user_id === request.userId && row.pool_id === request.pool.id, 'it is of this user and pool');
  must(row.reservation_expires_at !== null, 'a reservation runs out');
  if (request.elsewhere.isParticipant) model.person(request.userId).isParticipantElsewhere = true;
  model.investments.set(row.id, {
    id: row.id,
    userId: request.userId,
    units: toUnits(row.token_amount),
    amountUnits: toUnits(request.amount),
    expiresAt: row.reservation_expires_at,
    told: new Set(),
    failure: null,
    isRefused: false,
  });
}

/** `before` is the state of before the call, as far as the call changes it. */
function checkFirstAnswer(
  model: SaleModel,
  request: InvestRequest,
  answer: LedgerAnswer,
  before: { hadOpenReservation: boolean; livingAmount: bigint; isLivingHere: boolean },
): void {
  const { terms } = model;
  const { userId } = request;
  const amount = toUnits(request.amount);
  const person = model.person(userId);
  const code = 'code' in answer ? answer.code : null;
  const isNext = (refusal: string, ...holds: boolean[]) => {
    const [isPossible = false, isCertain = isPossible] = holds;
    if (code === refusal) must(isPossible, `${refusal} is true`);
    else must(!isCertain, `${refusal} is told before ${code ?? 'an allocation'}`);
    return code === refusal;
  };
  if (isNext('POOL_NOT_OPEN', !model.isOpen())) return;
  if (request.refusal !== null) {
    must(code === request.refusal.code, 'a refusal from outside is told');
    return;
  }
  const decimals = terms.payment_decimals ?? 0;
  const isFiner = amount % 10n ** BigInt(18 - decimals) !== 0n;
  const unsold = model.reader.balance('tokens:unsold');
  const tokens = (amount * UNITS_OF_ONE) / toUnits(terms.token_price);
  const isInvalid = amount <= 0n || isFiner || tokens === 0n;
  const needsRegistration =
    terms.registration_start !== null && !person.isRegistered && !request.elsewhere.isParticipant;
  // Whoever has bought holds a place.
  const hasBought = [...model.investments.values()].filter((own) => own.userId === userId).length > 0;
  if (isNext('NOT_REGISTERED', needsRegistration && !before.isLivingHere, needsRegistration && !hasBought))
    return;
  if (isNext('VALIDATION_FAILED', isInvalid)) return;
  const blocked = (from: number) =>
    person.strikes > 0 &&
    model.clockSeconds <
      from + Math.min(RESERVATION_BLOCK_SECONDS * 2 ** (person.strikes - 1), RESERVATION_BLOCK_MAX_SECONDS);
  const { hadOpenReservation } = before;
  const isLimited = [person.struckUntil, person.struckFrom].map(
    (from) => hadOpenReservation || blocked(from),
  );
  if (isNext('RESERVATION_LIMIT', ...isLimited)) return;
  const sum = before.livingAmount + toUnits(request.elsewhere.amount) + amount;
  const isBelow = sum < toUnits(terms.min_allocation);
  const cost = (units: bigint) => costOf(units, terms.token_price, decimals);
  if ('code' in answer) {
    const isLastPiece = amount === cost(unsold) && unsold > 0n;
    if (isNext('BELOW_MINIMUM', isBelow && !isLastPiece)) return;
    const isAbove = terms.max_allocation !== null && sum > toUnits(terms.max_allocation);
    if (isNext('ABOVE_MAXIMUM', isAbove)) return;
    const needsPlace = !before.isLivingHere && !request.elsewhere.isParticipant;
    const places = terms.max_participants ?? Number.POSITIVE_INFINITY;
    const most = model.mostParticipants();
    const participants = model.participants();
    // The snapshot may still count a place of theirs that they have given up.
    const hasPlace = participants.has(userId) || model.newest?.participants.has(userId);
    const isFull = participants.size >= places && !hasPlace;
    if (isNext('POOL_FULL', needsPlace && most >= places, needsPlace && isFull)) return;
    isNext('SOLD_OUT', tokens > unsold || (unsold > 0n && amount > cost(unsold)) || unsold === 0n);
    must(code === 'SOLD_OUT', `no refusal for ${code}`);
    return;
  }
  const units = toUnits(answer.investment.token_amount);
  const isLastPiece = unsold === 0n && amount === cost(units);
  must(isLastPiece || units === tokens, `${fromUnits(amount)} buy ${fromUnits(tokens)}, no more and no less`);
  must(!isBelow || isLastPiece, 'nobody is below the minimum, except with the last piece');
  must(
    terms.max_allocation === null || sum <= toUnits(terms.max_allocation),
    'a person stays in the maximum',
  );
  checkPlaces(model, userId);
  must(toUnits(answer.investment.investment_amount) === amount, 'the amount is the one asked for');
  must(answer.investment.token_price === terms.token_price, 'the price is the one of the pool');
}

/** To be called right after an allocation. */
export function checkAllocation(model: SaleModel): void {
  const owned = model.ownedUnits();
  const isThere = owned <= toUnits(model.terms.total_tokens);
  must(isThere, `no token is sold twice: ${fromUnits(owned)} of ${model.terms.total_tokens}`);
}

export function checkPlaces(model: SaleModel, userId: string): void {
  const { max_participants: places } = model.terms;
  const participants = model.participants();
  if (places === null || !participants.has(userId) || model.person(userId).isParticipantElsewhere) return;
  const hadPlace = model.newest?.participants.has(userId) || model.living(userId).length > 1;
  must(hadPlace || participants.size <= places, `no more than ${places} take part`);
}

/** A row and the public entries tell the same. */
export function checkRow(model: SaleModel, row: InvestmentRow): void {
  const status = model.reader.of(row.id)?.status;
  const expected: Record<EntryStatus, string> = {
    reserved: 'pending 0',
    submitted: 'pending 0',
    confirmed: 'confirmed 0',
    failed: 'failed 0',
    owed: 'failed 1',
    returned: 'refunded 0',
  };
  must(
    status !== undefined && status !== null && `${row.status} ${row.refund_due}` === expected[status],
    `${row.id} is ${status}, its row ${row.status} ${row.refund_due}`,
  );
  const hasReason = row.failure !== null;
  must(hasReason || row.status !== 'failed', 'a failure has a reason');
  // One that is refunded may have failed before.
  must(!hasReason || row.status === 'failed' || row.status === 'refunded', 'nothing else has a reason');
}
