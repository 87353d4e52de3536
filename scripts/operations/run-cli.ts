/**
 * One call of the operations CLI, from its arguments to its exit code.
 *
 * Results go to stdout, problems and progress to stderr. Colour and the progress bar appear on a terminal only.
 * The key is never printed.
 */
import { styleText } from 'node:util';
import { Command, CommanderError, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { audit } from './audit.ts';
import { chatRecord } from './chat-record.ts';
import { check } from './check.ts';
import { type BuildCommand, nonEmpty, type Run } from './command.ts';
import { CommandFailure, EXIT, type ExitCode, wrongUse } from './command-failure.ts';
import { deprecate } from './deprecate.ts';
import { gatewayOf, keyOption, urlOption } from './gateway-options.ts';
import { impact } from './impact.ts';
import { list } from './list.ts';
import { noProgress, progressBar } from './progress-bar.ts';
import { publish } from './publish.ts';
import { restore } from './restore.ts';
import { retire } from './retire.ts';
import { rollback } from './rollback.ts';
import { show } from './show.ts';
import { limit, off, on } from './steer.ts';
import { printable } from './table.ts';
import { usage } from './usage.ts';

const COMMANDS: readonly BuildCommand[] = [
  publish,
  list,
  show,
  usage,
  audit,
  check,
  deprecate,
  retire,
  impact,
  restore,
  rollback,
  off,
  on,
  limit,
  chatRecord,
];
const EXIT_CODES = `
Exit codes:
  0  done, or nothing to do
  1  refused, or a break found
  2  wrong use
  3  the gateway cannot be reached, or does not accept the key`;

export interface Surroundings {
  /** The command line that calls it, without arguments: named in help. */
  commandLine: string;
  environment: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  complain(text: string): void;
  /** The terminal that a progress bar is drawn on; undefined where there is none. */
  terminal: { write(text: string): unknown } | undefined;
}

export async function runCli(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { commandLine, environment, print, complain, terminal } = surroundings;
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command(commandLine)
    .description(
      'Publishes the operations of an app release, shows, steers and ends what may run, and shows the record of a room.',
    )
    .addOption(urlOption(environment))
    .addOption(keyOption())
    .addOption(new Option('--admin-key <key>').argParser(nonEmpty).hideHelp())
    .option('--json', 'print the result as JSON and nothing else')
    .helpOption('--help', 'print this')
    .addHelpText('afterAll', EXIT_CODES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => print(text.trimEnd()),
      writeErr: (text) => complain(text.trimEnd()),
      outputError: () => undefined,
    })
    .configureHelp({
      commandDescription: (command) =>
        command.summary() === ''
          ? command.description()
          : `${command.summary()}.\n\n${command.description()}`,
      commandUsage,
      showGlobalOptions: true,
      styleTitle: (title) => styleText('bold', title),
      subcommandTerm: (command) => command.name(),
    });

  const run: Run = async (work) => {
    const { url, key, adminKey, json } = program.opts();
    const progress = terminal !== undefined && !json ? progressBar(terminal) : noProgress;
    const gateway = () => gatewayOf({ url, key: key ?? adminKey }, environment);
    try {
      const result = await work({ gateway, progress });
      exitCode = result.exitCode;
      progress.clear();
      print(json ? JSON.stringify(result.answer, null, 2) : result.text);
    } finally {
      progress.clear();
    }
  };
  for (const build of COMMANDS) program.addCommand(build(run).copyInheritedSettings(program));

  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.code.startsWith('commander.help'))
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const failure = error instanceof CommanderError ? wrongUse(error.message.replace(/^error: /, '')) : error;
    if (!(failure instanceof CommandFailure)) throw failure;
    const name = args.find((arg) => program.commands.some((command) => command.name() === arg));
    printFailure(failure, { command: name, json: args.includes('--json') }, surroundings);
    return failure.exitCode;
  }
}

/** Required options are part of it, which commander leaves out. */
function commandUsage(command: CommandUnknownOpts): string {
  const names = command.parent === null ? [command.name()] : [command.parent.name(), command.name()];
  const required = command.options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags);
  return [...names, ...required, command.usage()].join(' ');
}

function printFailure(
  { exitCode, problems }: CommandFailure,
  { command, json }: { command: string | undefined; json: boolean },
  { commandLine, print, complain }: Surroundings,
): void {
  if (json) print(JSON.stringify({ problems }, null, 2));
  for (const { message } of problems) {
    const lines = message.split('\n').map(printable).join('\n');
    complain(styleText('red', lines, { stream: process.stderr }));
  }
  if (exitCode === EXIT.usage) complain(`See: ${[commandLine, command, '--help'].filter(Boolean).join(' ')}`);
}
