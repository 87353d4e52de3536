import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { CommandFailure } from '../../operations/command-failure.ts';
import type { Deployment, Step } from '../step.ts';
import { wranglerFailure } from '../wrangler-failure.ts';

/** Migrations only add, so the version before goes on over the migrated database, and over one that is migrated in part. */
export const migrate: Step = {
  name: 'migrations',
  describe: ({ target }) => `apply the migrations that ${target.databaseName} has not; they only add`,
  async run(deployment, report) {
    const { wrangler, target } = deployment;
    const before = await appliedMigrations(deployment);
    const pending = newOnes(await migrationNames(deployment), before);
    if (pending.length === 0) return report('it has all of them');
    const ran = await wrangler(['d1', 'migrations', 'apply', 'DB', '--remote', '--env', target.name]);
    if (ran.exitCode !== 0)
      throw await migrationFailure(
        deployment,
        before,
        wranglerFailure('Not all migrations were applied', ran),
      );
    for (const name of newOnes(await appliedMigrations(deployment), before)) report(`applied ${name}`);
  },
};

const migrationNames = async ({ folder }: Deployment) =>
  (await readdir(path.join(folder, 'migrations'))).filter((name) => name.endsWith('.sql'));

const newOnes = (names: readonly string[], before: readonly string[]) =>
  names.filter((name) => !before.includes(name));

/** Empty where none was ever applied. */
async function appliedMigrations({ db }: Deployment): Promise<string[]> {
  const tables = await db.query("SELECT 1 FROM sqlite_master WHERE name = 'd1_migrations'");
  if (tables.length === 0) return [];
  return (await db.query<{ name: string }>('SELECT name FROM d1_migrations ORDER BY id')).map(
    ({ name }) => name,
  );
}

async function migrationFailure(
  deployment: Deployment,
  before: readonly string[],
  failure: CommandFailure,
): Promise<CommandFailure> {
  const { target, state } = deployment;
  const applied = await appliedMigrations(deployment).catch(() => undefined);
  const done = applied === undefined ? undefined : newOnes(applied, before);
  const lines = [
    done === undefined
      ? 'The database does not say which ones were applied.'
      : `Applied before it failed: ${done.length === 0 ? 'none' : done.join(', ')}.`,
    'Mend the migration and run this again: nothing has to be restored.',
    `To restore the database all the same (docs/runbooks/restore-database.md), and lose what was written since: npx wrangler d1 time-travel restore DB --env ${target.name} --bookmark=${state.bookmark}`,
  ];
  const [problem] = failure.problems;
  return new CommandFailure(failure.exitCode, [
    { code: 'MIGRATIONS', message: [problem?.message, ...lines].join('\n') },
  ]);
}
