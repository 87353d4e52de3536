/** One line of the table: what is sent to which Worker, and what has to come back. */
import { type Answer, bodyText, headerOf } from './answer.ts';
import type { RequestSource } from './requests.ts';
import type { List } from './stage.ts';

export interface Scenario {
  /** Within its list. */
  key: string;
  name: string;
  list: List;
  /** The Worker that is asked. */
  worker: string;
  next: RequestSource;
  expected: ExpectedAnswer;
}

export interface ExpectedAnswer {
  status: number;
  /** Of an answer that says `X-Cache: STALE`, where that is another: a stale answer is no 304. */
  statusWhenStale?: number;
  /** What `X-Cache` says. A Worker that sends no such header has no cache yet: all it does is miss. */
  cache?: 'HIT' | 'MISS';
  /** Throws where the body is not the right one. */
  body: (text: string) => void;
}

export type CacheVerdict = 'as expected' | 'not yet' | 'otherwise';

export function cacheVerdict({ expected }: Scenario, answer: Answer): CacheVerdict {
  if (expected.cache === undefined) return 'as expected';
  const said = headerOf(answer.head, 'x-cache');
  if (said === expected.cache) return 'as expected';
  if (said !== undefined) return 'otherwise';
  return expected.cache === 'MISS' ? 'as expected' : 'not yet';
}

/** A wrong answer ends the benchmark: how fast it came is of no interest. */
export function assertStatus({ name, expected }: Scenario, answer: Answer): void {
  const isStale = headerOf(answer.head, 'x-cache') === 'STALE';
  if (answer.status === (isStale ? (expected.statusWhenStale ?? expected.status) : expected.status)) return;
  const text = bodyText(answer).slice(0, 500);
  throw new Error(`${name}: status ${answer.status}, not ${expected.status}: ${text}`);
}

/** Reads it through. */
export function assertWholeAnswer(scenario: Scenario, answer: Answer): void {
  assertStatus(scenario, answer);
  try {
    scenario.expected.body(bodyText(answer));
  } catch (error) {
    throw new Error(`${scenario.name}: ${String(error)}`, { cause: error });
  }
}
