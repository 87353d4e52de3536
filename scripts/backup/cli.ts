/** `npm run backup`: lists and checks backups, and restores them. */
import { Argument, Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { type BackupManifest, readManifest } from '../../src/backups/manifest.ts';
import { encryptionKeysSchema } from '../../src/settings/file-settings.ts';
import { nonEmpty } from '../operations/command.ts';
import { refusal, wrongUse } from '../operations/command-failure.ts';
import { runProgram } from '../operations/run-program.ts';
import { facts, printable } from '../operations/table.ts';
import { LOCAL_KEYS } from '../start/local-keys.ts';
import { listText } from './list.ts';
import type { BackupBucket, BackupKeys } from './read-file.ts';
import { restoreBackup } from './restore.ts';
import { readMigrations, type StoreOptions, withStores } from './stores.ts';
import { verifyBackup } from './verify.ts';

const EXIT_CODES = `
Exit codes:
  0  done; the backup is good
  1  it is not, or the database is not empty
  2  wrong use
  3  the bucket or the database cannot be reached`;

const STATE_FOLDER = '.wrangler/state';
const program = new Command('npm run backup --')
  .description('Lists and checks the backups of an environment, and restores them.')
  .option('--env <name>', 'an environment of wrangler.toml', nonEmpty, 'development')
  .option('--remote', 'the bucket and database of the account, not the local ones', false)
  .option('--state <folder>', 'the folder of the local ones', nonEmpty, STATE_FOLDER)
  .exitOverride()
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', EXIT_CODES);

const date = () =>
  new Argument('<date>', 'such as 2026-11-26').argParser((text) => {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
    throw new InvalidArgumentError('It must be a date such as 2026-11-26.');
  });

program
  .command('list')
  .summary('Lists the backups that are whole, oldest first')
  .action(async () => console.log(await withStores(options(), ({ bucket }) => listText(bucket))));

program
  .command('verify')
  .summary('Reads every object of a backup again, and says which one is not as it was written')
  .description(
    'Checks bytes, rows, the chain of each ledger, and that each ledger has the entries that the database names. Files that are encrypted are read too if BACKUP_KEY is set.',
  )
  .addArgument(date())
  .action((day) =>
    withStores(options(), async ({ bucket }) => {
      const manifest = await requireManifest(bucket, day);
      const { faults, rows, ledgers, unopened } = await verifyBackup(bucket, manifest, backupKeys());
      const problems = faults.map(({ where, reason }) => `${where}: ${reason}`);
      if (problems.length > 0) throw refusal('BROKEN_BACKUP', problems.join('\n'));
      const missing = manifest.missing.map(({ source, reason }) => `${source} (${reason})`);
      console.log('The backup is good.\n');
      const counts = { files: manifest.files.length, rows, ledgers };
      console.log(
        facts([
          ...Object.entries(counts).map(([name, count]): [string, string] => [name, String(count)]),
          ...unopened.map((key): [string, string] => ['not opened', key]),
          ...missing.map((text): [string, string] => ['missing', text]),
        ]),
      );
    }),
  );

program
  .command('restore')
  .summary('Writes a backup into an empty database')
  .description(
    'Applies the migrations up to the one of the backup, and then writes the rows. It changes nothing else: no bucket, no ledger and no gateway.',
  )
  .addArgument(date())
  .requiredOption('--into <database>', 'the id of an empty database; a local one is made', nonEmpty)
  .option('--without-passwords', 'leave out passwords if no key opens them', false)
  .action((day, { into, withoutPasswords }) =>
    withStores({ ...options(), database: into }, async ({ bucket, db }) => {
      const manifest = await requireManifest(bucket, day);
      const migrations = await readMigrations();
      const keys = backupKeys();
      const report = (line: string) => console.log(printable(line));
      const restored = await restoreBackup({
        ...{ bucket, db, manifest, migrations, keys, withoutPasswords, nowMs: Date.now, report },
      });
      console.log('\nThe backup is restored.\n');
      console.log(facts(Object.entries(restored).map(([name, count]) => [name, String(count)])));
      const newer = migrations.filter(({ name }) => name > manifest.migration).length;
      if (newer > 0) console.log(`\nThe schema is that of the backup: apply ${newer} newer migrations.`);
    }),
  );

await runProgram(program);

function options(): StoreOptions {
  const { env: environment, remote, state } = program.opts();
  return { environment, remote, state };
}

async function requireManifest(bucket: BackupBucket, day: string): Promise<BackupManifest> {
  const manifest = await readManifest(bucket, day);
  if (manifest === null) throw wrongUse(`There is no backup of ${day}: see npm run backup -- list.`);
  return manifest;
}

/** From the environment's variables; locally those of `npm start`. */
function backupKeys(): BackupKeys {
  const secret = process.env.BACKUP_KEY ?? (program.opts().remote ? undefined : LOCAL_KEYS.BACKUP_KEY);
  const parsed = encryptionKeysSchema.safeParse(secret);
  if (parsed.success) return parsed.data;
  throw wrongUse(`BACKUP_KEY: ${parsed.error.issues[0]?.message}`);
}
