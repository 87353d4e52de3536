import { replacePassword, userWithPassword } from '../../storage/d1/users.ts';
import { passwordRejection } from '../password-policy.ts';
import { isRejection, type RejectionModel } from '../rejection.ts';
import { type ActingViewer, type Action, actingViewer } from './action.ts';
import { guessPassword, invalidCredentials } from './guess-password.ts';
import { type SignedInModel, signIn } from './sign-in.ts';

const CURRENT_PASSWORD = ['input', 'currentPassword'];

export interface PasswordChange {
  currentPassword: string;
  newPassword: string;
}

/** Changes the password, ends every session of the user, and begins another on this device. */
export async function changePassword<User extends ActingViewer>(
  action: Action<User>,
  { currentPassword, newPassword }: PasswordChange,
): Promise<SignedInModel<User> | RejectionModel> {
  const { db, passwords, sessions } = action.sources;
  const { limits, nowSeconds } = action.request;
  const { id, email, displayName, sessionId } = actingViewer(action.request);
  const refused = passwordRejection(newPassword, { email, displayName, field: ['input', 'newPassword'] });
  if (refused !== null) return refused;
  await limits.take('changePassword', { userId: id });
  // Guesses of a session count for themselves: they keep nobody from signing in.
  const guessed = await guessPassword(action.sources, {
    address: `user:${id}`,
    device: null,
    password: currentPassword,
    readUser: () => userWithPassword(db, id),
    field: CURRENT_PASSWORD,
  });
  if (isRejection(guessed)) return guessed;
  const hash = await passwords.hash(newPassword);
  // Another request has changed it in the meantime.
  if (!(await replacePassword(db, id, { known: guessed.hash, hash, nowSeconds })))
    return invalidCredentials(CURRENT_PASSWORD);
  const device = (await sessions.ofUser(id)).find((session) => session.id === sessionId)?.device ?? null;
  await sessions.endAll(id);
  return (
    (await signIn(action, id, { proof: { passwordHash: hash }, device })) ??
    invalidCredentials(CURRENT_PASSWORD)
  );
}
