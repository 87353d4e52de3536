import { claimableAmount } from '../storage/claimable-amount.ts';
import {
  countInvestments,
  type InvestmentPageQuery,
  type InvestmentRow,
  type InvestmentStatus,
  investmentPage,
  investmentsOfUser,
} from '../storage/d1/investments.ts';
import { loaderOf } from './batching.ts';

/** Made for each request. `viewerId` is null if nobody is signed in. */
export function createInvestmentLoader(db: D1Database, viewerId: string | null) {
  const ofViewer = loaderOf(async (ids: readonly string[]) =>
    viewerId === null ? new Map<string, InvestmentRow>() : investmentsOfUser(db, viewerId, ids),
  );
  return {
    /** Null if it is not the viewer's own. */
    ofViewer: (id: string) => ofViewer.load(id),
    claimableAmount,
    page: (query: InvestmentPageQuery) => investmentPage(db, query),
    count: (userId: string, status: InvestmentStatus | undefined) => countInvestments(db, userId, status),
  };
}
