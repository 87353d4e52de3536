/** The endpoints of `/api`, each registered once. */
import type { Endpoint } from './endpoint.ts';
import { PRICE_ENDPOINTS } from './prices.ts';
import { PROJECT_ENDPOINTS } from './projects.ts';

export const ENDPOINTS: readonly Endpoint[] = [...PROJECT_ENDPOINTS, ...PRICE_ENDPOINTS];
