/**
 * `npm start`: the whole market on this machine, with real or simulated upstreams. It checks every setting before it
 * starts anything, and everything that it started ends with it.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import getPort from 'get-port';
import { DEFAULT_API_KEY, type Market } from '../test/support/upstream/market.ts';
import { startUpstream, type Upstream } from '../test/support/upstream/server.ts';
import { createCronRunner } from './start/cron-clock.ts';
import { firstLook } from './start/first-look.ts';
import { forkGateway, type GatewayConfiguration } from './start/gateway.ts';
import { heading, jobLine, problem, remark, seconds, stepLine, timeLine } from './start/lines.ts';
import { readOptions } from './start/options.ts';
import { CommandFailed, runNode } from './start/run-command.ts';
import { readSettings, type Settings } from './start/settings.ts';
import { onStopRequest } from './start/stop-request.ts';
import { runCron } from './start/sync-runs.ts';
import { openUsers } from './start/users.ts';

const DEV_VARS_FILE = '.dev.vars';
const PROJECTS_WITH_FILES = 40;
const QUICK_PROJECTS_WITH_FILES = 6;
/** Projects first, because the price sync asks for the prices of known projects. */
const FIRST_CRONS = ['*/5 * * * *', '* * * * *', '*/15 * * * *'];
const NIGHTLY_CRON = '0 0 * * *';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const options = readOptions(process.argv.slice(2));
if ('text' in options) {
  const { text, exitCode } = options;
  (exitCode === 0 ? process.stdout : process.stderr).write(`${text}\n`);
  process.exit(exitCode);
}
const stateFolder = path.resolve(options.state);
const { quick: isQuick, headless } = options;

const startedAtMs = Date.now();
const stopping = new AbortController();
const crons = createCronRunner();
const gateway = forkGateway();
let upstream: Upstream | undefined;
let market: Market | undefined;

onStopRequest(
  () => stop(0),
  () => {
    gateway.kill();
    process.exit(1);
  },
);
gateway.ended.then(fail);
start().catch(fail);

async function start(): Promise<void> {
  console.log(heading('COM2000 edge gateway'));
  const generates = isQuick ? '' : 'generates its types, ';
  console.log(remark(`${generates}migrates the local database and builds the Worker …`));
  const configuration = await gateway.configuration;
  const settings = await checkedSettings(configuration);
  stopping.signal.throwIfAborted();
  await startSimulatedUpstream(settings);
  await Promise.all([
    isQuick ||
      timed('generate', 'types, schema, operations', runNode(['--run', 'generate'], stopping.signal)),
    timed('database', path.relative('', stateFolder), migrateDatabase(configuration.databaseId)),
  ]);
  const { port, vars, secrets, simulated } = settings;
  const url = await timed(
    'gateway',
    'on workerd',
    startGateway({ port, stateFolder, headless, vars, secrets }),
  );

  const showJobs = (cron: string) => runCron(url, cron, (job) => console.log(jobLine(job)));
  const showProblems = (cron: string) =>
    runCron(url, cron, (job) => {
      if (job.outcome !== 'ok') console.log(timeLine(jobLine(job)));
    }).catch(printUnlessStopping);

  const users = settings.simulated.main && market ? openUsers(url, market) : Promise.resolve([]);
  // Awaited below; it may fail before.
  users.catch(() => undefined);
  console.log(heading('First sync'));
  for (const cron of FIRST_CRONS) await crons.run(cron, showJobs);
  console.log(heading(`Ready after ${seconds(Date.now() - startedAtMs)}`));
  console.log(
    await firstLook({
      url,
      vars,
      simulated,
      hasGraphiql: !headless,
      hasKey: 'ADMIN_KEY' in secrets || 'OPERATIONS_KEYS' in secrets,
      users: await users,
    }),
  );
  crons.follow(configuration.crons, showProblems);
  if (!isQuick) {
    console.log(heading('In the background: everything in full, daily candles, indicators'));
    await crons.run(NIGHTLY_CRON, showJobs);
  }
  console.log('\nThe syncs continue; one that is not ok is printed here. Ctrl-C ends everything.');
}

async function checkedSettings({ vars, bucketCredentials }: GatewayConfiguration): Promise<Settings> {
  const freePort = await getPort();
  const result = readSettings({
    environment: process.env,
    devVars: existsSync(DEV_VARS_FILE) ? parseEnv(readFileSync(DEV_VARS_FILE, 'utf8')) : {},
    developmentVars: vars,
    bucketCredentials,
    freePort,
    simulatedApiKey: DEFAULT_API_KEY,
    randomSecret: () => randomBytes(32).toString('hex'),
  });
  if (!result.ok)
    throw new Error(`npm start refuses:\n${result.issues.map((issue) => `  ${issue}`).join('\n')}`);
  const { port } = result.settings;
  if (port !== freePort && (await getPort({ port })) !== port)
    throw new Error(`npm start refuses:\n  PORT: ${port} is in use; try PORT=0 npm start for any free one`);
  return result.settings;
}

async function startSimulatedUpstream(settings: Settings): Promise<void> {
  const { simulated, vars, secrets } = settings;
  if (!simulated.main && !simulated.price) return;
  upstream = await startUpstream();
  market = upstream.createMarket({
    id: 'main',
    live: true,
    // The first sync copies them before anybody can ask.
    projectsWithFiles: isQuick ? QUICK_PROJECTS_WITH_FILES : PROJECTS_WITH_FILES,
    apiKey: secrets.INTERNAL_API_KEY ?? DEFAULT_API_KEY,
  });
  if (simulated.main) vars.MAIN_API_URL = market.mainApiUrl;
  if (simulated.price) vars.PRICE_API_URL = market.priceApiUrl;
}

async function migrateDatabase(databaseId: string): Promise<void> {
  // Imported late, because a refusal or the command line need not wait for it.
  const database = await import('./start/database.ts');
  await database.migrateDatabase(stateFolder, databaseId);
}

async function startGateway(message: Parameters<typeof gateway.start>[0]): Promise<string> {
  const url = await gateway.start(message);
  // The port is open before the Worker is built; the first answer waits for it.
  await (await fetch(`${url}/health`)).arrayBuffer();
  return url;
}

async function timed<Result>(name: string, detail: string, work: Promise<Result>): Promise<Result> {
  const beganAtMs = Date.now();
  const result = await work;
  console.log(stepLine(name, detail, Date.now() - beganAtMs));
  return result;
}

function fail(reason: unknown): void {
  printUnlessStopping(reason);
  stop(1);
}

function printUnlessStopping(reason: unknown): void {
  if (stopping.signal.aborted) return;
  console.error(problem(reason instanceof Error ? reason.message : String(reason)));
  if (reason instanceof CommandFailed) console.error(reason.output);
}

function stop(exitCode: number): void {
  if (stopping.signal.aborted) return;
  stopping.abort();
  crons.stop();
  Promise.all([gateway.stop(), upstream?.close()]).finally(() => process.exit(exitCode));
}
