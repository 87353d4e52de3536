import { tracingChannel } from 'node:diagnostics_channel';
import { buildSchema, execute as graphqlExecute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { execute, executionCounts } from '../../../src/execution/execute.ts';
import {
  argumentsOf,
  bothExecute,
  leftToGraphqlJs,
  type Question,
} from '../../support/execution/both-execute.ts';

const schema = buildSchema(`
  type Query { a: String, must: String!, echo(v: Int): Int }
`);
const rootValue = { a: 'a', echo: ({ v }: { v: number }) => v };
const question =
  (document: string, rest: Partial<Question> = {}) =>
  () => ({ schema, document, rootValue, ...rest });

describe('graphql-js answers, which is counted,', () => {
  it.each([
    {
      asked: '{ __schema { queryType { name } } a }',
      data: { __schema: { queryType: { name: 'Query' } }, a: 'a' },
    },
    {
      asked: '{ a ...T } fragment T on Query { __type(name: "Query") { name } }',
      data: { a: 'a', __type: { name: 'Query' } },
    },
  ])('$asked', async ({ asked, data }) => {
    expect(await leftToGraphqlJs(question(asked))).toEqual({ data });
  });

  it('a condition whose variable is null', async () => {
    const document = 'query ($v: Boolean = true) { a @skip(if: $v) }';
    expect(await leftToGraphqlJs(question(document, { variableValues: { v: null } }))).toEqual({
      data: null,
      errors: [
        {
          message:
            'Argument "@skip(if:)" has invalid value: Expected variable "$v" provided to non-null type "Boolean!" not to be null.',
          locations: [{ line: 1, column: 42 }],
        },
      ],
    });
  });

  it('errors that do not propagate', async () => {
    const document = 'query @experimental_disableErrorPropagation { a must }';
    const answer = await leftToGraphqlJs(question(document));
    expect(answer.data).toEqual({ a: 'a', must: null });
  });

  it('arguments of fragments', () => {
    const document = parse('{ ...E(v: 5) } fragment E($v: Int) on Query { echo(v: $v) }', {
      experimentalFragmentArguments: true,
    });
    const before = executionCounts().fellBack;
    expect(execute({ schema, document, rootValue })).toEqual({ data: { echo: 5 } });
    expect(executionCounts().fellBack).toBe(before + 1);
  });

  it('what is wanted to be told when all work has ended', () => {
    let told = 0;
    const hooks = {
      asyncWorkFinished: () => {
        told += 1;
      },
    };
    const before = executionCounts().fellBack;
    expect(execute(argumentsOf({ schema, document: '{ a }', rootValue, hooks }))).toEqual({
      data: { a: 'a' },
    });
    expect(told).toBe(1);
    expect(executionCounts().fellBack).toBe(before + 1);
  });

  it('what a tracing tool listens to', () => {
    const heard: string[] = [];
    const channel = tracingChannel('graphql:resolve');
    const listener = { start: () => heard.push('start'), end: () => heard.push('end') };
    const args = argumentsOf({ schema, document: '{ a }', rootValue });
    channel.subscribe(listener as never);
    const before = executionCounts().fellBack;
    try {
      expect(execute(args)).toEqual({ data: { a: 'a' } });
    } finally {
      channel.unsubscribe(listener as never);
    }
    expect(heard).toEqual(['start', 'end']);
    expect(executionCounts().fellBack).toBe(before + 1);
    execute(args);
    expect(heard).toEqual(['start', 'end']);
    expect(executionCounts().fellBack).toBe(before + 1);
  });
});

it('refuses schemas with incremental delivery, as graphql-js does', () => {
  const incremental = buildSchema(
    'type Query { a: String } directive @defer(if: Boolean, label: String) on FRAGMENT_SPREAD',
  );
  const args = argumentsOf({ schema: incremental, document: '{ a }', rootValue });
  expect(() => graphqlExecute(args)).toThrow('experimental directives');
  expect(() => execute(args)).toThrow('experimental directives');
});

it('asks a plan, not graphql-js, for the names of types', async () => {
  expect(await bothExecute(question('{ __typename again: __typename ... { __typename } }'))).toEqual({
    data: { __typename: 'Query', again: 'Query' },
  });
});

it('asks a plan where introspection stands in an operation that is not executed', async () => {
  const document = 'query First { a } query Second { __schema { queryType { name } } }';
  expect(await bothExecute(question(document, { operationName: 'First' }))).toEqual({ data: { a: 'a' } });
});

it('asks a plan where conditions stand in a fragment that the operation does not use', async () => {
  const document =
    'query First { a } query Second($v: Boolean!) { ...A } fragment A on Query { a @skip(if: $v) }';
  expect(await bothExecute(question(document, { operationName: 'First' }))).toEqual({ data: { a: 'a' } });
});
