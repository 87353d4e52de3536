/** What `--help` prints, of the whole and of each command. */
import { styleText } from 'node:util';
import type { Command, CommandOption } from './command.ts';
import { SHARED_OPTIONS } from './command-line.ts';

const COMMAND_LINE = 'npm run operations --';

const title = (text: string) => styleText('bold', text);

export function helpOfAll(commands: Readonly<Record<string, Command>>): string {
  return [
    `${title('Usage')}  ${COMMAND_LINE} <command> [options]`,
    'Publishes the operations of an app release, and shows and ends what may run.',
    title('Commands'),
    columns(Object.entries(commands).map(([name, { summary }]) => [name, summary])),
    title('Every command'),
    optionLines(SHARED_OPTIONS),
    EXIT_CODES,
  ].join('\n\n');
}

export function helpOf(name: string, command: Command): string {
  const required = Object.entries(command.options)
    .filter(([, option]) => option.required)
    .map(([option, { value }]) => `--${option} ${value}`);
  const usage = [COMMAND_LINE, name, ...required, command.argument ?? '', '[options]'].filter(Boolean);
  const own = Object.keys(command.options).length > 0 ? [optionLines(command.options)] : [];
  return [
    `${title('Usage')}  ${usage.join(' ')}`,
    `${command.summary}.`,
    command.details,
    title('Options'),
    ...own,
    optionLines(SHARED_OPTIONS),
    EXIT_CODES,
  ].join('\n\n');
}

const EXIT_CODES = [
  title('Exit codes'),
  '',
  columns([
    ['0', 'done, or nothing to do'],
    ['1', 'refused, or a break found'],
    ['2', 'wrong use'],
    ['3', 'the gateway cannot be reached, or does not accept the key'],
  ]),
].join('\n');

const optionLines = (options: Readonly<Record<string, CommandOption>>) =>
  columns(
    Object.entries(options).map(([name, { value, help }]) => [
      [`--${name}`, value].filter(Boolean).join(' '),
      help,
    ]),
  );

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
