/** What is kept of a run, and of its rounds: medians with their spread, and ratios between scenarios of the same round. */
import type { Startup } from '../scripts/measure-startup.ts';
import type { ExecutorRow } from './executors/measure-executors.ts';
import type { HeapResult } from './heap.ts';
import type { LiveResults } from './live/measure-live.ts';
import type { machineFacts } from './machine.ts';
import type { MixedResult } from './mixed-traffic.ts';
import type { Measured, Round } from './rounds.ts';
import { LIST_NAMES, type List } from './stage.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { percentText } from './tables.ts';

export interface BenchResults {
  machine: ReturnType<typeof machineFacts>;
  scenarios: ScenarioResult[];
  refusals: ScenarioResult[];
  claims: ClaimResult[];
  mixed: MixedResult;
  heap: HeapResult[];
  startup: Startup;
  executors: ExecutorRow[];
  /** Absent until it was measured. */
  live?: LiveResults;
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

export interface ScenarioResult {
  key: string;
  name: string;
  list: string;
  /** True if the answers came from where the name says. */
  isAsNamed: boolean;
  bodyBytes: number;
  requests: number;
  requestsPerSecond: Spread;
  medianMs: Spread;
  p99Ms: Spread;
  cpuMicrosecondsPerRequest: Spread;
  workerdThreadBusy: Spread;
  workerdThreadWaiting: Spread;
  requestsPerThreadSecond: Spread;
  generatorBusy: Spread;
}

export function resultOf({ scenario, bodyBytes, rounds }: Measured): ScenarioResult {
  const over = (name: keyof Round) => spreadOf(rounds.map((round) => round[name]));
  return {
    key: scenario.key,
    name: scenario.name,
    list: LIST_NAMES[scenario.list],
    isAsNamed: areAsNamed(rounds),
    bodyBytes,
    requests: rounds.reduce((sum, { requests }) => sum + requests, 0),
    requestsPerSecond: over('requestsPerSecond'),
    medianMs: over('medianMs'),
    p99Ms: over('p99Ms'),
    cpuMicrosecondsPerRequest: over('cpuMicrosecondsPerRequest'),
    workerdThreadBusy: over('workerdThreadBusy'),
    workerdThreadWaiting: over('workerdThreadWaiting'),
    requestsPerThreadSecond: over('requestsPerThreadSecond'),
    generatorBusy: over('generatorBusy'),
  };
}

const areAsNamed = (rounds: readonly Round[]) => rounds.every(({ asNamed }) => asNamed >= MOSTLY);

/** How one scenario stands beside another, and how it should. */
export interface Claim {
  name: string;
  list: List;
  of: string;
  over: string;
  measure: 'requestsPerSecond' | 'medianMs';
  target: { atLeast: number } | { atMost: number };
}

export interface ClaimResult {
  name: string;
  list: string;
  ratio: Spread;
  /** The same by the CPU of workerd's thread, which other processes disturb less. */
  byThread: Spread;
  target: string;
  met: boolean;
}

/** Null where one of the two was not measured. */
export function ratioOf(measured: readonly Measured[], claim: Claim): ClaimResult | null {
  const find = (key: string) =>
    measured.find(({ scenario }) => scenario.key === key && scenario.list === claim.list);
  const of = find(claim.of);
  const over = find(claim.over);
  if (of === undefined || over === undefined) return null;
  // Of the same round: what slows the machine for a while slows both.
  const ratiosOf = (one: Measured, other: Measured, measure: keyof Round) =>
    spreadOf(
      one.rounds.map((round, index) => round[measure] / (other.rounds[index]?.[measure] ?? Number.NaN)),
    );
  const ratio = ratiosOf(of, over, claim.measure);
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
