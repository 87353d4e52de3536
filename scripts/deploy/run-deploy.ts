/** One call of `npm run deploy`, from its arguments to its exit code. */
import { randomUUID } from 'node:crypto';
import {
  Argument,
  Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
} from '@commander-js/extra-typings';
import { nonEmpty } from '../operations/command.ts';
import { EXIT, type ExitCode, wrongUse } from '../operations/command-failure.ts';
import { failureOf } from '../operations/run-program.ts';
import { printableLines } from '../operations/table.ts';
import { platformClient } from '../platform/platform-client.ts';
import { readCheckout } from './checkout.ts';
import { remoteDatabase } from './database.ts';
import { type DeployOptions, deploy } from './deploy.ts';
import { deploymentSteps } from './deployment-steps.ts';
import { deploymentTools } from './deployment-tools.ts';
import { readEnvironment } from './environment.ts';
import { listText } from './list.ts';
import { planLines } from './plan.ts';
import { DeploymentRecords } from './record.ts';
import { canaryWatch } from './rollout.ts';
import { TARGETS, type TargetName } from './targets.ts';

const EXIT_CODES = `
Exit codes:
  0  deployed
  1  refused, failed, held or regressed: the output says where the traffic is, and how to go on
  2  wrong use, or a variable is missing
  3  the platform cannot be reached, or refuses the token; nothing was begun`;
const LISTED_COUNT = 20;

export interface DeploySurroundings {
  /** The checkout. */
  folder: string;
  env: NodeJS.ProcessEnv;
  print(text: string): void;
  complain(text: string): void;
  /** Asked for by a command that comes to an end of its own where it is aborted. */
  endSignal(): AbortSignal;
}

/** For its commands. */
interface Session extends DeploySurroundings {
  /** Prints a line that may hold what others wrote. */
  report(line: string): void;
  end(exitCode: ExitCode): void;
}

export async function runDeploy(
  args: readonly string[],
  surroundings: DeploySurroundings,
): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = programOf({
    ...surroundings,
    report: (line) => surroundings.print(printableLines(line)),
    end: (code) => {
      exitCode = code;
    },
  });
  return (await failureOf(program, args, surroundings.complain)) ?? exitCode;
}

function programOf(session: Session): CommandUnknownOpts {
  const { folder, env, print, report } = session;
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
        session.end(await run(name, options, session));
      });

  const environment = () => new Argument('[environment]', 'staging or production').choices(TARGETS);

  program
    .command('plan')
    .summary('Prints all that a deployment would do and what it lacks; asks nobody')
    .addArgument(environment())
    .action(async (name) => {
      const checkout = await readCheckout(folder, env);
      for (const [index, target] of targetsOf(name).entries()) {
        if (index > 0) report('');
        const stepsOf = (kind: Parameters<typeof deploymentSteps>[0]) =>
          deploymentSteps(kind, canaryWatch(target, {}));
        for (const line of planLines({ checkout, target: readEnvironment(target, folder), stepsOf, env }))
          report(line);
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
        report(`${target}:`);
        print(listText(await records.latest(LISTED_COUNT)));
      }
    });

  return program;
}

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

async function run(name: TargetName, options: RunOptions, session: Session): Promise<ExitCode> {
  const { folder, env, report } = session;
  const signal = session.endSignal();
  const { target, records, tools } = deploymentTools(name, { folder, env, url: options.url });
  if (env.CI && tools.gateway.adminKey === undefined)
    throw wrongUse('OPERATIONS_KEY is not set: without it, caches in front of the Worker are not purged.');
  const watch = options.promote ? undefined : canaryWatch(name, options);
  return deploy(options, {
    checkout: await readCheckout(folder, env),
    ...{ target, records, tools },
    stepsOf: (kind) => deploymentSteps(kind, watch),
    runId: randomUUID(),
    ...{ report, signal },
  });
}
