/** Takes over what the main API says of an investment. An older record than the last one is ignored, but a confirmation. */
import { toUnits } from '../../storage/decimal-units.ts';
import type { LedgerStep } from '../ledger-step.ts';
import type { Investment } from '../ledger-tables.ts';
import type { UpstreamInvestment } from '../pool-ledger.ts';
import { acknowledgeLiving, notAcknowledged } from './acknowledgement.ts';
import { confirm, endedUpstream, giveUp, refund, refuseUpstream } from './transitions.ts';

const NOTICED = 'SELECT 1 AS found FROM notice WHERE kind = ? AND investment_id = ? LIMIT 1';

export function applyRecord(step: LedgerStep, record: UpstreamInvestment): void {
  const investment = step.investment(record.id);
  if (investment === null) {
    noticeOnce(
      step,
      'unknown_investment',
      record.id,
      'The main API has an investment that this ledger did not make.',
    );
    return;
  }
  if (record.updated_at < investment.upstream_updated_at && !isFirstConfirmation(investment, record)) return;
  noticeDifference(step, investment, record);
  const known = takeFacts(step, acknowledgeLiving(step, investment, record, record.sequence), record);
  switch (record.status) {
    case 'confirmed':
      applyConfirmed(step, known, investment, record);
      break;
    case 'refunded':
      if (known.status !== 'refunded') refund(step, known, record.updated_at);
      break;
    case 'failed':
      applyFailed(step, known, record);
      break;
    case 'pending':
      break;
    default:
      record.status satisfies never;
  }
}

/** Always wins: one record with a time in the future must not hide that a payment has come. */
const isFirstConfirmation = ({ status }: Investment, record: UpstreamInvestment): boolean =>
  record.status === 'confirmed' && (status === 'pending' || status === 'failed');

function applyConfirmed(
  step: LedgerStep,
  known: Investment,
  before: Investment,
  record: UpstreamInvestment,
): void {
  const { updated_at } = record;
  // A refund of the same second came after it.
  const isOld = known.status === 'refunded' && updated_at === before.upstream_updated_at;
  if (known.status === 'confirmed' || isOld) return;
  confirm(step, known, { confirmedAt: record.confirmed_at ?? updated_at, updatedAt: updated_at });
}

/**
 * One about an earlier version is about an earlier payment: it is passed over once. Made-up payments, each told of before
 * the last one fails, would hold the tokens for ever.
 */
function applyFailed(
  step: LedgerStep,
  known: Investment,
  { sequence, updated_at }: UpstreamInvestment,
): void {
  if (known.status === 'confirmed') {
    noticeOnce(
      step,
      'upstream_differs',
      known.id,
      'The main API says that a confirmed investment has failed.',
    );
  }
  if (known.status === 'failed' && known.release_ack_at === null) endedUpstream(step, known, updated_at);
  if (known.status !== 'pending') return;
  const { passed_over_sequence } = known;
  if (sequence >= known.sequence) {
    refuseUpstream(step, known, { updatedAt: updated_at, isStrike: true });
    return;
  }
  // The main API does not count it until it has stored the next version.
  const uncounted = { ...notAcknowledged(known.sequence), is_contained: 0 };
  const isPassedOverAgain = passed_over_sequence > 0 && sequence > passed_over_sequence;
  const passedOver = { passed_over_sequence: Math.max(sequence, passed_over_sequence) };
  const investment = step.changeUnseen(known, { ...uncounted, ...passedOver });
  if (isPassedOverAgain) giveUp(step, investment);
}

/** Only a fact that changes is a change of the investment. */
function takeFacts(step: LedgerStep, investment: Investment, record: UpstreamInvestment): Investment {
  const isPaid = record.status === 'confirmed' || record.status === 'refunded';
  const facts = {
    total_claimed: record.total_claimed,
    claimable_amount: record.claimable_amount,
    next_claim_date: record.next_claim_date,
    block_number: record.block_number,
    transaction_hash: investment.transaction_hash ?? (isPaid ? record.transaction_hash : null),
  };
  const isChanged = (Object.keys(facts) as (keyof typeof facts)[]).some(
    (name) => facts[name] !== investment[name],
  );
  const upstream = { upstream_updated_at: record.updated_at };
  if (isChanged) return step.change(investment, { ...facts, ...upstream });
  return record.updated_at === investment.upstream_updated_at
    ? investment
    : step.changeUnseen(investment, upstream);
}

/** The agreed amounts and the owner stay as they are here. */
function noticeDifference(step: LedgerStep, investment: Investment, record: UpstreamInvestment): void {
  const isSame =
    record.user_id === investment.user_id &&
    toUnits(record.investment_amount) === toUnits(investment.investment_amount) &&
    toUnits(record.token_amount) === toUnits(investment.token_amount);
  if (isSame) return;
  noticeOnce(step, 'upstream_differs', investment.id, 'The main API has another amount, or another owner.');
}

function noticeOnce(
  step: LedgerStep,
  kind: 'unknown_investment' | 'upstream_differs',
  investmentId: string,
  detail: string,
): void {
  if (step.sql.exec(NOTICED, kind, investmentId).toArray().length > 0) return;
  step.notice(kind, investmentId, detail);
}
