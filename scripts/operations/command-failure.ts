/**
 * The failures of a command. The exit code says which kind it is: 1 is a refusal, 2 wrong use of the command, and 3
 * a gateway that cannot be reached or does not accept the key.
 */
export const EXIT = { ok: 0, refused: 1, usage: 2, unreachable: 3 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface Problem {
  code: string;
  message: string;
  /** The id of the operation, if the problem is about one. */
  id?: string;
}

export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  /** All problems, so that one run of a build shows them all. */
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
