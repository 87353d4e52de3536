/** The parts that every command is made of. A command prints nothing itself but progress. */
import { type CommandUnknownOpts, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { AdminClient } from './admin-client.ts';
import type { ExitCode } from './command-failure.ts';
import type { Progress } from './progress-bar.ts';

/** Builds a command whose action passes its work to `run`. */
export type BuildCommand = (run: Run) => CommandUnknownOpts;

/** Does the work of a command and prints its result as text or as JSON. */
export type Run = (work: (session: Session) => Promise<CommandResult>) => Promise<void>;

export interface Session {
  /** @throws CommandFailure where there is no admin key: not every command needs one. */
  gateway(): AdminClient;
  progress: Progress;
}

export interface CommandResult {
  exitCode: ExitCode;
  text: string;
  /** Printed with `--json`. */
  answer: unknown;
}

const DAYS_DEFAULT = 30;
/** The limit of the admin endpoint. */
const DAYS_MAX = 400;

export const daysOption = () =>
  new Option('--days <number>', 'how many days back to look').default(DAYS_DEFAULT).argParser((text) => {
    const days = /^\d{1,3}$/.test(text) ? Number(text) : 0;
    if (days < 1 || days > DAYS_MAX)
      throw new InvalidArgumentError(`It must be a whole number from 1 to ${DAYS_MAX}.`);
    return days;
  });

/** Parses the value of an option that must not be empty. */
export function nonEmpty(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text;
}
