import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { measureStartup } from '../scripts/measure-startup.ts';
import { onStopRequest } from '../scripts/start/stop-request.ts';
import { measureBeside } from './beside/measure-beside.ts';
import { PARTS as BESIDE_PARTS } from './beside/parts.ts';
import { bundleWorker } from './bundle.ts';
import { measureBareAnswers, measureDistinctAnswers } from './distinct-answers.ts';
import { measureExecutors } from './executors/measure-executors.ts';
import { type HeapResult, measureHeap } from './heap.ts';
import { measureLedgers } from './investing/measure-ledgers.ts';
import { measureOpening } from './investing/opening.ts';
import { bundleLiveWorkers } from './live/live-servers.ts';
import { measureLive } from './live/measure-live.ts';
import { measureUnread } from './live/measure-unread.ts';
import { checkLogins, measureLogins } from './logins.ts';
import { JUDGED_PASSES } from './memory-passes.ts';
import { checkMixedTraffic, type MixedOptions, measureMixedTraffic } from './mixed-traffic.ts';
import { printResults } from './print.ts';
import { REST_CLAIMS, restScenarios } from './rest-scenarios.ts';
import {
  type BenchResults,
  type Claim,
  type ClaimResult,
  machineFacts,
  ratioOf,
  resultOf,
} from './results.ts';
import { measureRooms } from './rooms/measure-rooms.ts';
import { type Measured, type RoundOptions, runRounds } from './rounds.ts';
import type { Scenario } from './scenario.ts';
import {
  CLAIMS,
  marketListMiss,
  marketListScenarios,
  REFUSAL_CLAIM,
  refusalScenarios,
  yogaMiss,
} from './scenarios.ts';
import { bundleWorkers, LISTS, type List, type Scripts, type Stage, setStage, workerName } from './stage.ts';
import type { Workerd } from './workerd.ts';

/** Enough that a Worker never waits for the generator, few enough that a request waits little for others. */
const CONNECTIONS = 16;
const FULL = { firstWarmUpMs: 2_000, warmUpMs: 300, durationMs: 2_000, strict: false } as const;
const QUICK = { rounds: 1, firstWarmUpMs: 0, warmUpMs: 0, durationMs: 50, strict: true } as const;
const MIXED: Omit<MixedOptions, 'signal'> = {
  rounds: 3,
  warmUpMs: 5_000,
  durationMs: 10_000,
  connections: CONNECTIONS,
};
const ROUNDS = 5;
const BESIDE_ROUNDS = 7;
const STARTUP_RUNS = 7;
/** A stopped benchmark ends between two rounds, or else at once after this. */
const STOP_PATIENCE_MS = 3_000;
const STOPPED = 130;

const PARTS = ['http', 'executors', 'live', 'memory', 'logins', 'investing', 'rooms'] as const;
const MEMORY = { operations: 10_000, projects: 20, passes: JUDGED_PASSES } as const;
/** Its memory is not judged: these are as many as bring it to its height. */
const BARE_PASSES = 3;
const UNREAD = { sockets: 100, passes: JUDGED_PASSES, settleMs: 5_000 } as const;
const LOGINS = { logins: 15, rounds: 3, warmUpMs: 3_000, durationMs: 10_000 } as const;
const INVESTING = { rounds: 5, investments: 1_000, connections: 100, durationMs: 5_000 } as const;
const INVESTING_CHECK = { rounds: 1, investments: 50, connections: 10, durationMs: 500 } as const;
const OPENING = { people: 2_000, room: 1_200 } as const;
const OPENING_CHECK = { people: 60, room: 40 } as const;
const ROOMS = {
  ...{ sockets: 1_000, rounds: 5, messages: 500, watchedMessages: 100, connections: 32 },
  ...{ durationMs: 2_000, minEvents: 50 },
} as const;
const ROOMS_CHECK = {
  ...{ sockets: 20, rounds: 1, messages: 20, watchedMessages: 20, connections: 4 },
  ...{ durationMs: 0, minEvents: 2 },
} as const;
const EXECUTOR_ROUNDS = 9;

const HELP = `npm run bench -- [options]

Measures on this machine in about 37 minutes, prints the results, and keeps them in bench/results.json.
Leave the machine alone meanwhile.

  --part <name>      only this part, again for another: ${PARTS.join(', ')}
  --rounds <number>  of every scenario: ${ROUNDS} by default, ${BESIDE_ROUNDS} beside a commit
  --out <file>       instead of bench/results.json
  --quick            sends a little of everything and checks the answers; it judges no time

  --beside <commit>  compares the working tree with a commit in interleaved rounds, in less than six minutes.
                     CPU time decides; the working tree against itself is the noise. Always exits with 0.
                     Parts: ${Object.keys(BESIDE_PARTS).join(', ')}`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    beside: { type: 'string' },
    rounds: { type: 'string' },
    out: { type: 'string', default: 'bench/results.json' },
    part: { type: 'string', multiple: true },
    help: { type: 'boolean', default: false },
  },
});
const rounds = Number(options.rounds ?? (options.beside === undefined ? ROUNDS : BESIDE_ROUNDS));
const known = options.beside === undefined ? PARTS : Object.keys(BESIDE_PARTS);
const parts = options.part ?? [...known];
const unknown = parts.filter((part) => !known.some((name) => name === part));
if (options.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n\n${HELP}` : HELP);
  process.exit(unknown.length > 0 ? 1 : 0);
}
const stopping = new AbortController();
const { signal } = stopping;
onStopRequest(
  () => {
    stopping.abort();
    setTimeout(() => process.exit(STOPPED), STOP_PATIENCE_MS).unref();
  },
  () => process.exit(STOPPED),
);

try {
  if (options.beside !== undefined) await compareWith(options.beside);
  else if (options.quick) await checkAll();
  else await measureAll();
} catch (error) {
  if (!signal.aborted) throw error;
  process.exitCode = STOPPED;
}

function compareWith(commit: string): Promise<void> {
  return measureBeside({ commit, parts, rounds, signal, report: console.log });
}

async function checkAll(): Promise<void> {
  if (parts.includes('http')) await checkAnswers();
  if (parts.includes('live')) {
    await measureLive({ quick: true, signal, report: () => undefined });
    console.log(
      'bench: every socket of every kind was sent each event once, and nothing ran when nobody watched.',
    );
  }
  if (parts.includes('logins')) {
    const logins = await checkLogins(await bundleWorker(signal), signal);
    console.log(`bench: ${logins} logins were answered as they should, beside cached reads.`);
  }
  if (parts.includes('investing')) {
    await measureLedgers({ ...INVESTING_CHECK, signal, report: () => undefined });
    console.log('bench: one ledger, ten, and the bare object accepted every investment.');
    const script = await bundleWorker(signal);
    const { people } = await measureOpening({ ...OPENING_CHECK, script, signal });
    console.log(`bench: ${people} people were answered rightly when a sale opened.`);
  }
  if (parts.includes('rooms')) await checkRooms();
}

async function checkRooms(): Promise<void> {
  const { sockets } = await measureRooms({ ...ROOMS_CHECK, signal, report: () => undefined });
  console.log(`bench: ${sockets} watchers of a room were each sent every message once.`);
}

async function checkAnswers(): Promise<void> {
  const lists = LISTS.slice(0, 1);
  await withStage(await bundleWorkers(signal), { lists }, async ({ workerd }) => {
    const refusals = await runRounds(workerd, refusalScenarios(lists), { ...QUICK, signal, connections: 1 });
    const scenarios = await allScenarios(workerd, lists);
    const measured = await runRounds(workerd, scenarios, { ...QUICK, signal, connections: CONNECTIONS });
    const mixed = await checkMixedTraffic(workerd, workerName('gateway', 'prices'));
    const count = refusals.length + measured.length;
    await measureExecutors(1, true);
    console.log(
      `bench: every executor, ${count} scenarios and ${mixed} requests of mixed traffic answered as they should.`,
    );
  });
}

async function measureAll(): Promise<void> {
  const held = await readFile(options.out, 'utf8').catch(() => '{}');
  const results = JSON.parse(held) as BenchResults;
  if (parts.includes('http')) Object.assign(results, await measureHttp());
  if (parts.includes('executors')) {
    results.executors = await measureExecutors(EXECUTOR_ROUNDS, false);
  }
  if (parts.includes('live')) {
    results.live = await measureLive({ quick: false, signal, report: console.log });
  }
  if (parts.includes('memory')) {
    const { gateway } = await bundleLiveWorkers(signal);
    results.unread = await measureUnread({ ...UNREAD, script: gateway, signal });
    const script = await bundleWorker(signal, 'bench/workers/gateway-in-memory.ts');
    results.memory = await measureDistinctAnswers({ ...MEMORY, script, signal });
    results.bareMemory = await measureBareAnswers({
      ...MEMORY,
      passes: BARE_PASSES,
      script: await bundleWorker(signal, 'bench/workers/bare-encoding.ts'),
      bodyBytes: results.memory.bodyBytes,
      signal,
    });
  }
  if (parts.includes('logins')) {
    results.logins = await measureLogins({ ...LOGINS, script: await bundleWorker(signal), signal });
  }
  if (parts.includes('investing')) {
    results.investing = await measureLedgers({ ...INVESTING, signal, report: console.log });
    results.opening = await measureOpening({ ...OPENING, script: await bundleWorker(signal), signal });
  }
  if (parts.includes('rooms')) results.rooms = await measureRooms({ ...ROOMS, signal, report: console.log });
  console.log(`\n${printResults(results, await readFile('operations/COSTS.md', 'utf8'), false)}`);
  await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
}

async function measureHttp() {
  const machine = machineFacts();
  const pace: Omit<RoundOptions, 'connections'> = { ...FULL, rounds, signal, report: console.log };
  const scripts = await bundleWorkers(signal);
  const timed = await withStage(scripts, { lists: LISTS }, async ({ workerd }) => {
    const refusals = await runRounds(workerd, refusalScenarios(LISTS), { ...pace, connections: 1 });
    const scenarios = await allScenarios(workerd, LISTS);
    const measured = await runRounds(workerd, scenarios, { ...pace, connections: CONNECTIONS });
    const gateway = workerName('gateway', 'closes');
    await checkMixedTraffic(workerd, gateway);
    return {
      scenarios: measured.map(resultOf),
      refusals: refusals.map(resultOf),
      claims: [
        ...claimResults(measured, [...CLAIMS, ...REST_CLAIMS]),
        ...claimResults(refusals, [REFUSAL_CLAIM]),
      ],
      mixed: await measureMixedTraffic(workerd, gateway, { ...MIXED, signal }),
    };
  });
  const heap = await withStage(scripts, { lists: ['prices'], inspector: true }, async ({ workerd }) => {
    const results: HeapResult[] = [];
    for (const miss of [marketListMiss('prices'), yogaMiss('prices')])
      results.push(await measureHeap(workerd, miss));
    return results;
  });
  return { machine, ...timed, heap, startup: await measureStartup(STARTUP_RUNS, signal) };
}

async function withStage<Result>(
  scripts: Scripts,
  stageOptions: Omit<Parameters<typeof setStage>[1], 'signal'>,
  work: (stage: Stage) => Promise<Result>,
): Promise<Result> {
  const stage = await setStage(scripts, { ...stageOptions, signal });
  try {
    return await work(stage);
  } finally {
    await stage.close();
  }
}

async function allScenarios(workerd: Workerd, lists: readonly List[]): Promise<Scenario[]> {
  const marketLists = await Promise.all(lists.map((list) => marketListScenarios(workerd, list)));
  return [...marketLists.flat(), ...restScenarios()];
}

function claimResults(measured: readonly Measured[], claims: readonly Omit<Claim, 'list'>[]): ClaimResult[] {
  return claims
    .flatMap((claim) => LISTS.map((list) => ratioOf(measured, { ...claim, list })))
    .filter((result) => result !== null);
}
