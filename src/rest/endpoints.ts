/** The endpoints of `/api`, each registered once. */
import type { Endpoint } from './endpoint.ts';
import { IDO_POOL_ENDPOINTS } from './ido-pools.ts';
import { INVESTMENT_ENDPOINTS } from './investments.ts';
import { PORTFOLIO_ENDPOINTS } from './portfolio.ts';
import { PRICE_ENDPOINTS } from './prices.ts';
import { PROJECT_ENDPOINTS } from './projects.ts';
import { SIGN_IN_ENDPOINTS } from './sign-in.ts';
import { USER_ENDPOINTS } from './users.ts';

export const ENDPOINTS: readonly Endpoint[] = [
  ...PROJECT_ENDPOINTS,
  ...PRICE_ENDPOINTS,
  ...IDO_POOL_ENDPOINTS,
  ...INVESTMENT_ENDPOINTS,
  ...PORTFOLIO_ENDPOINTS,
  ...SIGN_IN_ENDPOINTS,
  ...USER_ENDPOINTS,
];
