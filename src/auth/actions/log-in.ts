import { errorFields, log } from '../../observability/log.ts';
import { replacePassword, userByEmail } from '../../storage/d1/users.ts';
import { normalisedEmail } from '../email-address.ts';
import { isRejection, type RejectionModel } from '../rejection.ts';
import type { ActingViewer, Action } from './action.ts';
import { guessPassword, invalidCredentials } from './guess-password.ts';
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
  const { db, deviceTokens, refreshRights } = action.sources;
  const email = normalisedEmail(input.email);
  if (email === null) return notAnAddress();
  const device = deviceToken ? deviceTokens.deviceOf(deviceToken, email) : null;
  await action.request.limits.take('login', { address: device === null ? email : null });
  const readUser = () => userByEmail(db, email);
  const guess = { address: email, device, password, readUser, field: null };
  const guessed = await guessPassword(action.sources, guess);
  if (isRejection(guessed)) return guessed;
  const { id } = guessed.user;
  await refreshRights(id);
  const signedIn = await signIn(action, id, { proof: { passwordHash: guessed.hash }, device });
  // The password has changed meanwhile, or the account was closed.
  if (signedIn === null) return invalidCredentials(null);
  if (guessed.isOutdated) action.request.waitUntil(renewHash(action, id, guessed.hash, password));
  return signedIn;
}

/** Stores a hash of today's parameters. Another login renews it if there is no time to hash now. */
async function renewHash<User extends ActingViewer>(
  { sources: { db, passwords }, request: { nowSeconds } }: Action<User>,
  userId: string,
  known: string,
  password: string,
): Promise<void> {
  try {
    const hash = await passwords.hash(password);
    await replacePassword(db, userId, { known, hash, nowSeconds });
  } catch (error) {
    log.warn('users.password_not_renewed', errorFields(error));
  }
}
