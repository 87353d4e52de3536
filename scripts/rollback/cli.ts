/** `npm run rollback`: all traffic back on the version before, or on one that is named. */
import { randomUUID } from 'node:crypto';
import { Argument, Command } from '@commander-js/extra-typings';
import { readCheckout } from '../deploy/checkout.ts';
import { deploymentTools } from '../deploy/deployment-tools.ts';
import { TARGETS } from '../deploy/targets.ts';
import { nonEmpty } from '../operations/command.ts';
import { runProgram } from '../operations/run-program.ts';
import { printableLines } from '../operations/table.ts';
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
  .option('--url <address>', 'where the gateway is asked to purge, instead of PUBLIC_ORIGIN', nonEmpty)
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', EXIT_CODES)
  .exitOverride()
  .action(async (environment, given, { url }) => {
    const { target, records, tools } = deploymentTools(environment, { folder, env, url });
    process.exitCode = await rollBack({
      ...tools,
      ...{ target, given, records },
      deployer: (await readCheckout(folder, env)).deployer,
      runId: randomUUID(),
      report: (line) => console.log(printableLines(line)),
    });
  });

await runProgram(program);
