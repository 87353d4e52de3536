/**
 * A scalar may throw one and the same error each time, which graphql-js writes the argument's name into, and its
 * functions may be slow or count their calls. So a plan calls them no more often than graphql-js does.
 */

import fc from 'fast-check';
import {
  buildSchema,
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeByGraphQLJs,
  GraphQLError,
  type GraphQLScalarType,
  parse,
  print,
  valueFromASTUntyped,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { executedByPlan } from '../../support/execution/both-execute.ts';
import { describedResult } from '../../support/execution/described.ts';

const SDL = `
  type Query { read(one: Odd, strict: Odd!, many: [Odd], all: [Odd!]!, box: Box, with: Odd = "fine", size: Int): String, self: Query }
  input Box { one: Odd, many: [Odd!], inner: Box, size: Int = 1 }
  scalar Odd
`;
const VALUES = ['fine', 'same', 'plainly', 'anew', 'nothing'];
const RUNS = 3;

/** The schema with errors and a count of its own. */
function stage() {
  const schema = buildSchema(SDL);
  const calls = new Map<string, number>();
  const same = new GraphQLError('no', { extensions: { code: 'NO' } });
  const plainly = new Error('not today');
  const read = (value: unknown) => {
    calls.set(String(value), (calls.get(String(value)) ?? 0) + 1);
    if (value === 'same') throw same;
    if (value === 'plainly') throw plainly;
    if (value === 'anew') throw new GraphQLError('never');
    return value === 'nothing' ? undefined : { read: value };
  };
  const odd = schema.getType('Odd') as GraphQLScalarType<unknown, unknown>;
  odd.coerceInputValue = read;
  odd.coerceInputLiteral = (node) => read(valueFromASTUntyped(node));
  const self = {};
  Object.assign(self, { read: (args: unknown) => JSON.stringify(args), self: () => self });
  return { schema, calls, rootValue: self };
}

type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

async function performed(
  execute: Execute,
  text: string,
  variableValues: Record<string, unknown>,
  maxCoercionErrors: number,
) {
  const { schema, calls, rootValue } = stage();
  const document = parse(text);
  const runs: { result: string; calls: Map<string, number> }[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const result = await execute({
      schema,
      document,
      rootValue,
      variableValues,
      options: { maxCoercionErrors },
    });
    runs.push({ result: describedResult(result), calls: new Map(calls) });
  }
  return runs;
}

async function expectNoMoreCalls(text: string, variableValues: Record<string, unknown>, maxErrors = 50) {
  const expected = await performed(executeByGraphQLJs, text, variableValues, maxErrors);
  const actual = await performed(executedByPlan, text, variableValues, maxErrors);
  expect(actual.map(({ result }) => result)).toEqual(expected.map(({ result }) => result));
  for (const [run, { calls }] of actual.entries()) {
    for (const [value, count] of calls) {
      expect(count, `calls with ${value} after run ${run + 1}`).toBeLessThanOrEqual(
        expected[run]?.calls.get(value) ?? 0,
      );
    }
  }
  return expected;
}

describe('a scalar that throws the same error each time', () => {
  it.each([
    ['a constant', '{ read(strict: "fine", all: [], one: "same") }'],
    ['a constant in a list', '{ read(strict: "fine", all: ["fine", "same"]) }'],
    ['a constant in an object', '{ read(strict: "fine", all: [], box: { inner: { one: "same" } }) }'],
    [
      'a constant in a field that is reached again and again',
      '{ self { self { read(strict: "same", all: []) } } }',
    ],
    [
      'a constant behind a field that fails',
      '{ read(strict: "same", all: []) again: read(strict: "same", all: "same") }',
    ],
    ['a constant beside a variable', 'query ($v: Odd) { read(strict: "fine", all: [$v], one: "same") }'],
    ['a variable', 'query ($v: Odd!) { read(strict: $v, all: []) }'],
    ['a variable inside a constant', 'query ($v: Odd!) { read(strict: "fine", all: [$v, "same"]) }'],
    ['a default of a variable', 'query ($d: Odd = "same") { read(strict: "fine", one: $d, all: []) }'],
    ['a default that is not used', 'query ($v: Odd = "same") { read(strict: "fine", one: $v, all: []) }'],
    [
      'variables after one',
      'query ($v: Odd!, $s: Odd, $n: Int!) { read(strict: $v, one: $s, all: [], size: $n) }',
    ],
  ])('says what graphql-js says of %s, however often it is executed', async (_, text) => {
    for (const variables of [
      { v: 'fine' },
      { v: 'same' },
      { v: 'fine', s: 'same', n: 'x' },
      {},
      { v: null },
    ]) {
      await expectNoMoreCalls(text, variables);
    }
  });

  it('says its message once at the first time', async () => {
    const [first] = await expectNoMoreCalls('{ read(strict: "same", all: []) }', {});
    expect(first?.result).toContain('(Argument "Query.read(strict:)" has invalid value: no)');
  });
});

const value = fc.constantFrom(...VALUES, null);
const list = fc.oneof(fc.array(value, { maxLength: 3 }), value);
const box: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  box: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    fc.record({ one: value, many: list, inner: tie('box'), size: fc.constant(2) }, { requiredKeys: [] }),
  ),
})).box;
const literal = (json: unknown): string => {
  if (Array.isArray(json)) return `[${json.map(literal).join(' ')}]`;
  if (typeof json !== 'object' || json === null) return JSON.stringify(json);
  return `{ ${Object.entries(json)
    .map(([name, inner]) => `${name}: ${literal(inner)}`)
    .join(' ')} }`;
};
const withVariables = (text: string, names: readonly string[]) =>
  names.reduce((changed, name) => changed.replace('"fine"', `$${name}`), text);

const argumentTexts = fc
  .record(
    { one: value, strict: value, many: list, all: list, box, with: value, size: fc.constant(5) },
    { requiredKeys: [] },
  )
  .map((given) => Object.entries(given).map(([name, json]) => `${name}: ${literal(json)}`));
const field = fc
  .tuple(argumentTexts, fc.subarray(['one', 'nullable', 'unset']))
  .map(([texts, names]) =>
    withVariables(`read(${['strict: "fine"', 'all: []', ...texts].join(' ')})`, names),
  );
const question = fc
  .record({
    fields: fc.array(field, { minLength: 1, maxLength: 3 }),
    defaults: fc.tuple(value, value),
    given: fc.record(
      { one: value, nullable: value, list, box, n: fc.constantFrom(1, 'x') },
      { requiredKeys: [] },
    ),
  })
  .map(({ fields, defaults: [first, second], given }) => ({
    text: `query ($one: Odd = ${literal(first)}, $nullable: Odd, $unset: Odd = ${literal(second)}, $list: [Odd!], $box: Box, $n: Int) {
      ${fields.map((text, at) => `f${at}: ${text}`).join('\n')} last: read(strict: "fine", many: $list, all: [], box: $box, size: $n)
    }`,
    given,
  }));

it('whatever is drawn: the same results as graphql-js, and no more calls', async () => {
  await fc.assert(
    fc.asyncProperty(question, fc.integer({ min: 0, max: 6 }), async ({ text, given }, maxErrors) => {
      await expectNoMoreCalls(print(parse(text)), given, maxErrors);
    }),
    { numRuns: 400 },
  );
});
