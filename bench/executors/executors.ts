import { execute as executeByTools } from '@graphql-tools/executor';
import {
  type DocumentNode,
  type ExecutionResult,
  execute as executeByGraphQLJs,
  type GraphQLSchema,
} from 'graphql';
import { compileQuery, isCompiledQuery } from 'graphql-jit';
import { execute as executeByPlan } from '../../src/execution/execute.ts';

/** One kind of answer, and everything that executors need to give it. */
export interface Shape {
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly variableValues: Readonly<Record<string, unknown>>;
  readonly rootValue: unknown;
  /** Anew for every execution: loaders remember what they have loaded. */
  createContext(): unknown;
  /** The same data by code that knows the document: what an executor cannot beat. */
  handWritten(context: unknown): unknown;
}

export type Run = () => unknown;

export interface Executor {
  readonly name: string;
  /** Throws where the executor cannot take the shape. */
  prepare(shape: Shape): Run;
}

type Execute = typeof executeByGraphQLJs;

const standingInFor = (execute: Execute) => (shape: Shape) => () =>
  execute({
    schema: shape.schema,
    document: shape.document,
    variableValues: shape.variableValues,
    rootValue: shape.rootValue,
    contextValue: shape.createContext(),
  });

const graphqlJit: Executor = {
  name: 'graphql-jit (needs eval)',
  prepare({ schema, document, variableValues, rootValue, createContext }) {
    const compiled = compileQuery(schema, document);
    if (!isCompiledQuery(compiled)) {
      throw new Error(compiled.errors?.[0]?.message ?? 'it refuses the document');
    }
    return () => compiled.query(rootValue, createContext(), { ...variableValues });
  },
};

const handWritten: Executor = {
  name: 'hand-written mapping',
  prepare: (shape) => () => asResult(shape.handWritten(shape.createContext())),
};

function asResult(data: unknown): unknown {
  if (data instanceof Promise) return data.then(asResult);
  return { data } as ExecutionResult;
}

/** The plan first: every ratio is one to it. */
export const executors: readonly Executor[] = [
  { name: 'plan', prepare: standingInFor(executeByPlan) },
  { name: 'graphql-js', prepare: standingInFor(executeByGraphQLJs) },
  {
    name: '@graphql-tools/executor (Yoga)',
    prepare: standingInFor(executeByTools as unknown as Execute),
  },
  graphqlJit,
  handWritten,
];
