/** The kept results of a run: medians with their spread, and ratios between scenarios of the same round. */
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Startup } from '../scripts/measure-startup.ts';
import type { DistinctAnswersResult } from './distinct-answers.ts';
import type { ExecutorRow } from './executors/measure-executors.ts';
import type { HeapResult } from './heap.ts';
import type { LedgersResult } from './investing/measure-ledgers.ts';
import type { OpeningResult } from './investing/opening.ts';
import type { LiveResults } from './live/measure-live.ts';
import type { UnreadResult } from './live/measure-unread.ts';
import type { LoginsResult } from './logins.ts';
import type { MixedResult } from './mixed-traffic.ts';
import type { RoomsResult } from './rooms/measure-rooms.ts';
import type { Measured, Round } from './rounds.ts';
import { LIST_NAMES, type List } from './stage.ts';
import { type Spread, spreadOf, spreadsOf } from './statistics.ts';
import { percentText } from './tables.ts';

/** `--part http`. */
export interface HttpResults {
  machine: ReturnType<typeof machineFacts>;
  scenarios: ScenarioResult[];
  refusals: ScenarioResult[];
  claims: ClaimResult[];
  mixed: MixedResult;
  heap: HeapResult[];
  startup: Startup;
}

/** The parts that were measured, each when it was measured last. */
export interface BenchResults extends Partial<HttpResults> {
  executors?: ExecutorRow[];
  live?: LiveResults;
  memory?: DistinctAnswersResult;
  /** The same of a Worker that keeps nothing. */
  bareMemory?: DistinctAnswersResult;
  unread?: UnreadResult;
  logins?: LoginsResult;
  investing?: LedgersResult;
  opening?: OpeningResult;
  rooms?: RoomsResult;
}

export const hasHttp = (results: BenchResults): results is BenchResults & HttpResults =>
  results.scenarios !== undefined;

const versionOf = (name: string): string =>
  (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;

/** The machine, its software, and the time. */
export function machineFacts() {
  return {
    date: new Date().toISOString(),
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    workerd: versionOf('workerd'),
    miniflare: versionOf('miniflare'),
    /** The load of one minute, before the benchmark: anything else that runs takes from what is measured. */
    loadAverage: loadavg()[0] ?? 0,
  };
}

/** Above this share of waiting, rates depend on the other processes too. */
const BUSY_MACHINE = 0.1;

/** @param waiting shares of their time in which processes waited for a core. @returns nothing on a quiet machine. */
export function busyMachine(waiting: readonly Spread[]): string[] {
  const { median } = spreadOf(waiting.map((share) => share.median));
  if (median < BUSY_MACHINE) return [];
  return [
    `Other processes were at work: what was measured waited for a core ${percentText(median)} of the time. ` +
      'Rates and latencies are worse than they would be; ratios by CPU alone say more.',
  ];
}

/** Below this share of answers as expected a scenario is not what its name says. */
const MOSTLY = 0.99;

export type ScenarioResult = ReturnType<typeof resultOf>;

export const resultOf = ({ scenario: { key, name, list }, bodyBytes, rounds }: Measured) => ({
  key,
  name,
  list: LIST_NAMES[list],
  /** True if the answers came from where the name says. */
  isAsNamed: areAsNamed(rounds),
  bodyBytes,
  ...spreadsOf(rounds),
});

const areAsNamed = (rounds: readonly Round[]) => rounds.every(({ asNamed }) => asNamed >= MOSTLY);

/** The ratio of two scenarios, with its target. */
export interface Claim {
  name: string;
  list: List;
  of: string;
  over: string;
  measure: 'requestsPerSecond' | 'medianMs';
  target: { atLeast: number } | { atMost: number };
}

export type ClaimResult = NonNullable<ReturnType<typeof ratioOf>>;

/** Null where one of the two was not measured. */
export function ratioOf(measured: readonly Measured[], claim: Claim) {
  const find = (key: string) =>
    measured.find(({ scenario }) => scenario.key === key && scenario.list === claim.list);
  const of = find(claim.of);
  const over = find(claim.over);
  if (of === undefined || over === undefined) return null;
  // Both of the same round: whatever slows the machine for a while slows both.
  const ratiosOf = (one: Measured, other: Measured, measure: keyof Round) =>
    spreadOf(
      one.rounds.map((round, index) => round[measure] / (other.rounds[index]?.[measure] ?? Number.NaN)),
    );
  const ratio = ratiosOf(of, over, claim.measure);
  // Other processes disturb the CPU of workerd's thread less.
  const byThread =
    claim.measure === 'medianMs'
      ? ratiosOf(over, of, 'requestsPerThreadSecond')
      : ratiosOf(of, over, 'requestsPerThreadSecond');
  const { target } = claim;
  const reached = 'atLeast' in target ? ratio.median >= target.atLeast : ratio.median <= target.atMost;
  return {
    name: claim.name,
    list: LIST_NAMES[claim.list],
    ratio,
    byThread,
    target: 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`,
    met: reached && areAsNamed(of.rounds) && areAsNamed(over.rounds),
  };
}
