/**
 * How many investments one ledger accepts in a second, beside a bare Durable Object that writes the same rows; and how long a
 * buyer waits.
 *
 * A closed loop of a fixed number of investments, each by another user, into a new pool each round. Both answer when D1 has
 * their rows, which they write in batches; the ledger also hands the investments over to a main API meanwhile. Miniflare's D1
 * runs on the same thread, which it does not in production, so the table has the bare object without D1 too. The sale feed,
 * which is another object, does nothing.
 */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { readD1Migrations } from '@cloudflare/vitest-plugin';
import { drawsOf } from '../../test/support/upstream/random.ts';
import { type Answer, bodyText } from '../answer.ts';
import { bundleWorker, gatewayObjects } from '../bundle.ts';
import { type LoopRound, measuredLoop } from '../measured-loop.ts';
import { runOpenLoop } from '../open-loop.ts';
import { postRequest } from '../requests.ts';
import { percentile, type Spread, spreadOf, spreadsOf } from '../statistics.ts';
import { startWorkerd, type Workerd } from '../workerd.ts';

export interface LedgerBenchOptions {
  rounds: number;
  /** Of a round. */
  investments: number;
  connections: number;
  /** Of the open loop. */
  durationMs: number;
  signal: AbortSignal;
  report: (line: string) => void;
}

export type LedgerRounds = Record<keyof LoopRound, Spread>;

export interface LedgersResult {
  investments: number;
  connections: number;
  ledger: LedgerRounds;
  bare: LedgerRounds;
  /** Without D1. */
  bareAlone: LedgerRounds;
  /** The ledger over the bare object, of the same round. */
  ratio: Spread;
  /** The same by the CPU of workerd's thread, which other processes disturb less. */
  ratioByThread: Spread;
  tenLedgers: LedgerRounds;
  steady: { ratePerSecond: number; p50Ms: Spread; p99Ms: Spread };
}

const WORKER = 'ledgers';
/** Where there is one, storage lies in memory: both wait for the same disk, and it would hide what they do. */
const MEMORY_FOLDER = '/dev/shm';
const LEDGERS_IN_PARALLEL = 10;
/** Below what the ledger accepts. */
const STEADY_PER_SECOND = 200;
const SEED = 14;
/** Longer than a call and what follows it take. */
const SETTLE_MS = 500;

export async function measureLedgers(options: LedgerBenchOptions): Promise<LedgersResult> {
  const { rounds, investments, connections, durationMs, signal, report } = options;
  return withLedgers(signal, async (workerd, settle) => {
    /** A ledger goes on calling the main API behind its answers, which is not of the next round. */
    const settled = async <Result>(run: Promise<Result>): Promise<Result> => {
      const result = await run;
      await settle();
      signal.throwIfAborted();
      return result;
    };
    const run = (name: string, pathOf: PathOf) => settled(runRound(workerd, name, pathOf, options));
    // Not timed: its statements are those of the bare object.
    await run('recorded', ledgerPath('recorded'));
    const measured = {
      ledger: [] as LoopRound[],
      bare: [] as LoopRound[],
      bareAlone: [] as LoopRound[],
      tenLedgers: [] as LoopRound[],
    };
    const steady: { p50Ms: number; p99Ms: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      measured.ledger.push(await run(`one-${round}`, ledgerPath('ledger')));
      measured.bare.push(await run(`bare-${round}`, (name) => `/bare/${name}`));
      measured.bareAlone.push(await run(`alone-${round}`, (name) => `/alone/${name}`));
      measured.tenLedgers.push(
        await run(`ten-${round}`, (name, number) =>
          ledgerPath('ledger')(`${name}-${number % LEDGERS_IN_PARALLEL}`, number),
        ),
      );
      steady.push(await settled(runSteady(workerd, `steady-${round}`, durationMs)));
      report(roundLine(round, measured));
    }
    return {
      investments,
      connections,
      ledger: spreadsOf(measured.ledger),
      bare: spreadsOf(measured.bare),
      bareAlone: spreadsOf(measured.bareAlone),
      ratio: ratioOf(measured, 'perSecond'),
      ratioByThread: ratioOf(measured, 'perThreadSecond'),
      tenLedgers: spreadsOf(measured.tenLedgers),
      steady: { ratePerSecond: STEADY_PER_SECOND, ...spreadsOf(steady) },
    };
  });
}

const ratioOf = ({ ledger, bare }: Record<'ledger' | 'bare', LoopRound[]>, measure: keyof LoopRound) =>
  spreadOf(ledger.map((round, index) => round[measure] / (bare[index]?.[measure] ?? Number.NaN)));

async function withLedgers<Result>(
  signal: AbortSignal,
  work: (workerd: Workerd, settle: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const script = await bundleWorker(signal, 'bench/investing/ledger-worker.ts');
  if (existsSync(MEMORY_FOLDER)) process.env.TMPDIR = MEMORY_FOLDER;
  const mainApi = new Worker(new URL('main-api-thread.ts', import.meta.url));
  let workerd: Workerd | undefined;
  try {
    const [mainApiUrl] = (await once(mainApi, 'message')) as [string];
    workerd = await startWorkerd([
      {
        name: WORKER,
        script,
        storage: WORKER,
        durableObjects: { ...gatewayObjects(), BARE_LEDGER: 'BareLedger' },
        vars: {
          MAIN_API_URL: mainApiUrl,
          PRICE_API_URL: mainApiUrl,
          INTERNAL_API_KEY: 'the-key-of-a-benchmark',
          JWT_SECRET: 'a-secret-for-benchmarks-of-32-characters',
          SIWE_ORIGIN: 'https://app.example',
          OPERATIONS_MODE: 'id_only',
        },
      },
    ]);
    const db = await workerd.miniflare.getD1Database('DB', WORKER);
    for (const { queries } of await readD1Migrations('migrations'))
      await db.batch(queries.map((query) => db.prepare(query)));
    return await work(workerd, () => settleCalls(mainApiUrl));
  } finally {
    await Promise.all([workerd?.stop(), mainApi.terminate()]);
  }
}

/** Waits until the main API has no more calls for a while. */
async function settleCalls(mainApiUrl: string): Promise<void> {
  const stored = async () => Number(await (await fetch(mainApiUrl)).text());
  for (let [before, now] = [-1, await stored()]; before !== now; ) {
    await sleep(SETTLE_MS);
    [before, now] = [now, await stored()];
  }
}

/** Of an investment by its number in the round. */
type PathOf = (name: string, number: number) => string;

const ledgerPath =
  (route: 'ledger' | 'recorded'): PathOf =>
  (name, number) =>
    `/${route}/${name}/user-${number}`;

const runRound = (
  workerd: Workerd,
  name: string,
  pathOf: PathOf,
  { investments, connections }: Pick<LedgerBenchOptions, 'investments' | 'connections'>,
) =>
  measuredLoop({
    workerd,
    worker: WORKER,
    requests: investments,
    connections,
    next: (number) => postRequest(pathOf(name, number), ''),
    onAnswer: assertAccepted,
  });

async function runSteady(workerd: Workerd, name: string, durationMs: number) {
  let sent = 0;
  const { latenciesMs, unanswered } = await runOpenLoop({
    url: workerd.urlOf(WORKER),
    ratePerSecond: STEADY_PER_SECOND,
    durationMs,
    random: drawsOf(SEED),
    next: () => {
      sent += 1;
      return { bytes: postRequest(ledgerPath('ledger')(name, sent), ''), request: undefined };
    },
    keepBodies: true,
    onAnswer: assertAccepted,
  });
  if (unanswered > 0) throw new Error(`${unanswered} investments were not answered`);
  return { p50Ms: percentile(latenciesMs, 50), p99Ms: percentile(latenciesMs, 99) };
}

function assertAccepted(answer: Answer): void {
  if (answer.status !== 204) throw new Error(`an investment: ${answer.status} ${bodyText(answer)}`);
}

function roundLine(round: number, measured: Record<string, LoopRound[]>): string {
  const parts = Object.entries(measured).map(([name, rounds]) => {
    const { perSecond = 0, p50Ms = 0, p99Ms = 0, cpuMicroseconds = 0 } = rounds[round] ?? {};
    return `${name} ${perSecond.toFixed(0)}/s p50 ${p50Ms.toFixed(1)} p99 ${p99Ms.toFixed(1)} ms ${cpuMicroseconds.toFixed(0)} µs`;
  });
  return `round ${round + 1}  ${parts.join('  ')}`;
}
