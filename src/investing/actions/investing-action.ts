/** The parts that investing uses, and the request that asks. Each action is a function in a file of its own. */
import type { RateLimits } from '../../auth/rate-limits.ts';
import { type RejectionModel, rejection } from '../../auth/rejection.ts';
import type { RequestClient } from '../../auth/request-client.ts';
import type { UserRights } from '../../auth/user-rights.ts';
import type { CallTrace } from '../../upstream/http.ts';
import type { EligibilityRefresh } from '../eligibility-refresh.ts';
import type { Ledgers } from '../ledger-client.ts';

export interface InvestingSources {
  db: D1Database;
  ledgers: Ledgers;
  /** Asks the main API once, and stores its answer; null if it did not answer. Never rejects. */
  refreshRights(userId: string): Promise<UserRights | null>;
  eligibility: Pick<EligibilityRefresh, 'decision'>;
}

export interface InvestingRequest {
  viewerId: string | null;
  client: RequestClient;
  limits: RateLimits;
  requestId: string;
}

export interface InvestingAction {
  sources: InvestingSources;
  request: InvestingRequest;
}

/** @throws Error if nobody is signed in: the schema asks for that before. */
export function investorOf({ viewerId }: InvestingRequest): string {
  if (viewerId === null) throw new Error('nobody is signed in');
  return viewerId;
}

export const traceOf = ({ requestId, client }: InvestingRequest): CallTrace => ({
  requestId,
  traceparent: client.traceparent,
});

export const poolNotFound = (field: string[]): RejectionModel =>
  rejection('POOL_NOT_FOUND', 'There is no such pool.', field);

export const investmentNotFound = (field: string[]): RejectionModel =>
  rejection('INVESTMENT_NOT_FOUND', 'There is no such investment of yours.', field);
