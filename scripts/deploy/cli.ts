/** `npm run deploy`: deploys this checkout, step by step, and says what it would do or has done. */
import { ignoreClosedPipe } from '../operations/run-program.ts';
import { runDeploy } from './run-deploy.ts';

ignoreClosedPipe();
process.exitCode = await runDeploy(process.argv.slice(2), {
  folder: process.cwd(),
  env: process.env,
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
  endSignal,
});

function endSignal(): AbortSignal {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort());
  return ended.signal;
}
