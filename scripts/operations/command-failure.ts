/**
 * Why a command did not do what it was asked. What a build can do about it is in the exit code:
 * 1 means that the answer is no, 2 that the question was wrong, 3 that nobody could be asked.
 */
export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Problem {
  code: string;
  message: string;
  /** The operation's, where it is about one. */
  id?: string;
}

export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  /** Every reason at once, so that one run of a build shows them all. */
  readonly problems: readonly Problem[];

  constructor(exitCode: ExitCode, problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join('\n'));
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
    this.problems = problems;
  }
}

export const refusal = (code: string, message: string) =>
  new CommandFailure(EXIT.refused, [{ code, message }]);

export const wrongUse = (message: string) => new CommandFailure(EXIT.usage, [{ code: 'USAGE', message }]);

export const unreachable = (message: string) =>
  new CommandFailure(EXIT.unreachable, [{ code: 'UNREACHABLE', message }]);
