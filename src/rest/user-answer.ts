import type { RestUserFragment } from '../../operations/generated/graphql.ts';
import { localId } from '../../schema/global-ids.ts';
import type { User } from './answers/user.ts';
import { lowerCase } from './lower-case.ts';
import { secondsOf } from './time.ts';

export function userAnswer(user: RestUserFragment): User {
  return {
    id: localId('User', user.id) ?? user.id,
    email: user.email,
    walletAddresses: user.walletAddresses,
    displayName: user.displayName,
    avatarUrl: user.avatarUrl,
    kycLevel: user.kycLevel,
    userLevel: user.userLevel,
    permissions: user.permissions.map(lowerCase),
    createdAt: secondsOf(user.createdAt),
  };
}
