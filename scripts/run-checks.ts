/**
 * The checks of `npm test` before its tests: at once, as most keep one core busy. Each prints when it ends, and the first
 * that fails of a chain is its last. Exits with 1 if any failed.
 */
import spawn, { SubprocessError } from 'nano-spawn';

/** The types of generated files are checked too. One thread finds each type once; four are as slow on two cores. */
const CHAINS = [
  [['check-generated'], ['typecheck', '--', '--singleThreaded']],
  [['lint']],
  [['install-for-tests']],
];

async function passes(script: readonly string[]): Promise<boolean> {
  try {
    console.log((await spawn('npm', ['run', '--silent', ...script], { stdin: 'ignore' })).output);
    return true;
  } catch (error) {
    if (!(error instanceof SubprocessError)) throw error;
    console.error(`${error.output}\nnpm run ${script.join(' ')} failed.`);
    return false;
  }
}

async function allPass(chain: readonly (readonly string[])[]): Promise<boolean> {
  for (const script of chain) if (!(await passes(script))) return false;
  return true;
}

const passed = await Promise.all(CHAINS.map(allPass));
if (passed.includes(false)) process.exitCode = 1;
