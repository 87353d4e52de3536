import {
  countInvestments,
  type InvestmentPageQuery,
  type InvestmentRow,
  type InvestmentStatus,
  investmentPage,
  investmentsOfUser,
} from '../storage/d1/investments.ts';
import type { Keyed } from '../storage/d1/keyset.ts';
import { loaderOf } from './batching.ts';

export interface InvestmentLoader {
  /** Null if it is not the viewer's own. */
  ofViewer(id: string): Promise<InvestmentRow | null>;
  page(query: InvestmentPageQuery): Promise<Keyed<InvestmentRow>[]>;
  count(userId: string, status: InvestmentStatus | undefined): Promise<number>;
}

/** Made for each request. `viewerId` is null if nobody is signed in. */
export function createInvestmentLoader(db: D1Database, viewerId: string | null): InvestmentLoader {
  const ofViewer = loaderOf(async (ids: readonly string[]) =>
    viewerId === null ? new Map<string, InvestmentRow>() : investmentsOfUser(db, viewerId, ids),
  );
  return {
    ofViewer: (id) => ofViewer.load(id),
    page: (query) => investmentPage(db, query),
    count: (userId, status) => countInvestments(db, userId, status),
  };
}
