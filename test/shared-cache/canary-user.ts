import { env } from 'cloudflare:workers';
import type { Viewer } from '../../src/graphql/context.ts';
import { type CANARY_TEXTS, canaryText, USER_IDS, type UserName } from './canaries.ts';

const OPENED_AT = 1_700_000_000;

/** A signed-in user, whose values are canaries. */
export function canaryUser(name: UserName): Viewer {
  const text = (what: (typeof CANARY_TEXTS)[number]) => canaryText(name, what);
  return {
    id: USER_IDS[name],
    email: text('email'),
    walletAddresses: [text('wallet'), text('second-wallet')],
    displayName: text('display-name'),
    avatarUrl: `${env.PUBLIC_ORIGIN}/files/users/avatars/${USER_IDS[name]}.webp?v=${text('avatar')}`,
    kycLevel: 3,
    userLevel: 5,
    permissions: ['read', 'invest'],
    createdAt: OPENED_AT,
    signedInAt: 1_700_000_000,
    sessionId: 'session',
    expiresAt: 4_102_444_800,
    sessions: async () => [
      {
        id: text('session'),
        userAgent: text('user-agent'),
        ipAddress: text('address'),
        createdAt: OPENED_AT,
        lastActivityAt: OPENED_AT,
        current: true,
      },
    ],
  };
}
