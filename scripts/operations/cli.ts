/**
 * The operations CLI: publishes the operations of app releases to a gateway, and shows and ends them. It runs as
 * `npm run operations`, and anywhere as the one file that `npm run build:cli` makes.
 */
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runCli } from './run-cli.ts';
import { ignoreClosedPipe } from './run-program.ts';

ignoreClosedPipe();

const { env, argv, stdout, stderr } = process;

/** Node 20 colours into pipes too. */
const onStream = ({ isTTY }: NodeJS.WriteStream, text: string) =>
  isTTY || env.FORCE_COLOR ? text : stripVTControlCharacters(text);

process.exitCode = await runCli(argv.slice(2), {
  commandLine:
    env.npm_lifecycle_event === 'operations'
      ? 'npm run operations --'
      : `node ${path.relative('.', argv[1] ?? '')}`,
  environment: env,
  print: (text) => console.log(onStream(stdout, text)),
  complain: (text) => console.error(onStream(stderr, text)),
  terminal: stderr.isTTY ? stderr : undefined,
});
