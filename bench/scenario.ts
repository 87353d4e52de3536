/** One line of the table: what is sent to which Worker, and what has to come back. */
import { type Answer, bodyText, headerOf } from './http-connection.ts';
import type { RequestSource } from './requests.ts';

export interface Scenario {
  name: string;
  /** The Worker that is asked. */
  worker: string;
  next: RequestSource;
  expected: ExpectedAnswer;
}

export interface ExpectedAnswer {
  status: number;
  /** `X-Cache`, where the Worker says it: what is otherwise marks the scenario as not yet served so. */
  cache?: 'HIT' | 'MISS';
  /** Throws where the body is not the right one. */
  body: (text: string) => void;
}

/** A wrong answer ends the benchmark: how fast it came is of no interest. */
export function assertAnswer({ name, expected }: Scenario, answer: Answer): void {
  if (answer.status !== expected.status)
    throw new Error(
      `${name}: status ${answer.status}, not ${expected.status}: ${bodyText(answer).slice(0, 500)}`,
    );
}

/** For the answers before and after the clock runs: every one is read through. */
export function assertWholeAnswer(scenario: Scenario, answer: Answer): void {
  assertAnswer(scenario, answer);
  try {
    scenario.expected.body(bodyText(answer));
  } catch (error) {
    throw new Error(`${scenario.name}: ${String(error)}`, { cause: error });
  }
}

export const isCachedAsExpected = ({ expected }: Scenario, answer: Answer): boolean =>
  expected.cache === undefined || headerOf(answer.head, 'x-cache') === expected.cache;
