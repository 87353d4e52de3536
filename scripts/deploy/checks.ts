/** The checks before anything is changed: a deployment runs them, and `plan` prints them. */
import { stripVTControlCharacters } from 'node:util';
import spawn, { SubprocessError } from 'nano-spawn';
import { refusal } from '../operations/command-failure.ts';
import { type Checkout, readCheckout } from './checkout.ts';
import type { RemoteDatabase } from './database.ts';
import type { TargetEnvironment } from './environment.ts';
import { missingIn } from './missing.ts';
import type { DeploymentState, Report } from './step.ts';

const SHOWN_CHANGES = 10;
const SHOWN_LINES = 40;
const CREDENTIALS = /^(CLOUDFLARE_|CF_|OPERATIONS_|ADMIN_KEY)/;

export interface PlannedChecks {
  checkout: Checkout;
  target: TargetEnvironment;
  /** The tests of this commit have passed elsewhere. */
  testsPassed: boolean;
}

interface CheckSources extends PlannedChecks {
  db: Pick<RemoteDatabase, 'bookmark'>;
  state: DeploymentState;
  report: Report;
}

interface Check {
  name: string;
  /** One line, also for `plan`. */
  describe(planned: PlannedChecks): string;
  /** @throws CommandFailure */
  run(sources: CheckSources): Promise<void>;
}

const cleanTree: Check = {
  name: 'clean tree',
  describe: () => 'everything is committed',
  async run({ checkout: { changes } }) {
    if (changes.length > 0) throw refusal('NOT_CLEAN', dirtyText(changes));
  },
};

const filledIn: Check = {
  name: 'wrangler.toml',
  describe: () => 'every id and host is one of yours',
  async run({ target }) {
    const missing = missingIn(target);
    if (missing.length > 0)
      throw refusal('PLACEHOLDERS', ['wrangler.toml is not filled in:', ...missing].join('\n    '));
  },
};

const tests: Check = {
  name: 'tests',
  describe: ({ testsPassed }) => (testsPassed ? 'passed before' : 'npm test, which takes minutes'),
  async run({ checkout: { folder, commit }, testsPassed }) {
    if (testsPassed) return;
    await runTests(folder);
    // The tests take minutes, in which somebody may edit.
    const after = await readCheckout(folder, process.env);
    if (after.commit !== commit || after.changes.length > 0)
      throw refusal('CHANGED_MEANWHILE', 'The checkout has changed while its tests ran.');
  },
};

/** Noted before the record is opened: a restored database has no deployment that is open. */
const bookmark: Check = {
  name: 'database',
  describe: ({ target }) => `note the bookmark of ${target.databaseName}, to which it can be restored`,
  async run({ db, state, report }) {
    state.bookmark ??= await db.bookmark();
    report(`    its bookmark is ${state.bookmark}`);
  },
};

/** In their order. */
export const CHECKS: readonly Check[] = [cleanTree, filledIn, tests, bookmark];

/** @throws CommandFailure of the first that fails */
export async function runChecks(sources: CheckSources): Promise<void> {
  for (const { name, describe, run } of CHECKS) {
    sources.report(`${name}: ${describe(sources)}`);
    await run(sources);
  }
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
    const lines = stripVTControlCharacters(error.output).split('\n').slice(-SHOWN_LINES);
    throw refusal('TESTS', ['npm test fails:', ...lines].join('\n    '));
  }
}
