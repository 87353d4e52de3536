import { rejection } from '../../auth/rejection.ts';
import type { LedgerStep } from '../ledger-step.ts';
import type { LedgerRejection, RegisterRequest } from '../pool-ledger.ts';
import { isRegistrationOpen } from '../rules/pool-status.ts';
import { registrationCall } from '../upstream-bodies.ts';

/** Puts a person on the pool's list, once. */
export function register(step: LedgerStep, { userId }: RegisterRequest): LedgerRejection | null {
  const { terms, book, nowSeconds } = step;
  const member = step.member(userId);
  if (member.registered_at !== null) return null;
  if (!isRegistrationOpen(terms, nowSeconds)) {
    return rejection('POOL_NOT_OPEN', 'The pool is not open for registration.');
  }
  const id = step.newId();
  step.changeMember(member, { registered_at: nowSeconds, registration_id: id });
  step.enqueue(registrationCall(book.poolId, id, userId, nowSeconds));
  return null;
}
