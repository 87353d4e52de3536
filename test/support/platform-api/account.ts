/** The account, its members' view of it, and the token. */
import type { Resource } from './resource.ts';

export const account: Resource = [
  {
    method: 'GET',
    path: '/user/tokens/verify',
    handle: () => ({ id: '5'.repeat(32), status: 'active' }),
  },
  {
    method: 'GET',
    path: '/accounts/:accountId',
    handle: (_request, { accountId }) => ({ id: accountId, name: 'Simulated account', type: 'standard' }),
  },
];
