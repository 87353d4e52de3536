/** Acknowledgements of the main API: it counts an investment from then on. */
import type { LedgerStep } from '../ledger-step.ts';
import type { Investment } from '../ledger-tables.ts';
import type { UpstreamInvestment } from '../pool-ledger.ts';
import { isContained } from '../rules/containment.ts';

/** Not until it has stored the version of this sequence. */
export const notAcknowledged = (sequence: number) => ({
  living_sequence: sequence,
  acked_sequence: 0,
  living_ack_at: null,
  living_ack_revision: null,
  renewed_ack_at: null,
  renewed_ack_revision: null,
});

/** @param updatedAt when the main API had stored the version of this sequence */
export function acknowledgement(step: LedgerStep, sequence: number, updatedAt: number) {
  const revision = step.nextRevision();
  return {
    acked_sequence: sequence,
    living_ack_at: updatedAt,
    living_ack_revision: revision,
    renewed_ack_at: updatedAt,
    renewed_ack_revision: revision,
  };
}

/**
 * The main API has it as living, by a version of its present life. A later version, and a confirmation, renew the
 * acknowledgement: the main API may have failed it in between, without the ledger's knowledge.
 */
export function acknowledgeLiving(
  step: LedgerStep,
  investment: Investment,
  { status, updated_at }: Pick<UpstreamInvestment, 'status' | 'updated_at'>,
  sequence: number,
): Investment {
  const { living_sequence, acked_sequence, token_account } = investment;
  if (status !== 'pending' && status !== 'confirmed') return investment;
  if (sequence < living_sequence) return investment;
  const isFirst = investment.living_ack_at === null;
  const isConfirmedNow = status === 'confirmed' && investment.status !== 'confirmed';
  if (!isFirst && sequence <= acked_sequence && !isConfirmedNow) return investment;
  const ack = acknowledgement(step, Math.max(sequence, acked_sequence), updated_at);
  if (!isFirst) {
    const { acked_sequence: acked, renewed_ack_at, renewed_ack_revision } = ack;
    return step.changeUnseen(investment, { acked_sequence: acked, renewed_ack_at, renewed_ack_revision });
  }
  const isNow = isContained(step.snapshot, token_account !== null, { ...investment, ...ack });
  return step.changeUnseen(investment, {
    ...ack,
    is_contained: Number(investment.is_contained === 1 || isNow),
  });
}
