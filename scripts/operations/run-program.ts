import { CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { CommandFailure, EXIT } from './command-failure.ts';
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
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    } else if (error instanceof CommandFailure) {
      console.error(printableLines(error.message));
      process.exitCode = error.exitCode;
    } else {
      throw error;
    }
  }
}
