/** `npm run operations -- …` inside this process, with what it printed, without colour: tests may run on a terminal. */
import { stripVTControlCharacters } from 'node:util';
import { runCli } from '../../scripts/operations/run-cli.ts';

export interface Ran {
  exitCode: number;
  out: string;
  err: string;
  /** What a terminal was sent beside both. */
  drawn: string;
}

export async function runOperations(
  args: readonly string[],
  {
    environment = {},
    onTerminal = false,
  }: { environment?: Record<string, string>; onTerminal?: boolean } = {},
): Promise<Ran> {
  const ran: Ran = { exitCode: -1, out: '', err: '', drawn: '' };
  const write = (text: string) => {
    ran.drawn += text;
  };
  ran.exitCode = await runCli(args, {
    commandLine: 'npm run operations --',
    environment,
    print: (text) => {
      ran.out += `${stripVTControlCharacters(text)}\n`;
    },
    complain: (text) => {
      ran.err += `${stripVTControlCharacters(text)}\n`;
    },
    terminal: onTerminal ? { write } : undefined,
  });
  return ran;
}
