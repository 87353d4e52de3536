/** What the drawn runs were about: a differential test that draws nothing of a kind says nothing about it. */
import type { Performance } from './performed-run.ts';

const KINDS = {
  synchronous: /^returns /,
  asynchronous: /^promise of /,
  withData: /(returns|promise of) \{.*data: \{\w/s,
  withErrorsAndData: /errors: \[.*data: \{/s,
  withDataLost: /data: null/,
  aborted: /aborted\(/,
  invalidVariables: /Variable "\$v\d+" has invalid/,
  invalidArguments: /Argument "\S+" (has invalid|of required)/,
  unknownOperations: /Unknown operation named|Must provide operation name/,
  nonNullViolations: /Cannot return null for non-nullable/,
  wrongTypes: /Runtime Object type|must resolve to an Object type|does not exist inside the schema/,
  refusedByIsTypeOf: /Expected value of type "O\d" but got/,
  noIterables: /Expected Iterable/,
  wrongLeaves: /cannot represent|coerceOutputValue/,
} as const;

type Kind = keyof typeof KINDS;

export interface Census {
  cases: number;
  invalidCases: number;
  runs: number;
  calls: number;
  unhandled: number;
  readonly kinds: Record<Kind, number>;
}

export function emptyCensus(): Census {
  const kinds = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, 0])) as Record<Kind, number>;
  return { cases: 0, invalidCases: 0, runs: 0, calls: 0, unhandled: 0, kinds };
}

export function countRun(census: Census, { outcome, calls, unhandled }: Performance): void {
  census.runs += 1;
  census.calls += calls.length;
  census.unhandled += unhandled.length;
  for (const [kind, sign] of Object.entries(KINDS) as [Kind, RegExp][]) {
    census.kinds[kind] += sign.test(outcome) ? 1 : 0;
  }
}
