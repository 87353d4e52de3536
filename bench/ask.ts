/** Single requests, beside the rounds: what fills a cache, and what looks at an answer as a whole. */

import { type Answer, headerOf } from './answer.ts';
import { runClosedLoop } from './closed-loop.ts';
import { assertWholeAnswer, isAsNamed, type Scenario } from './scenario.ts';
import type { Workerd } from './workerd.ts';

export const askOnce = (url: URL, request: Uint8Array, onAnswer: (answer: Answer) => void) =>
  runClosedLoop({ url, connections: 1, durationMs: 0, next: () => request, onAnswer, keepBodies: true });

/** A cache fills behind its answer. */
const PRIMING_REQUESTS = 3;
/** An answer that was kept since the last round may be stale, and a refresh runs beside requests. */
const PRIMING_MAX_REQUESTS = 200;

export async function prime(workerd: Workerd, scenario: Scenario): Promise<void> {
  if (scenario.expected.cache !== 'MISS') await primed(workerd, scenario);
}

/** @returns the last answer. */
async function primed(workerd: Workerd, scenario: Scenario): Promise<Answer> {
  for (let number = 1; ; number += 1) {
    const answer = await answerTo(workerd, scenario);
    const isServed = answer.status === scenario.expected.status && isAsNamed(scenario, answer);
    if (number >= (isServed ? PRIMING_REQUESTS : PRIMING_MAX_REQUESTS)) return answer;
  }
}

async function answerTo(workerd: Workerd, { worker, next }: Scenario): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  await askOnce(workerd.urlOf(worker), next(), resolve);
  return promise;
}

/**
 * Primes it first, and looks at the last answer: one that was kept would be older in a further one.
 *
 * @returns how many bytes the body has, once it was read through and found right.
 */
export async function checkAnswer(
  workerd: Workerd,
  scenario: Scenario,
  { cacheToo }: { cacheToo: boolean },
): Promise<number> {
  const ask = scenario.expected.cache === 'MISS' ? answerTo : primed;
  const answer = await ask(workerd, scenario);
  assertWholeAnswer(scenario, answer);
  if (cacheToo && !isAsNamed(scenario, answer)) {
    const said = headerOf(answer.head, 'x-cache');
    throw new Error(`${scenario.name}: X-Cache is ${said}, not ${scenario.expected.cache}`);
  }
  return answer.status === 304 ? 0 : Number(headerOf(answer.head, 'content-length') ?? answer.body.length);
}
