/**
 * graphql-js is the oracle: whatever schema, document, variables and resolvers are drawn, the plan does what it does.
 *
 * `EXECUTION_RUNS=100000` draws that many cases instead; `EXECUTION_SEED` and `EXECUTION_PATH` (both in the message of
 * a failure) draw one again.
 */
import * as fc from 'fast-check';
import { getOperationAST, execute as graphqlExecute, print } from 'graphql';
import { expect, it } from 'vitest';
import { execute, executionCounts } from '../../../src/execution/execute.ts';
import { emptyCensus } from '../../support/execution/census.ts';
import { described } from '../../support/execution/described.ts';
import { expectSameExecution } from '../../support/execution/difference.ts';
import { executionCase } from '../../support/execution/execution-case.ts';
import type { Execute } from '../../support/execution/performed-run.ts';

const DEFAULT_CASES = 2_000;
/** Ample, since shrinking a failure takes its time. */
const TIMEOUT_MS = 3_600_000;
const { EXECUTION_RUNS, EXECUTION_SEED, EXECUTION_PATH } = process.env;
const cases = Number(EXECUTION_RUNS ?? DEFAULT_CASES);
const census = emptyCensus();
const leftToGraphqlJs: string[] = [];

/** Only requests without an operation, and conditions that are null, may be left to graphql-js. */
const byPlan: Execute = (args) => {
  const before = executionCounts().fellBack;
  const result = execute(args);
  const hasNull = Object.values(args.variableValues ?? {}).includes(null);
  if (executionCounts().fellBack > before && !hasNull && getOperationAST(args.document, args.operationName)) {
    leftToGraphqlJs.push(`${print(args.document)} ${described(args.variableValues)}`);
  }
  return result;
};

it('does what graphql-js does, whatever is drawn', { timeout: TIMEOUT_MS }, async () => {
  const property = fc.asyncProperty(executionCase, async (drawn) => {
    census.cases += 1;
    if (drawn.problems().length > 0) {
      census.invalidCases += 1;
      return;
    }
    await expectSameExecution(drawn, graphqlExecute, byPlan, census);
  });
  await fc.assert(property, {
    numRuns: cases,
    ...(EXECUTION_SEED === undefined ? {} : { seed: Number(EXECUTION_SEED) }),
    ...(EXECUTION_PATH === undefined ? {} : { path: EXECUTION_PATH }),
  });
});

it('drew enough of every kind to mean something', () => {
  expect(census.cases).toBe(cases);
  expect(census.invalidCases).toBeLessThan(cases / 20);
  expect(census.runs).toBeGreaterThan(cases);
  expect(census.calls).toBeGreaterThan(2 * census.runs);
  for (const [kind, runs] of Object.entries(census.kinds)) {
    expect(runs, kind).toBeGreaterThan(cases / 500);
  }
});

it('left none of them to graphql-js', () => {
  expect(leftToGraphqlJs).toEqual([]);
});
