/** `npm run operations`: publishes the operations of app releases to a gateway, and shows and retires them. */
import { runCli } from './run-cli.ts';

// `| head` closes the pipe while this process writes, which is not a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
  terminal: process.stderr.isTTY ? process.stderr : undefined,
});
