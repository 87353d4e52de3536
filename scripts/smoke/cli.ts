/** `npm run smoke`: asks the gateway as its clients do, and names what is wrong. */
import { setTimeout } from 'node:timers/promises';
import { Argument, Command } from '@commander-js/extra-typings';
import type { TargetEnvironment } from '../deploy/environment.ts';
import { TARGETS, type TargetName } from '../deploy/targets.ts';
import { nonEmpty } from '../operations/command.ts';
import { EXIT, refusal, wrongUse } from '../operations/command-failure.ts';
import { httpAddress } from '../operations/gateway-options.ts';
import { runProgram } from '../operations/run-program.ts';
import { printableLines } from '../operations/table.ts';
import { missingCredentials } from '../platform/credentials.ts';
import { type SmokeSources, smokeTest } from './smoke.ts';

const { env } = process;
const print = (line: string) => console.log(printableLines(line));

const program = new Command('npm run smoke --')
  .description(
    'Asks /health, /api, a persisted query and a WebSocket of each version that serves. Without credentials of the platform, of any version.',
  )
  .addArgument(new Argument('[environment]', 'of wrangler.toml').choices(TARGETS))
  .option('--url <address>', 'where the gateway is asked, instead of PUBLIC_ORIGIN', nonEmpty)
  .option('--version <id>', 'one version of the current deployment, also one at 0 %', nonEmpty)
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', '\nExit codes:\n  0  all is well\n  1  something is wrong\n  2  wrong use')
  .exitOverride()
  .action(async (environment, { url, version }) => {
    const target = environment === undefined ? undefined : await targetOf(environment);
    const address = url ?? target?.publicOrigin;
    if (address === undefined) throw wrongUse('Name an environment, or the address of a gateway with --url.');
    const origin = httpAddress(address);
    let isWrong = false;
    for (const asked of await versionsOf(target, version)) {
      const findings = await smokeTest({
        ...{ origin, version: asked, fetch, nowMs: Date.now, sleep: setTimeout },
        socketOrigins: url === undefined && target !== undefined ? otherOrigins(target) : [],
      });
      const name = asked === null ? origin : `${origin}, version ${asked.versionId}`;
      for (const { check, problem } of findings) print(`wrong  ${name}: ${check}: ${problem}`);
      if (findings.length === 0) print(`ok     ${name}`);
      isWrong ||= findings.length > 0;
    }
    process.exitCode = isWrong ? EXIT.refused : EXIT.ok;
  });

/** Wrangler and the platform's SDK take a second to load, which an address alone does not need. */
async function targetOf(name: TargetName): Promise<TargetEnvironment> {
  const { readEnvironment } = await import('../deploy/environment.ts');
  return readEnvironment(name, process.cwd());
}

async function liveWorker(workerName: string) {
  const [{ deployedWorker }, { platformClient }] = await Promise.all([
    import('../deploy/deployed-worker.ts'),
    import('../platform/platform-client.ts'),
  ]);
  return deployedWorker(platformClient(env), workerName).live();
}

/** The hosts of routes beside PUBLIC_ORIGIN. */
const otherOrigins = ({ values, publicOrigin }: TargetEnvironment): string[] =>
  values
    .flatMap(({ place, value }) => (place === 'routes' ? [`https://${value.split('/')[0]}`] : []))
    .filter((origin) => origin !== publicOrigin && !origin.includes('*'));

async function versionsOf(
  target: TargetEnvironment | undefined,
  given: string | undefined,
): Promise<SmokeSources['version'][]> {
  if (target === undefined) {
    if (given !== undefined) throw wrongUse('--version needs an environment: the override names its Worker.');
    return [null];
  }
  const { workerName } = target;
  if (given !== undefined) return [{ workerName, versionId: given }];
  if (missingCredentials(env).length > 0) return [null];
  const live = await liveWorker(workerName);
  if (live === undefined || live.shares.length === 0)
    throw refusal('NOT_DEPLOYED', `${workerName} is not deployed.`);
  return live.shares.map(({ versionId }) => ({ workerName, versionId }));
}

await runProgram(program);
