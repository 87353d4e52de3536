/**
 * The checks of `npm test` before its tests: at once, as most keep one core busy. Each prints when it ends, and the first
 * that fails of a chain is its last. Exits with 1 if any failed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** The types of generated files are checked too. One thread finds each type once; four are as slow on two cores. */
const CHAINS = [
  [['check-generated'], ['typecheck', '--', '--singleThreaded']],
  [['lint']],
  [['install-for-tests']],
];

async function passes(script: readonly string[]): Promise<boolean> {
  const child = spawn('npm', ['run', '--silent', ...script], { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      printed.push(chunk);
    });
  await once(child, 'close');
  const { exitCode } = child;
  process.stdout.write(Buffer.concat(printed));
  if (exitCode !== 0) console.error(`npm run ${script.join(' ')} failed.`);
  return exitCode === 0;
}

async function allPass(chain: readonly (readonly string[])[]): Promise<boolean> {
  for (const script of chain) if (!(await passes(script))) return false;
  return true;
}

const passed = await Promise.all(CHAINS.map(allPass));
if (passed.includes(false)) process.exitCode = 1;
