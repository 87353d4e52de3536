/** `npm run rollback`: all traffic back on the version before, or on one that is named. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Argument, Command } from '@commander-js/extra-typings';
import { readCheckout } from '../deploy/checkout.ts';
import { remoteDatabase } from '../deploy/database.ts';
import { deployedWorker } from '../deploy/deployed-worker.ts';
import { readEnvironment, TARGETS } from '../deploy/environment.ts';
import { DeploymentRecords } from '../deploy/record.ts';
import { nonEmpty } from '../operations/command.ts';
import { keyOf } from '../operations/gateway-options.ts';
import { runProgram } from '../operations/run-program.ts';
import { printable } from '../operations/table.ts';
import { platformClient } from '../platform/platform-client.ts';
import { createWrangler } from '../platform/run-wrangler.ts';
import { rollBack } from './rollback.ts';

const EXIT_CODES = `
Exit codes:
  0  rolled back
  1  refused, or not all is done: the output says what is not
  2  wrong use, or a variable is missing`;

const { env } = process;
const folder = process.cwd();

const program = new Command('npm run rollback --')
  .description(
    'Gives all traffic to the version before, at once, and purges caches. Ends an open deployment. The database stays as it is.',
  )
  .addArgument(new Argument('<environment>', 'of wrangler.toml').choices(TARGETS))
  .argument('[version]', 'the id of another version, as `npm run deploy -- list` prints it')
  .option('--origin <address>', 'where the gateway is asked to purge, instead of PUBLIC_ORIGIN', nonEmpty)
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', EXIT_CODES)
  .exitOverride()
  .action(async (environment, given, { origin }) => {
    const target = readEnvironment(environment, folder);
    const platform = platformClient(env);
    process.exitCode = await rollBack({
      ...{ target, given, platform },
      records: new DeploymentRecords(remoteDatabase(platform, target.databaseId), folder),
      worker: deployedWorker(platform, target.workerName),
      wrangler: createWrangler({ env, cwd: folder }),
      gateway: {
        origin: (origin ?? target.publicOrigin).replace(/\/$/, ''),
        adminKey: keyOf(undefined, env),
        fetch,
      },
      deployer: (await readCheckout(folder, env)).deployer,
      runId: randomUUID(),
      report: (line) => console.log(line.split('\n').map(printable).join('\n')),
      nowMs: Date.now,
      sleep: (milliseconds) => setTimeout(milliseconds),
    });
  });

await runProgram(program);
