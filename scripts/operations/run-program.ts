import { CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { CommandFailure, EXIT } from './command-failure.ts';

/** Runs the command that the command line names. An expected failure is a text and an exit code. */
export async function runProgram(program: CommandUnknownOpts): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    } else if (error instanceof CommandFailure) {
      console.error(error.message);
      process.exitCode = error.exitCode;
    } else {
      throw error;
    }
  }
}
