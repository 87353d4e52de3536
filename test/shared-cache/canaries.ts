/**
 * Two users whose every value is a canary: a text that stands nowhere else, so that where it turns up says who was
 * shown what. The rows that D1 holds of them are the simulated upstream's, and no less theirs.
 */

import { encodeGlobalId } from '../../schema/global-ids.ts';

export const USER_NAMES = ['first', 'second'] as const;
export type UserName = (typeof USER_NAMES)[number];

/** Stands in every canary that is a text, and in nothing else of the project. */
export const CANARY = 'canary';

/** Who the upstream has investments of. */
export const USER_IDS: Record<UserName, string> = { first: 'usr_0002', second: 'usr_0003' };

/** In the form of a header's value. A cookie with it signs nobody in. */
export const credentialOf = (name: UserName) => `${CANARY}-credential-of-the-${name}`;

export function userNameOf(header: string | null): UserName | null {
  return USER_NAMES.find((name) => header?.includes(credentialOf(name))) ?? null;
}

export const canaryText = (name: UserName, what: string) => `${CANARY}-${what}-of-the-${name}`;

/** Too long to come about by chance. */
export const canaryNumber = (name: UserName, place: number) =>
  `${name === 'first' ? '7717' : '9919'}0000000${place}.00000000000000000${place + 1}`;

/** What a user's page shows of them; what D1 holds of them is beside it. */
export const CANARY_TEXTS = [
  'email',
  'wallet',
  'second-wallet',
  'display-name',
  'avatar',
  'session',
  'user-agent',
  'address',
  'payment-token',
  'transaction-hash',
] as const;
export const CANARY_NUMBERS = { invested: 1, tokens: 2 } as const;

/** As the API shows it: the id of a session is a global id. */
const shown = (what: string, text: string) => (what === 'session' ? encodeGlobalId('Session', text) : text);

export function canariesOf(name: UserName): string[] {
  return [
    ...CANARY_TEXTS.map((what) => shown(what, canaryText(name, what))),
    ...Object.values(CANARY_NUMBERS).map((place) => canaryNumber(name, place)),
  ];
}
