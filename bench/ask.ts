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
  if (scenario.expected.cache === 'MISS') return;
  let isServed = false;
  for (
    let number = 0;
    number < PRIMING_REQUESTS || (!isServed && number < PRIMING_MAX_REQUESTS);
    number += 1
  ) {
    await askOnce(workerd.urlOf(scenario.worker), scenario.next(), (answer) => {
      isServed = answer.status === scenario.expected.status && isAsNamed(scenario, answer);
    });
  }
}

/** A kept answer may have become stale since it was primed, but hardly each time. */
const CHECKED_MAX_TIMES = 3;

/**
 * Primes it first.
 *
 * @returns how many bytes the body has, once it was read through and found right.
 */
export async function checkAnswer(
  workerd: Workerd,
  scenario: Scenario,
  { cacheToo }: { cacheToo: boolean },
): Promise<number> {
  let said: string | undefined;
  for (let times = 0; times < CHECKED_MAX_TIMES; times += 1) {
    await prime(workerd, scenario);
    let bytes: number | undefined;
    await askOnce(workerd.urlOf(scenario.worker), scenario.next(), (answer) => {
      said = headerOf(answer.head, 'x-cache');
      if (!cacheToo || isAsNamed(scenario, answer)) bytes = checkedBytes(scenario, answer);
    });
    if (bytes !== undefined) return bytes;
  }
  throw new Error(`${scenario.name}: X-Cache is ${said}, not ${scenario.expected.cache}`);
}

function checkedBytes(scenario: Scenario, answer: Answer): number {
  assertWholeAnswer(scenario, answer);
  return answer.status === 304 ? 0 : Number(headerOf(answer.head, 'content-length') ?? answer.body.length);
}
