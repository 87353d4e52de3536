/**
 * Rounds over scenarios, alternating: every scenario once, then every one again, so that whatever else the machine
 * does falls on all of them. Each round of a scenario begins with a time that does not count.
 */
import { runClosedLoop } from './closed-loop.ts';
import { headerOf } from './http-connection.ts';
import { assertAnswer, assertWholeAnswer, isCachedAsExpected, type Scenario } from './scenario.ts';
import { percentile, type Spread, spreadOf } from './statistics.ts';
import type { Workerd } from './workerd.ts';

export interface RoundOptions {
  rounds: number;
  connections: number;
  /** Before the first round, for the just-in-time compiler. */
  firstWarmUpMs: number;
  warmUpMs: number;
  durationMs: number;
  report?: (line: string) => void;
}

interface Round {
  requestsPerSecond: number;
  medianMs: number;
  p99Ms: number;
  /** Of the whole workerd process, its collector's and compiler's threads too. */
  cpuMicrosecondsPerRequest: number;
  /** Of a core. Near 1 the Worker is what limits; well below, the generator or the machine is. */
  workerdThreadBusy: number;
  generatorBusy: number;
  cachedAsExpected: number;
}

export interface ScenarioResult {
  name: string;
  worker: string;
  requestsPerSecond: Spread;
  medianMs: Spread;
  p99Ms: Spread;
  cpuMicrosecondsPerRequest: Spread;
  workerdThreadBusy: Spread;
  generatorBusy: Spread;
  bodyBytes: number;
  requests: number;
  /** The share of answers whose `X-Cache` was the expected one. */
  cachedAsExpected: number;
  cache: string | null;
}

export async function runRounds(
  workerd: Workerd,
  scenarios: readonly Scenario[],
  options: RoundOptions,
): Promise<ScenarioResult[]> {
  const bodyBytes = new Map<Scenario, number>();
  const measured = new Map<Scenario, { rounds: Round[]; requests: number }>();
  for (const scenario of scenarios) {
    measured.set(scenario, { rounds: [], requests: 0 });
    bodyBytes.set(scenario, await answerOnce(workerd, scenario));
    await load(workerd, scenario, { ...options, durationMs: options.firstWarmUpMs });
  }
  for (let number = 1; number <= options.rounds; number += 1) {
    for (const scenario of scenarios) {
      await load(workerd, scenario, { ...options, durationMs: options.warmUpMs });
      const { round, requests } = await load(workerd, scenario, options);
      const all = measured.get(scenario);
      all?.rounds.push(round);
      if (all) all.requests += requests;
      options.report?.(
        `round ${number}  ${scenario.name.padEnd(52)} ${round.requestsPerSecond.toFixed(0).padStart(6)}/s  ` +
          `${round.cpuMicrosecondsPerRequest.toFixed(0).padStart(6)} µs  thread ${percentText(round.workerdThreadBusy)}  ` +
          `generator ${percentText(round.generatorBusy)}`,
      );
    }
  }
  for (const scenario of scenarios) await answerOnce(workerd, scenario);
  return [...measured].map(([scenario, { rounds, requests }]) => ({
    name: scenario.name,
    worker: scenario.worker,
    ...spreads(rounds),
    bodyBytes: bodyBytes.get(scenario) ?? 0,
    requests,
    cachedAsExpected: Math.min(...rounds.map((round) => round.cachedAsExpected)),
    cache: scenario.expected.cache ?? null,
  }));
}

const percentText = (share: number) => `${(share * 100).toFixed(0)} %`.padStart(5);

function spreads(rounds: readonly Round[]) {
  const over = (name: keyof Round) => spreadOf(rounds.map((round) => round[name]));
  return {
    requestsPerSecond: over('requestsPerSecond'),
    medianMs: over('medianMs'),
    p99Ms: over('p99Ms'),
    cpuMicrosecondsPerRequest: over('cpuMicrosecondsPerRequest'),
    workerdThreadBusy: over('workerdThreadBusy'),
    generatorBusy: over('generatorBusy'),
  };
}

/** How many bytes the body has, once it was read through and found right. */
export async function answerOnce(workerd: Workerd, scenario: Scenario): Promise<number> {
  let bytes = 0;
  await runClosedLoop({
    url: workerd.urlOf(scenario.worker),
    connections: 1,
    durationMs: 0,
    next: scenario.next,
    onAnswer: (answer) => {
      assertWholeAnswer(scenario, answer);
      bytes = Number(headerOf(answer.head, 'content-length') ?? answer.body.length);
    },
  });
  return bytes;
}

async function load(
  workerd: Workerd,
  scenario: Scenario,
  { connections, durationMs }: RoundOptions,
): Promise<{ round: Round; requests: number }> {
  let cachedAsExpected = 0;
  const cpuBefore = workerd.cpuMs();
  const generatorBefore = process.cpuUsage();
  const { requests, elapsedMs, latenciesMs } = await runClosedLoop({
    url: workerd.urlOf(scenario.worker),
    connections,
    durationMs,
    next: scenario.next,
    onAnswer: (answer) => {
      assertAnswer(scenario, answer);
      if (isCachedAsExpected(scenario, answer)) cachedAsExpected += 1;
    },
  });
  const cpu = workerd.cpuMs();
  const generator = process.cpuUsage(generatorBefore);
  return {
    requests,
    round: {
      requestsPerSecond: (requests * 1000) / elapsedMs,
      medianMs: percentile(latenciesMs, 50),
      p99Ms: percentile(latenciesMs, 99),
      cpuMicrosecondsPerRequest: ((cpu.process - cpuBefore.process) * 1000) / requests,
      workerdThreadBusy: (cpu.mainThread - cpuBefore.mainThread) / elapsedMs,
      generatorBusy: (generator.user + generator.system) / 1000 / elapsedMs,
      cachedAsExpected: cachedAsExpected / requests,
    },
  };
}
