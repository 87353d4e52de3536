/** The endpoints of `/api`, each registered once. */
import type { Endpoint } from './endpoint.ts';
import { PRICE_ENDPOINTS } from './prices.ts';
import { PROJECT_ENDPOINTS } from './projects.ts';
import { SIGN_IN_ENDPOINTS } from './sign-in.ts';
import { USER_ENDPOINTS } from './users.ts';

export const ENDPOINTS: readonly Endpoint[] = [
  ...PROJECT_ENDPOINTS,
  ...PRICE_ENDPOINTS,
  ...SIGN_IN_ENDPOINTS,
  ...USER_ENDPOINTS,
];
