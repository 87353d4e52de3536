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
  /** The status of an answer that says `X-Cache: STALE`, if another: a stale answer is no 304. */
  statusWhenStale?: number;
  /** The value of `X-Cache`, from a Worker that sends it. */
  cache?: 'HIT' | 'MISS';
  /** Throws where the body is not the right one. */
  body: (text: string) => void;
}

/** True if the answer comes from where the scenario says. */
export const isAsNamed = ({ expected }: Scenario, { head }: Answer): boolean =>
  expected.cache === undefined || headerOf(head, 'x-cache') === expected.cache;

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
