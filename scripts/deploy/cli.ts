/** `npm run deploy`: deploys this checkout, step by step, and says what it would do or has done. */
import { randomUUID } from 'node:crypto';
import { Argument, Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { nonEmpty } from '../operations/command.ts';
import { wrongUse } from '../operations/command-failure.ts';
import { runProgram } from '../operations/run-program.ts';
import { printableLines } from '../operations/table.ts';
import { platformClient } from '../platform/platform-client.ts';
import { readCheckout } from './checkout.ts';
import { remoteDatabase } from './database.ts';
import { type DeployOptions, deploy } from './deploy.ts';
import { deploymentSteps } from './deployment-steps.ts';
import { deploymentTools } from './deployment-tools.ts';
import { readEnvironment, TARGETS, type TargetName } from './environment.ts';
import { listText } from './list.ts';
import { planLines } from './plan.ts';
import { DeploymentRecords } from './record.ts';
import { canaryWatch } from './rollout.ts';

const EXIT_CODES = `
Exit codes:
  0  deployed
  1  refused, failed, held or regressed: the output says where the traffic is, and how to go on
  2  wrong use, or a variable is missing
  3  the platform cannot be reached, or refuses the token; nothing was begun`;
const LISTED_COUNT = 20;

const { env } = process;
const folder = process.cwd();
const print = (line: string) => console.log(printableLines(line));

const program = new Command('npm run deploy --')
  .description(
    'Deploys the commit of this checkout: 0 %, 10 %, 50 % and 100 % of the requests, each step watched.',
  )
  .exitOverride()
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', EXIT_CODES);

for (const name of TARGETS)
  program
    .command(name)
    .summary(`Deploys to ${name}, or goes on with the open deployment of this commit`)
    .option('--tests-passed', 'npm test has passed for this commit elsewhere', false)
    .option(
      '--whole',
      'permit a deployment with all traffic at once, if classes of Durable Objects change',
      false,
    )
    .option('--older', 'permit a commit that lacks the one of the version that serves', false)
    .option('--promote', 'give the new version more requests without watching it, also from 0 %', false)
    .option('--take-over', 'go on without the run that holds the deployment, which has died', false)
    .option('--url <address>', 'where the gateway is asked, instead of PUBLIC_ORIGIN', nonEmpty)
    .option('--look-seconds <number>', 'between two looks at the counted requests', aboveZero)
    .option('--watch-minutes <number>', 'after which a version without enough requests is held', aboveZero)
    .action(async (options) => {
      process.exitCode = await run(name, options);
    });

const environment = () => new Argument('[environment]', 'staging or production').choices(TARGETS);

program
  .command('plan')
  .summary('Prints all that a deployment would do and what it lacks; asks nobody')
  .addArgument(environment())
  .action(async (name) => {
    const checkout = await readCheckout(folder, env);
    for (const [index, target] of targetsOf(name).entries()) {
      if (index > 0) print('');
      const stepsOf = (kind: Parameters<typeof deploymentSteps>[0]) =>
        deploymentSteps(kind, canaryWatch(target, {}));
      for (const line of planLines({ checkout, target: readEnvironment(target, folder), stepsOf, env }))
        print(line);
    }
  });

program
  .command('list')
  .summary(`Prints the last ${LISTED_COUNT} deployments`)
  .addArgument(environment())
  .action(async (name) => {
    const platform = platformClient(env);
    for (const target of targetsOf(name)) {
      const { databaseId } = readEnvironment(target, folder);
      const records = new DeploymentRecords(remoteDatabase(platform, databaseId), folder);
      print(`${target}:`);
      console.log(listText(await records.latest(LISTED_COUNT)));
    }
  });

await runProgram(program);

function targetsOf(name: TargetName | undefined): readonly TargetName[] {
  return name === undefined ? TARGETS : [name];
}

function aboveZero(text: string): number {
  const value = Number(text);
  if (value > 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

interface RunOptions extends DeployOptions {
  promote: boolean;
  url?: string | undefined;
  lookSeconds?: number | undefined;
  watchMinutes?: number | undefined;
}

async function run(name: TargetName, options: RunOptions) {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort());
  const { target, records, tools } = deploymentTools(name, { folder, env, url: options.url });
  if (env.CI && tools.gateway.adminKey === undefined)
    throw wrongUse('OPERATIONS_KEY is not set: without it, caches in front of the Worker are not purged.');
  const watch = options.promote ? undefined : canaryWatch(name, options);
  return deploy(options, {
    checkout: await readCheckout(folder, env),
    ...{ target, records, tools },
    stepsOf: (kind) => deploymentSteps(kind, watch),
    runId: randomUUID(),
    report: print,
    signal: ended.signal,
  });
}
