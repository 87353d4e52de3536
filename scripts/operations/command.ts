/** What a command is. It prints nothing itself but progress: what it returns is printed as text or as JSON. */
import type { AdminClient } from './admin-client.ts';
import type { ExitCode } from './command-failure.ts';
import type { Progress } from './progress-bar.ts';

export interface CommandOption {
  /** `boolean` for a flag. */
  type: 'string' | 'boolean';
  /** What stands for the value in the help, e.g. `<name>`. */
  value?: string;
  help: string;
  required?: true;
}

export interface Command {
  /** One line of the list of commands. */
  summary: string;
  /** What stands beside the options: `<id>`, or `[schema.graphql]` where it may be missing. */
  argument?: string;
  options: Readonly<Record<string, CommandOption>>;
  /** What a reader of `--help` needs beyond the options. */
  details: string;
  run(call: CommandCall): Promise<CommandResult>;
}

export interface CommandCall {
  argument: string | undefined;
  /** Throws a usage failure where it is missing. */
  text(option: string): string;
  optionalText(option: string): string | undefined;
  flag(option: string): boolean;
  /** Throws where there is no admin key: not every command needs one. */
  gateway(): AdminClient;
  progress: Progress;
}

export interface CommandResult {
  exitCode: ExitCode;
  text: string;
  /** What `--json` prints. */
  answer: unknown;
}
