/** Takes over what the main API says of an investment. An older record than the last one is ignored. */
import type { LedgerStep } from '../ledger-step.ts';
import type { Investment } from '../ledger-tables.ts';
import type { UpstreamInvestment } from '../pool-ledger.ts';
import { isContained } from '../rules/containment.ts';
import { confirm, refund, refuseUpstream } from './transitions.ts';

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
  if (record.updated_at < investment.upstream_updated_at) return;
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

/** One about an earlier version is about an earlier payment. */
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
  if (known.status !== 'pending' || sequence < known.sequence) return;
  refuseUpstream(step, known, { updatedAt: updated_at, isStrike: true });
}

/** The main API has it as living, by a version of its present life. */
export function acknowledgeLiving(
  step: LedgerStep,
  investment: Investment,
  { status, updated_at }: Pick<UpstreamInvestment, 'status' | 'updated_at'>,
  sequence: number,
): Investment {
  const isLivingThere = status === 'pending' || status === 'confirmed';
  if (!isLivingThere || investment.living_ack_at !== null || sequence < investment.living_sequence) {
    return investment;
  }
  const { release_sequence } = investment;
  if (release_sequence !== null && sequence >= release_sequence) return investment;
  const ack = { living_ack_at: updated_at, living_ack_ms: step.nowMs };
  const isIn = investment.is_contained === 1 || isNowContained(step, { ...investment, ...ack });
  return step.changeUnseen(investment, { ...ack, is_contained: Number(isIn) });
}

const isNowContained = (step: LedgerStep, investment: Investment) =>
  isContained(step.snapshot, investment.token_account !== null, investment);

/** Only a fact that changes is a change of the investment. */
function takeFacts(step: LedgerStep, investment: Investment, record: UpstreamInvestment): Investment {
  const facts = {
    total_claimed: record.total_claimed,
    claimable_amount: record.claimable_amount,
    next_claim_date: record.next_claim_date,
    block_number: record.block_number,
    transaction_hash: investment.transaction_hash ?? record.transaction_hash,
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

function noticeOnce(
  step: LedgerStep,
  kind: 'unknown_investment' | 'upstream_differs',
  investmentId: string,
  detail: string,
): void {
  if (step.sql.exec(NOTICED, kind, investmentId).toArray().length > 0) return;
  step.notice(kind, investmentId, detail);
}
