/** `npm run monitor`: looks at a gateway that runs, once or as a screen, and says what is wrong. */
import { styleText } from 'node:util';
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { type AdminClient, createAdminClient } from '../operations/admin-client.ts';
import { EXIT, wrongUse } from '../operations/command-failure.ts';
import { httpAddress, keyOf, keyOption, urlOption } from '../operations/gateway-options.ts';
import { runProgram } from '../operations/run-program.ts';
import { printable } from '../operations/table.ts';
import { type Check, checksOf, isWrong, THRESHOLDS, type Thresholds } from './checks.ts';
import { type Counted, observeCounted } from './observe-counted.ts';
import { observeGateway, type Surroundings } from './observe-gateway.ts';
import { screenLines } from './screen.ts';
import { watchScreen } from './watch-screen.ts';

const EVERY_SECONDS_DEFAULT = 5;
const COUNTED_EVERY_MS = 20_000;
/** Answers of each check that the screen shows. */
const HISTORY_LENGTH = 16;
const NAME_COLUMNS = 22;
const STYLES = { ok: 'green', note: 'yellow', wrong: 'red' } as const;
const EXIT_CODES = `
Exit codes:
  0  all is well, or the screen was ended
  1  something is wrong, and the output says what
  2  wrong use`;

const atLeast = (least: number, most: number) => (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  return value;
};

const { env, stdout, stdin } = process;
const program = new Command('npm run monitor --')
  .description('Checks health, endpoints, hit rate, times of D1, and alerts.')
  .addOption(urlOption(env))
  .addOption(keyOption())
  .option('--watch', 'a screen that refreshes; q or Ctrl-C ends it')
  .option('--every <seconds>', 'between two looks of the screen', atLeast(1, 3600), EVERY_SECONDS_DEFAULT)
  .option('--hit-rate <share>', 'the least hit rate of public queries, instead of its alert', atLeast(0, 1))
  .option('--slow-ms <milliseconds>', 'the longest time of an answer', atLeast(1, 60_000), THRESHOLDS.slowMs)
  .helpOption('--help', 'print this')
  .addHelpText('afterAll', EXIT_CODES)
  .exitOverride()
  .action(async ({ url, key: givenKey, watch, every, hitRate, slowMs }) => {
    httpAddress(url);
    const key = keyOf(givenKey, env);
    const countedAt = key === undefined ? null : countedBy(createAdminClient(url, key));
    const surroundings = { url, fetch, nowMs: Date.now, countedAt };
    const thresholds = { ...THRESHOLDS, hitRate, slowMs };
    if (!watch) return once(surroundings, thresholds);
    if (!stdout.isTTY) throw wrongUse('--watch needs a terminal: without it, monitor looks once');
    await watchGateway(surroundings, thresholds, every);
  });

async function once(surroundings: Surroundings, thresholds: Thresholds): Promise<void> {
  const checks = checksOf(await observeGateway(surroundings), thresholds);
  for (const check of checks) console.log(plainLine(check));
  process.exitCode = isWrong(checks) ? EXIT.refused : EXIT.ok;
}

/** Isolates write their counts once a minute, so a screen need not ask at each look. */
function countedBy(admin: AdminClient): (atMs: number) => Promise<Counted> {
  let latest: { atMs: number; counted: Counted } | undefined;
  return async (atMs) => {
    if (latest === undefined || atMs - latest.atMs >= COUNTED_EVERY_MS)
      latest = { atMs, counted: await observeCounted(admin, atMs) };
    return latest.counted;
  };
}

const plainLine = ({ name, state, text }: Check) =>
  `${styleText(STYLES[state], state.padEnd(5))}  ${printable(name).padEnd(NAME_COLUMNS)}  ${printable(text)}`;

async function watchGateway(
  surroundings: Surroundings,
  thresholds: Thresholds,
  everySeconds: number,
): Promise<void> {
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended.abort());
  const history = new Map<string, number[]>();
  await watchScreen({ output: stdout, input: stdin, ended: ended.signal }, everySeconds, async () => {
    const observation = await observeGateway(surroundings);
    const { health, endpoints } = observation;
    for (const { name, milliseconds } of [{ name: 'GET /health', ...health }, ...endpoints])
      history.set(name, [...(history.get(name) ?? []), milliseconds].slice(-HISTORY_LENGTH));
    const checks = checksOf(observation, thresholds);
    const { url } = surroundings;
    return (size) => screenLines({ url, everySeconds, observation, checks, history }, size);
  });
}

await runProgram(program);
