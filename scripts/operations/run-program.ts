import { CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { printableLines } from './table.ts';

/** `| head` closes the pipe while the process writes, which is not a failure. */
export function ignoreClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Runs the command that the command line names. An expected failure is a text and an exit code. */
export async function runProgram(program: CommandUnknownOpts): Promise<void> {
  ignoreClosedPipe();
  const failed = await failureOf(program, process.argv.slice(2), (text) => console.error(text));
  if (failed !== undefined) process.exitCode = failed;
}

/**
 * Runs the command that the arguments name.
 *
 * @returns the exit code of a program that did not run to its end, such as help; of an expected failure, whose text it prints
 */
export async function failureOf(
  program: CommandUnknownOpts,
  args: readonly string[],
  complain: (text: string) => void,
): Promise<ExitCode | undefined> {
  try {
    await program.parseAsync(args, { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CommandFailure)) throw error;
    complain(printableLines(error.message));
    return error.exitCode;
  }
}
