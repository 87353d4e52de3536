/** Asks plan and graphql-js the same, insists on the same answer from both, and that the plan gave it itself. */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute as graphqlExecute,
  parse,
} from 'graphql';
import { expect } from 'vitest';
import { execute, executionCounts } from '../../../src/execution/execute.ts';
import { described, describedResult } from './described.ts';

export interface Question extends Omit<ExecutionArgs, 'document'> {
  readonly document: string;
}

/** As it goes over the wire. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly message: string;
    readonly locations?: readonly { readonly line: number; readonly column: number }[];
    readonly path?: readonly (string | number)[];
    readonly extensions?: unknown;
  }[];
}

/** The question is made anew for each of the two: what its resolvers leave behind is not shared. */
export async function bothExecute(question: () => Question): Promise<Answer> {
  const expected = await graphqlExecute(argumentsOf(question()));
  const actual = await executedByPlan(argumentsOf(question()));
  expect(describedResult(actual)).toBe(describedResult(expected));
  return JSON.parse(JSON.stringify(actual));
}

/** As `bothExecute`, of what a plan does not cover: graphql-js answers, and that is counted. */
export async function leftToGraphqlJs(question: () => Question): Promise<Answer> {
  const expected = await graphqlExecute(argumentsOf(question()));
  const before = executionCounts();
  const actual = await execute(argumentsOf(question()));
  expect(executionCounts()).toEqual({ planned: before.planned, fellBack: before.fellBack + 1 });
  expect(described(actual)).toBe(described(expected));
  return JSON.parse(JSON.stringify(actual));
}

/** What the plan returns, as it returns it: a result, or a promise of one. */
export function executedByPlan(args: ExecutionArgs): ExecutionResult | Promise<ExecutionResult> {
  const before = executionCounts();
  const result = execute(args);
  expect(executionCounts().fellBack, 'times that graphql-js had to answer instead').toBe(before.fellBack);
  expect(executionCounts().planned, 'times that a plan was tried').toBeGreaterThan(before.planned);
  return result;
}

/** One document for one text, so that a plan made for an earlier question answers the later ones. */
const documents = new Map<string, DocumentNode>();

export function argumentsOf({ document: text, ...rest }: Question): ExecutionArgs {
  const document = documents.get(text) ?? parse(text);
  documents.set(text, document);
  return { ...rest, document };
}
