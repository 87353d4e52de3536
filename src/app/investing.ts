/** The parts of an isolate that investing uses. */
import { refreshRights } from '../auth/user-rights.ts';
import type { InvestingSources } from '../investing/actions/investing-action.ts';
import { EligibilityRefresh } from '../investing/eligibility-refresh.ts';
import { ledgersOf } from '../investing/ledger-client.ts';
import type { MainApi } from '../upstream/main-api.ts';
import { nowMs, nowSeconds } from './runtime.ts';

/** @param mainApi its time limit is that of a request which can do without an answer */
export function createInvestingSources(
  env: Pick<Env, 'DB' | 'IDO_MANAGER'>,
  mainApi: Pick<MainApi, 'userStats' | 'eligibleUsers'>,
): InvestingSources {
  return {
    eligibility: new EligibilityRefresh({ db: env.DB, mainApi, nowMs }),
    db: env.DB,
    ledgers: ledgersOf(env.IDO_MANAGER),
    refreshRights: (userId) => refreshRights(env.DB, mainApi, userId, nowSeconds()),
  };
}
