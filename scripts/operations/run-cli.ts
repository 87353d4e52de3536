/**
 * One call of `npm run operations`, from its arguments to its exit code.
 *
 * Results go to stdout, problems and progress to stderr. Colour and the progress bar appear on a terminal only.
 * The admin key is never printed.
 */
import { styleText } from 'node:util';
import { audit } from './audit.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { CommandFailure, EXIT, type ExitCode, wrongUse } from './command-failure.ts';
import { readCommandLine } from './command-line.ts';
import { deprecate } from './deprecate.ts';
import { helpOf, helpOfAll } from './help.ts';
import { list } from './list.ts';
import { progressBar } from './progress-bar.ts';
import { publish } from './publish.ts';
import { retire } from './retire.ts';
import { rollback } from './rollback.ts';
import { show } from './show.ts';
import { printable } from './table.ts';
import { usage } from './usage.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  publish,
  list,
  show,
  usage,
  audit,
  check,
  deprecate,
  retire,
  rollback,
};

export interface Surroundings {
  environment: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  complain(text: string): void;
  /** Where a progress bar may be drawn; undefined where nobody watches. */
  terminal: { write(text: string): unknown } | undefined;
}

export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  try {
    return await runCommand(args, surroundings);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    tellFailure(error, args, surroundings);
    return error.exitCode;
  }
}

async function runCommand(
  [name, ...args]: readonly string[],
  { environment, print, complain, terminal }: Surroundings,
): Promise<ExitCode> {
  if (name === undefined) {
    complain(helpOfAll(COMMANDS));
    return EXIT.usage;
  }
  if (name === 'help' || name === '--help') {
    print(helpOfAll(COMMANDS));
    return EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) throw wrongUse(`there is no command ${name}`);
  const { wantsHelp, wantsJson, call } = readCommandLine(command, args, environment);
  if (wantsHelp) {
    print(helpOf(name, command));
    return EXIT.ok;
  }
  const progress = terminal !== undefined && !wantsJson ? progressBar(terminal) : call.progress;
  try {
    const { exitCode, text, answer } = await command.run({ ...call, progress });
    progress.clear();
    print(wantsJson ? JSON.stringify(answer, null, 2) : text);
    return exitCode;
  } finally {
    progress.clear();
  }
}

function tellFailure(
  { exitCode, problems }: CommandFailure,
  [name = '', ...args]: readonly string[],
  { print, complain }: Surroundings,
): void {
  if (args.includes('--json')) print(JSON.stringify({ problems }, null, 2));
  for (const { message } of problems) {
    const lines = message.split('\n').map(printable).join('\n');
    complain(styleText('red', lines, { stream: process.stderr }));
  }
  if (exitCode === EXIT.usage)
    complain(`See: npm run operations -- ${Object.hasOwn(COMMANDS, name) ? `${name} ` : ''}--help`);
}
