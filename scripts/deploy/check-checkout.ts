/** The steps that need no platform: they come before anything is changed. */
import spawn, { SubprocessError } from 'nano-spawn';
import { refusal } from '../operations/command-failure.ts';
import { type Checkout, readCheckout } from './checkout.ts';
import type { TargetEnvironment } from './environment.ts';
import { missingIn } from './missing.ts';
import type { Report } from './step.ts';

const SHOWN_CHANGES = 10;
const SHOWN_LINES = 40;
const CREDENTIALS = /^(CLOUDFLARE_|CF_|OPERATIONS_|ADMIN_KEY)/;

/** @throws CommandFailure */
export async function checkCheckout(
  { folder, commit, changes }: Checkout,
  target: TargetEnvironment,
  { testsPassed, report }: { testsPassed: boolean; report: Report },
): Promise<void> {
  report('clean tree: everything is committed');
  if (changes.length > 0) throw refusal('NOT_CLEAN', dirtyText(changes));
  report('wrangler.toml: every id and host is one of yours');
  const missing = missingIn(target);
  if (missing.length > 0)
    throw refusal('PLACEHOLDERS', ['wrangler.toml is not filled in:', ...missing].join('\n    '));
  report(`tests: ${testsPassed ? 'passed before' : 'npm test, which takes minutes'}`);
  if (testsPassed) return;
  await runTests(folder);
  // The tests take minutes, in which somebody may edit.
  const after = await readCheckout(folder, process.env);
  if (after.commit !== commit || after.changes.length > 0)
    throw refusal('CHANGED_MEANWHILE', 'The checkout has changed while its tests ran.');
}

export const dirtyText = (changes: readonly string[]): string =>
  [
    'Not everything is committed:',
    ...changes.slice(0, SHOWN_CHANGES),
    ...(changes.length > SHOWN_CHANGES ? [`and ${changes.length - SHOWN_CHANGES} more`] : []),
  ].join('\n    ');

/** No test is to reach the account. */
const withoutCredentials = (): Record<string, undefined> =>
  Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => CREDENTIALS.test(name))
      .map((name) => [name, undefined]),
  );

async function runTests(folder: string): Promise<void> {
  try {
    await spawn('npm', ['test'], { cwd: folder, stdin: 'ignore', env: withoutCredentials() });
  } catch (error) {
    if (!(error instanceof SubprocessError)) throw error;
    const lines = error.output.split('\n').slice(-SHOWN_LINES);
    throw refusal('TESTS', ['npm test fails:', ...lines].join('\n    '));
  }
}
