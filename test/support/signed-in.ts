/** Users of tests: whoever says who they are is believed, until when they say. */
import { unauthenticated } from '../../schema/errors.ts';
import type { VerifiedToken } from '../../src/auth/viewers.ts';
import type { Viewer } from '../../src/graphql/context.ts';

export interface SignedIn {
  user: string;
  session: string;
  /** Unix seconds. */
  expiresAt: number;
}

export const authorizationOf = ({ user, session, expiresAt }: SignedIn) =>
  `Bearer ${user}/${session}/${expiresAt}`;

/** They are signed in until their token expires. */
export async function viewersOfTests(tokens: readonly VerifiedToken[]): Promise<Map<string, Viewer>> {
  const signedIn = tokens.map(({ userId, sessionId, expiresAt }) =>
    viewerOfTests(authorizationOf({ user: userId, session: sessionId, expiresAt })),
  );
  const viewers = (await Promise.all(signedIn)).filter((viewer) => viewer !== null);
  return new Map(viewers.map((viewer) => [viewer.sessionId, viewer]));
}

/** @throws GraphQLError where it has expired, or is of another form. */
export async function viewerOfTests(authorization: string | null): Promise<Viewer | null> {
  if (authorization === null) return null;
  const said = /^Bearer ([^/]+)\/([^/]+)\/(\d+)$/.exec(authorization);
  if (said === null) throw unauthenticated('The token is of another form.');
  const [, id = '', sessionId = '', until = ''] = said;
  if (Number(until) * 1000 <= Date.now()) {
    throw unauthenticated('The token has expired.');
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
    signedInAt: 1_700_000_000,
    sessionId,
    expiresAt: Number(until),
    sessions: async () => null,
  };
}
