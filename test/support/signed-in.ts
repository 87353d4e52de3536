/** Users of tests: whoever says who they are is believed, until when they say. */
import { GraphQLError } from 'graphql';
import type { Viewer } from '../../src/graphql/context.ts';

export interface SignedIn {
  user: string;
  session: string;
  /** Unix seconds. */
  expiresAt: number;
}

export const authorizationOf = ({ user, session, expiresAt }: SignedIn) =>
  `Bearer ${user}/${session}/${expiresAt}`;

/** @throws GraphQLError where it has expired. */
export async function viewerOfTests(request: Request): Promise<Viewer | null> {
  const said = /^Bearer ([^/]+)\/([^/]+)\/(\d+)$/.exec(request.headers.get('authorization') ?? '');
  if (said === null) return null;
  const [, id = '', sessionId = '', until = ''] = said;
  if (Number(until) * 1000 <= Date.now()) {
    throw new GraphQLError('The token has expired.', { extensions: { code: 'UNAUTHENTICATED' } });
  }
  return {
    id,
    email: null,
    walletAddresses: [],
    displayName: id,
    avatarUrl: null,
    kycLevel: 0,
    userLevel: 0,
    permissions: ['read'],
    createdAt: 1_700_000_000,
    sessionId,
    expiresAt: Number(until),
    portfolio: async () => null,
    transactions: async () => [],
    sessions: async () => null,
  };
}
