import { replacePassword, userWithPassword } from '../../storage/d1/users.ts';
import { passwordRejection } from '../password-policy.ts';
import type { RejectionModel } from '../rejection.ts';
import { type ActingViewer, type Action, actingViewer } from './action.ts';
import { accountLocked, invalidCredentials } from './log-in.ts';
import { type SignedInModel, signIn } from './sign-in.ts';

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
}

/** Changes the password, ends every session of the user, and begins another on this device. */
export async function changePassword<User extends ActingViewer>(
  action: Action<User>,
  { currentPassword, newPassword }: PasswordChange,
): Promise<SignedInModel<User> | RejectionModel> {
  const { db, passwords, guesses, sessions } = action.sources;
  const { limits, nowSeconds } = action.request;
  const { id, email, displayName, sessionId } = actingViewer(action.request);
  const refused = passwordRejection(newPassword, { email, displayName, field: ['input', 'newPassword'] });
  if (refused !== null) return refused;
  await limits.take('changePassword', { userId: id });
  // Guesses of a session count for themselves: they keep nobody from signing in.
  const guess = await guesses.begin({ address: `user:${id}`, device: null });
  if (!guess.ok) return accountLocked(guess.retryAfterSeconds);
  const known = (await userWithPassword(db, id))?.password_hash ?? null;
  const { matches } = await passwords.verify(currentPassword, known);
  const wrong = invalidCredentials(['input', 'currentPassword']);
  if (!matches || known === null) return wrong;
  await guess.succeeded();
  const hash = await passwords.hash(newPassword);
  // Another request has changed it in the meantime.
  if (!(await replacePassword(db, id, { known, hash, nowSeconds }))) return wrong;
  const device = (await sessions.ofUser(id)).find((session) => session.id === sessionId)?.device ?? null;
  await sessions.endAll(id);
  return signIn(action, id, device);
}
