import { openWithPassword } from '../../storage/d1/users.ts';
import { displayNameRejection, normalisedDisplayName } from '../display-name.ts';
import { normalisedEmail } from '../email-address.ts';
import { passwordRejection } from '../password-policy.ts';
import { type RejectionModel, rejection } from '../rejection.ts';
import type { ActingViewer, Action } from './action.ts';
import { invalidCredentials } from './guess-password.ts';
import { type SignedInModel, signIn } from './sign-in.ts';

export interface Registration {
  email: string;
  password: string;
  displayName?: string | null | undefined;
}

/** Opens an account and signs in. The password is hashed also if the address turns out to be taken. */
export async function register<User extends ActingViewer>(
  action: Action<User>,
  { password, ...input }: Registration,
): Promise<SignedInModel<User> | RejectionModel> {
  const { db, passwords, randomId, handOver } = action.sources;
  const { limits, nowSeconds, requestId, client } = action.request;
  const email = normalisedEmail(input.email);
  if (email === null) return notAnAddress();
  const displayName = normalisedDisplayName(input.displayName ?? null);
  const refused =
    displayNameRejection(displayName) ??
    passwordRejection(password, { email, displayName, field: ['input', 'password'] });
  if (refused !== null) return refused;
  await limits.take('register', { address: email });
  const passwordHash = await passwords.hash(password);
  const id = `usr_${randomId()}`;
  const isOpened = await openWithPassword(db, { id, displayName, nowSeconds }, { email, passwordHash });
  if (!isOpened) return rejection('EMAIL_TAKEN', 'Another account has this address.', ['input', 'email']);
  await handOver(id, { requestId, traceparent: client.traceparent });
  // The main API has closed the account.
  return (await signIn(action, id, { proof: { passwordHash } })) ?? invalidCredentials(null);
}

export const notAnAddress = (): RejectionModel =>
  rejection('VALIDATION_FAILED', 'This is no e-mail address.', ['input', 'email']);
