/**
 * Rounds over scenarios, alternating: every scenario once, then every one again, so that whatever else the machine
 * does falls on all of them. Each round of a scenario begins with a time that does not count.
 */
import { checkAnswer, prime } from './ask.ts';
import { runClosedLoop } from './closed-loop.ts';
import { assertStatus, isAsNamed, type Scenario } from './scenario.ts';
import { percentile } from './statistics.ts';
import type { Workerd } from './workerd.ts';

export interface RoundOptions {
  rounds: number;
  connections: number;
  /** Before the first round, for the just-in-time compiler. */
  firstWarmUpMs: number;
  warmUpMs: number;
  durationMs: number;
  /** True if an answer whose `X-Cache` is not the expected one ends the run. */
  strict: boolean;
  signal: AbortSignal;
  report?: (line: string) => void;
}

export interface Round {
  requests: number;
  requestsPerSecond: number;
  medianMs: number;
  p99Ms: number;
  /** CPU of the whole workerd process, its collector's and compiler's threads too. */
  cpuMicrosecondsPerRequest: number;
  /**
   * Share of a core that is used by the one thread that runs JavaScript. Near 1 the Worker is what limits; well below, the generator is,
   * or other processes are: `workerdThreadWaiting` is the time in which the thread could have run and had no core.
   */
  workerdThreadBusy: number;
  workerdThreadWaiting: number;
  /** The rate with a core for the thread alone; the rate itself where nothing else runs. */
  requestsPerThreadSecond: number;
  generatorBusy: number;
  /** Share of the answers that came from where the scenario says. */
  asNamed: number;
}

export interface Measured {
  scenario: Scenario;
  bodyBytes: number;
  rounds: Round[];
}

export async function runRounds(
  workerd: Workerd,
  scenarios: readonly Scenario[],
  options: RoundOptions,
): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const scenario of scenarios) {
    options.signal.throwIfAborted();
    const bodyBytes = await checkAnswer(workerd, scenario, { cacheToo: options.strict });
    if (options.firstWarmUpMs > 0) await load(workerd, scenario, options.connections, options.firstWarmUpMs);
    measured.push({ scenario, bodyBytes, rounds: [] });
  }
  for (let number = 1; number <= options.rounds; number += 1) {
    for (const { scenario, rounds } of measured) {
      await prime(workerd, scenario);
      options.signal.throwIfAborted();
      if (options.warmUpMs > 0) await load(workerd, scenario, options.connections, options.warmUpMs);
      const round = await load(workerd, scenario, options.connections, options.durationMs);
      rounds.push(round);
      options.report?.(roundLine(number, scenario, round));
    }
  }
  for (const scenario of scenarios) {
    await checkAnswer(workerd, scenario, { cacheToo: options.strict });
  }
  return measured;
}

function roundLine(number: number, { name, list }: Scenario, round: Round): string {
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`.padStart(5);
  return [
    `round ${number}`,
    `${list.padEnd(6)} ${name.padEnd(46)}`,
    `${round.requestsPerSecond.toFixed(0).padStart(6)}/s`,
    `${round.cpuMicrosecondsPerRequest.toFixed(0).padStart(6)} µs`,
    `workerd ${percent(round.workerdThreadBusy)} busy ${percent(round.workerdThreadWaiting)} waiting`,
    `generator ${percent(round.generatorBusy)}`,
  ].join('  ');
}

export async function load(
  workerd: Workerd,
  scenario: Scenario,
  connections: number,
  durationMs: number,
): Promise<Round> {
  let asNamed = 0;
  const cpuBefore = workerd.cpuMs();
  const generatorBefore = process.cpuUsage();
  const { requests, elapsedMs, latenciesMs } = await runClosedLoop({
    url: workerd.urlOf(scenario.worker),
    connections,
    durationMs,
    next: scenario.next,
    keepBodies: false,
    onAnswer: (answer) => {
      assertStatus(scenario, answer);
      if (isAsNamed(scenario, answer)) asNamed += 1;
    },
  });
  const cpu = workerd.cpuMs();
  const threadMs = cpu.thread - cpuBefore.thread;
  const generator = process.cpuUsage(generatorBefore);
  return {
    requests,
    requestsPerSecond: (requests * 1000) / elapsedMs,
    medianMs: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
    cpuMicrosecondsPerRequest: ((cpu.process - cpuBefore.process) * 1000) / requests,
    workerdThreadBusy: threadMs / elapsedMs,
    workerdThreadWaiting: (cpu.threadWaiting - cpuBefore.threadWaiting) / elapsedMs,
    requestsPerThreadSecond: (requests * 1000) / threadMs,
    generatorBusy: (generator.user + generator.system) / 1000 / elapsedMs,
    asNamed: asNamed / requests,
  };
}
