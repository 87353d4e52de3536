/** The account. */
import type { Resource } from './resource.ts';

export const account: Resource = [
  {
    method: 'GET',
    path: '/accounts/:accountId',
    handle: (_request, { accountId }) => ({ id: accountId, name: 'Simulated account', type: 'standard' }),
  },
];
