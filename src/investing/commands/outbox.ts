/** Calls of the main API that a ledger has yet to make. The calls of one subject leave one after another. */

import {
  LEDGER_BACKOFF_MAX_MS,
  LEDGER_BACKOFF_MS,
  LEDGER_CALL_LEASE_MS,
  LEDGER_ORDER_MAX_ATTEMPTS,
} from '../../settings/investing-limits.ts';
import { BOUND_LIMIT } from '../../storage/bound-limit.ts';
import type { LedgerStep } from '../ledger-step.ts';
import { calls, claims, type Investment, type StoredCall } from '../ledger-tables.ts';
import type { LedgerStorage, OutboxRow, StoredInvestment, UpstreamRefusal } from '../ledger-types.ts';
import { acknowledgeLiving } from './acknowledgement.ts';
import { applyRecord } from './apply-records.ts';
import { refuseClaim } from './claim.ts';
import { endedUpstream, refuseUpstream } from './transitions.ts';

/** The main API has not answered it, or the call of its subject before it, for so long. */
const STUCK = `EXISTS (SELECT 1 FROM outbox AS head WHERE head.subject = release.subject AND head.is_first = 1
  AND head.attempts >= ${LEDGER_ORDER_MAX_ATTEMPTS})`;
/**
 * A call that takes tokens waits for those before it that release some: the main API would refuse it for good, for
 * tokens that are free here. It does not wait for a release that is stuck.
 */
const MAY_LEAVE = `is_first = 1 AND (effect <> 'takes' OR place < coalesce(
  (SELECT min(place) FROM outbox AS release WHERE effect = 'releases' AND NOT ${STUCK}), place + 1))`;
const DUE = `WHERE ${MAY_LEAVE} AND due_ms <= ? ORDER BY due_ms, place ${BOUND_LIMIT}`;
const NEXT_DUE = `SELECT min(due_ms) AS due FROM outbox WHERE ${MAY_LEAVE}`;
const DELETE = 'DELETE FROM outbox WHERE subject = ? AND sequence = ?';
const NEXT_FIRST = `UPDATE outbox SET is_first = 1, due_ms = ?
  WHERE place = (SELECT min(place) FROM outbox WHERE subject = ?)`;

export const dueCalls = (sql: LedgerStorage['sql'], nowMs: number, limit: number): OutboxRow[] =>
  calls.select(sql, DUE, nowMs, limit).map((call) => ({
    kind: call.kind,
    subject: call.subject,
    sequence: call.sequence,
    body: call.body,
    attempts: call.attempts,
    recordedAtMs: call.recorded_ms,
    trace: call.request_id === null ? null : { requestId: call.request_id, traceparent: call.traceparent },
  }));

/** The time at which the next call is due; null if there is none. */
export const nextCallMs = (sql: LedgerStorage['sql']): number | null =>
  sql.exec<{ due: number | null }>(NEXT_DUE).toArray()[0]?.due ?? null;

/** A call of which nobody reports is due again after the lease. */
export function sending(step: LedgerStep, row: OutboxRow): void {
  const call = stored(step, row);
  if (call === null) return;
  calls.save(step.sql, { ...call, attempts: call.attempts + 1, due_ms: step.nowMs + LEDGER_CALL_LEASE_MS });
  if (row.kind !== 'investment') return;
  const investment = step.investment(row.subject);
  if (investment?.release_sequence === row.sequence && investment.release_sent_ms === null) {
    step.changeUnseen(investment, { release_sent_ms: step.nowMs });
  }
}

/** The pause doubles with each attempt; its second half is drawn, so that calls do not come back together. */
export function postpone(step: LedgerStep, row: OutboxRow): void {
  const call = stored(step, row);
  if (call === null) return;
  const pauseMs = Math.min(LEDGER_BACKOFF_MS * 2 ** Math.max(0, call.attempts - 1), LEDGER_BACKOFF_MAX_MS);
  const drawnMs = Math.round((pauseMs / 2) * (1 + step.deps.random()));
  calls.save(step.sql, { ...call, due_ms: step.nowMs + drawnMs });
}

export function acknowledge(step: LedgerStep, row: OutboxRow, record: StoredInvestment): void {
  if (stored(step, row) === null) return;
  remove(step, row);
  if (row.kind === 'claim') {
    const asked = claims.byKey(step.sql, row.subject);
    if (asked !== undefined)
      claims.save(step.sql, { ...asked, status: 'stored', revision: asked.revision + 1 });
  }
  const investment = row.kind === 'investment' ? step.investment(row.subject) : null;
  if (investment === null || record === null) return;
  if (row.sequence === investment.release_sequence) {
    const ack = { release_ack_at: record.updated_at, release_ack_revision: step.nextRevision() };
    step.changeUnseen(investment, ack);
  } else acknowledgeLiving(step, investment, record, row.sequence);
  applyRecord(step, { ...record, id: row.subject, sequence: Math.max(record.sequence ?? 0, row.sequence) });
}

/** Refused for good. An investment gets no further versions, and none of those that wait. */
export function refuse(step: LedgerStep, row: OutboxRow, refusal: UpstreamRefusal): void {
  if (stored(step, row) === null) return;
  if (row.kind === 'investment') {
    step.dropCalls(row.subject);
    refuseInvestment(step, row.subject, refusal);
    return;
  }
  remove(step, row);
  if (row.kind === 'registration') refuseRegistration(step, row, refusal);
  else {
    const asked = claims.byKey(step.sql, row.subject);
    if (asked === undefined) return;
    refuseClaim(step, asked);
    step.notice('claim_refused', asked.investment_id, whyRefused(refusal));
  }
}

function refuseInvestment(step: LedgerStep, id: string, refusal: UpstreamRefusal): void {
  const investment = step.investment(id);
  if (investment === null) return;
  step.notice('refused', id, whyRefused(refusal));
  const refused =
    investment.token_account === 'tokens:reserved'
      ? refuseUpstream(step, investment, { updatedAt: null, isStrike: false })
      : endedIfOver(step, investment);
  step.changeUnseen(refused, { is_refused: 1 });
}

const endedIfOver = (step: LedgerStep, investment: Investment): Investment =>
  investment.token_account === null ? endedUpstream(step, investment, null) : investment;

function refuseRegistration(step: LedgerStep, row: OutboxRow, refusal: UpstreamRefusal): void {
  const { user_id } = JSON.parse(row.body) as { user_id: string };
  const member = step.member(user_id);
  if (member.registration_id !== row.subject) return;
  step.changeMember(member, { registered_at: null, registration_id: null });
  step.notice('registration_refused', null, whyRefused(refusal));
}

/** The message may name somebody. */
const whyRefused = ({ code }: UpstreamRefusal) => `The main API refuses it: ${code.slice(0, 100)}.`;

/** Null if it was answered before. */
const stored = ({ sql }: LedgerStep, { subject, sequence }: OutboxRow): StoredCall | null =>
  calls.byKey(sql, subject, sequence) ?? null;

function remove(step: LedgerStep, { subject, sequence }: OutboxRow): void {
  step.sql.exec(DELETE, subject, sequence);
  step.sql.exec(NEXT_FIRST, step.nowMs, subject);
  step.figuresChanged();
}
