import type { UserWithPassword } from '../../storage/d1/users.ts';
import type { Guess } from '../guesses.ts';
import { type RejectionModel, rejection } from '../rejection.ts';
import type { ActingViewer, ActionSources } from './action.ts';

interface PasswordGuess extends Guess {
  password: string;
  /** Null if there is no such account. Asked only if a guess is allowed. */
  readUser(): Promise<UserWithPassword | null>;
  /** The path of the password in the input, if only the password can be at fault. */
  field: string[] | null;
}

interface RightGuess {
  user: UserWithPassword;
  /** The stored hash. */
  hash: string;
  /** True if it has other parameters than a new one. */
  isOutdated: boolean;
}

/**
 * Checks a password as one guess. It counts before the password is hashed, and no longer if it is right, or if the isolate
 * had no time to hash it: a busy isolate locks nobody out. A user who does not exist, or has no password, takes the same
 * work and gets the same answer as a wrong password.
 *
 * @throws {GraphQLError} RATE_LIMITED, before anything is hashed
 */
export async function guessPassword(
  { guesses, passwords }: Pick<ActionSources<ActingViewer>, 'guesses' | 'passwords'>,
  { password, readUser, field, ...guess }: PasswordGuess,
): Promise<RightGuess | RejectionModel> {
  const begun = await guesses.begin(guess);
  if (!begun.ok) return accountLocked(begun.retryAfterSeconds);
  let isWrong = false;
  try {
    const user = await readUser();
    const hash = user?.password_hash ?? null;
    const { matches, isOutdated } = await passwords.verify(password, hash);
    if (user !== null && hash !== null && matches) return { user, hash, isOutdated };
    isWrong = true;
    return invalidCredentials(field);
  } finally {
    if (!isWrong) await begun.succeeded();
  }
}

export const invalidCredentials = (field: string[] | null): RejectionModel =>
  rejection('INVALID_CREDENTIALS', 'The address and the password do not belong together.', field);

const accountLocked = (seconds: number): RejectionModel =>
  rejection(
    'ACCOUNT_LOCKED',
    `Too many wrong passwords. Try again in ${seconds} seconds, or from a device that signed in before.`,
  );
