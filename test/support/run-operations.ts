/** `npm run operations -- …` inside this process, with what it printed. */
import { runCli } from '../../scripts/operations/run-cli.ts';
import { collectOutput } from './collected-output.ts';

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
  const { printed, print, complain } = collectOutput();
  let drawn = '';
  const write = (text: string) => {
    drawn += text;
  };
  const exitCode = await runCli(args, {
    commandLine: 'npm run operations --',
    environment,
    print,
    complain,
    terminal: onTerminal ? { write } : undefined,
  });
  return { exitCode, ...printed, drawn };
}
