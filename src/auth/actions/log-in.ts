import { replacePassword, type UserWithPassword, userByEmail } from '../../storage/d1/users.ts';
import { normalisedEmail } from '../email-address.ts';
import type { Verification } from '../password-hash.ts';
import { type RejectionModel, rejection } from '../rejection.ts';
import type { ActingViewer, Action } from './action.ts';
import { notAnAddress } from './register.ts';
import { type SignedInModel, signIn } from './sign-in.ts';

export interface Credentials {
  email: string;
  password: string;
  deviceToken?: string | null | undefined;
}

/** Signs in. An address without an account takes the same work, and gets the same answer as a wrong password. */
export async function logIn<User extends ActingViewer>(
  action: Action<User>,
  { password, deviceToken, ...input }: Credentials,
): Promise<SignedInModel<User> | RejectionModel> {
  const { db, deviceTokens, passwords, guesses, refreshRights } = action.sources;
  const email = normalisedEmail(input.email);
  if (email === null) return notAnAddress();
  const device = deviceToken ? deviceTokens.deviceOf(deviceToken, email) : null;
  await action.request.limits.take('login', { address: device === null ? email : null });
  const guess = await guesses.begin({ address: email, device });
  if (!guess.ok) return accountLocked(guess.retryAfterSeconds);
  const user = await userByEmail(db, email);
  const verification = await passwords.verify(password, user?.password_hash ?? null);
  if (user === null || !verification.matches) return invalidCredentials();
  await Promise.all([guess.succeeded(), refreshRights(user.id)]);
  renewHash(action, user, password, verification);
  return signIn(action, user.id, device);
}

/** Stores a hash of today's parameters, beside the answer. Another login renews it if there is no time to hash now. */
function renewHash<User extends ActingViewer>(
  { sources: { db, passwords }, request: { nowSeconds, waitUntil } }: Action<User>,
  { id, password_hash: known }: UserWithPassword,
  password: string,
  { isOutdated }: Verification,
): void {
  if (!isOutdated || known === null) return;
  const renewed = passwords
    .hash(password)
    .then((hash) => replacePassword(db, id, { known, hash, nowSeconds }));
  waitUntil(renewed.catch(() => undefined));
}

export const invalidCredentials = (field: string[] | null = null): RejectionModel =>
  rejection('INVALID_CREDENTIALS', 'The address and the password do not belong together.', field);

export const accountLocked = (seconds: number): RejectionModel =>
  rejection(
    'ACCOUNT_LOCKED',
    `Too many wrong passwords. Try again in ${seconds} seconds, or from a device that signed in before.`,
  );
