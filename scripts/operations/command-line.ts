/** Reads a command's part of the command line; wrong use is a usage failure with the way to the help. */
import { parseArgs } from 'node:util';
import { createAdminClient } from './admin-client.ts';
import type { Command, CommandCall, CommandOption } from './command.ts';
import { wrongUse } from './command-failure.ts';
import { noProgress } from './progress-bar.ts';

const DEFAULT_URL = 'http://localhost:8787';

export const SHARED_OPTIONS: Readonly<Record<string, CommandOption>> = {
  url: { type: 'string', value: '<address>', help: `the gateway (default ${DEFAULT_URL})` },
  'admin-key': {
    type: 'string',
    value: '<key>',
    help: 'the admin key; better in ADMIN_KEY, where `ps` does not show it',
  },
  json: { type: 'boolean', help: 'print the result as JSON and nothing else' },
  help: { type: 'boolean', help: 'print this' },
};

export interface CommandLine {
  wantsJson: boolean;
  wantsHelp: boolean;
  call: CommandCall;
}

export function readCommandLine(
  command: Pick<Command, 'argument' | 'options'>,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const options = { ...command.options, ...SHARED_OPTIONS };
  const { values, positionals } = parse(options, args);
  const wantsHelp = values.help === true;
  const [argument, ...rest] = positionals;
  if (!wantsHelp) {
    requireArgument(command.argument, argument, rest);
    const missing = Object.keys(options).find(
      (name) => options[name]?.required && values[name] === undefined,
    );
    if (missing !== undefined) throw wrongUse(`--${missing} is missing`);
  }
  const optionalText = (name: string) => {
    const value = values[name];
    if (typeof value !== 'string') return undefined;
    if (value.trim() === '') throw wrongUse(`--${name} is empty`);
    return value;
  };
  const text = (name: string) => {
    const value = optionalText(name);
    if (value === undefined) throw wrongUse(`--${name} is missing`);
    return value;
  };
  const gateway = () => {
    const adminKey = optionalText('admin-key') ?? environment.ADMIN_KEY;
    if (!adminKey)
      throw wrongUse('there is no admin key: set ADMIN_KEY to the one that the gateway runs with');
    return createAdminClient(optionalText('url') ?? DEFAULT_URL, adminKey);
  };
  const flag = (name: string) => values[name] === true;
  return {
    wantsJson: values.json === true,
    wantsHelp,
    call: { argument, text, optionalText, flag, gateway, progress: noProgress },
  };
}

function parse(options: Readonly<Record<string, CommandOption>>, args: readonly string[]) {
  const types = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]));
  try {
    return parseArgs({ args: [...args], options: types, allowPositionals: true, strict: true });
  } catch (error) {
    // Its sentences name the option and what is wrong with it.
    throw wrongUse(error instanceof Error ? error.message : String(error));
  }
}

function requireArgument(expected: string | undefined, given: string | undefined, rest: string[]): void {
  if (expected === undefined && given !== undefined) throw wrongUse(`${given} is not expected here`);
  if (expected?.startsWith('<') && given === undefined) throw wrongUse(`${expected} is missing`);
  if (rest.length > 0) throw wrongUse(`${rest.join(' ')} is not expected here`);
}
