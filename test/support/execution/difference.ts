/** Runs a case by two executors and says where the second does not do what the first does. */
import { getOperationAST, OperationTypeNode, printSchema } from 'graphql';
import { type Census, countRun } from './census.ts';
import { described } from './described.ts';
import type { ExecutionCase } from './execution-case.ts';
import { type Execute, type Performance, performedRun, type Request, SETTLED } from './performed-run.ts';
import type { RunShape } from './shapes.ts';

export async function expectSameExecution(
  drawn: ExecutionCase,
  oracle: Execute,
  execute: Execute,
  census: Census,
): Promise<void> {
  for (const [index, run] of drawn.runs.entries()) {
    const request = drawn.requestOf(run);
    const expected = await performedRun(oracle, drawn.stage, request, run);
    const actual = await performedRun(execute, drawn.stage, request, run);
    countRun(census, expected);
    const difference = differenceOf(expected, actual, isMutation(request));
    if (difference !== undefined) {
      throw new Error(
        [`run ${index + 1}: ${difference}`, ...story(drawn, request, run, expected)].join('\n'),
      );
    }
  }
}

function isMutation({ document, operationName }: Request): boolean {
  return getOperationAST(document, operationName)?.operation === OperationTypeNode.MUTATION;
}

function differenceOf(expected: Performance, actual: Performance, inSeries: boolean): string | undefined {
  if (expected.outcome !== actual.outcome) {
    return `the outcome differs\n  graphql-js ${expected.outcome}\n  here ${actual.outcome}`;
  }
  const compare = !expected.gaveUp ? differenceOfCalls : inSeries ? differenceOfSeries : differenceOfRemains;
  const calls = compare(expected, actual);
  if (calls !== undefined) {
    return calls;
  }
  const known = [...expected.unhandled];
  const more = actual.unhandled.find((reason) => {
    const at = known.indexOf(reason);
    known.splice(at, at === -1 ? 0 : 1);
    return at === -1;
  });
  return more === undefined ? undefined : `a rejection that graphql-js handles is not handled: ${more}`;
}

function differenceOfCalls(expected: Performance, actual: Performance): string | undefined {
  const position = expected.calls.findIndex((call, index) => call !== actual.calls[index]);
  if (position === -1 && actual.calls.length === expected.calls.length) {
    return undefined;
  }
  const at = position === -1 ? expected.calls.length : position;
  const around = (calls: readonly string[]) => calls.slice(Math.max(0, at - 3), at + 3).join('\n    ');
  return `call ${at} differs\n  graphql-js\n    ${around(expected.calls)}\n  here\n    ${around(actual.calls)}`;
}

/**
 * A plan may be ready some microtasks earlier than graphql-js, and then leaves alone what was still going on below a
 * parent that is null: it makes some of graphql-js's calls no more, but no others and none in another order; it closes
 * iterators there that much earlier.
 */
function differenceOfRemains(expected: Performance, actual: Performance): string | undefined {
  let from = 0;
  for (const call of actual.calls.filter((made) => made !== SETTLED && !made.startsWith('return '))) {
    from = expected.calls.indexOf(call, from) + 1;
    if (from === 0) {
      return `call ${call} is one too many\n${bothLogs(expected, actual)}`;
    }
  }
  return undefined;
}

/** In series, the next field may begin that much earlier beside what still goes on below the one before it. */
function differenceOfSeries(expected: Performance, actual: Performance): string | undefined {
  const rootCalls = ({ calls }: Performance) => calls.filter((call) => ROOT_CALL.test(call)).join();
  return rootCalls(expected) === rootCalls(actual)
    ? undefined
    : `root fields begin in another order\n${bothLogs(expected, actual)}`;
}

const ROOT_CALL = /^(resolve|fieldResolver) Mutation\.|^method root\.\w+ /;

function bothLogs(expected: Performance, actual: Performance): string {
  const indented = ({ calls }: Performance) => calls.map((call) => `\n    ${call}`).join('');
  return `  graphql-js${indented(expected)}\n  here${indented(actual)}`;
}

function story(drawn: ExecutionCase, request: Request, run: RunShape, { told }: Performance): string[] {
  const document = request.document.loc?.source.body;
  return [
    `--- operation ${request.operationName ?? '(none named)'}, variables ${described(request.variableValues)}`,
    `    options ${run.options}, aborted in step ${run.abort} (0: never)`,
    document ?? '',
    '--- resolvers, where they do not simply return what is right',
    ...[...told].map(([place, what]) => `${place}: ${what}`),
    '--- schema',
    printSchema(drawn.schema),
  ];
}
