/**
 * Executes an operation by a plan: the document and the schema compiled to closures, once per isolate, when the
 * operation is first executed, without `eval`. It stands wherever graphql-js's `execute` stands.
 *
 * A subscription is executed as one of its events is: with the event as the root value.
 *
 * Guaranteed: the arguments and the result are graphql-js 17's, to the letter: order of fields and errors, messages,
 * paths, locations, null propagation, coercion, abstract types, (async) iterables, serial mutations, `info`, abort.
 * A test compares the two over generated schemas, documents and resolvers. Where nothing is asynchronous no promise
 * is made. Resolvers are called in graphql-js's order, each with as much of (source, args, context, info) as it can see.
 *
 * Other than graphql-js's: an object of the response is a plain object with `Object.prototype`, where graphql-js's has
 * none. Assumed: schemas and documents do not change once they have been executed.
 *
 * Refused, which is to say left to graphql-js's own `execute` and counted: what `coverage.ts` names (introspection,
 * incremental delivery and some more), a condition whose variable is neither true nor false, documents
 * without the operation asked for, the hook `asyncWorkFinished`, and everything while a tracing tool listens.
 */
import {
  defaultFieldResolver,
  defaultTypeResolver,
  type ExecutionArgs,
  type ExecutionResult,
  execute as executeByGraphQLJs,
} from 'graphql';
import { Execution } from './execution.ts';
import { operationPlan } from './operation-plan.ts';
import { respond } from './respond.ts';
import { isTraced } from './tracing-channels.ts';

type PromiseOrValue<T> = T | Promise<T>;

/** graphql-js's own bound, where the caller gives none. */
const MAX_COERCION_ERRORS = 50;

const counts = { planned: 0, fellBack: 0 };

/** How many executions of this isolate a plan answered, and how many graphql-js did in its place. */
export function executionCounts(): { planned: number; fellBack: number } {
  return { ...counts };
}

export function execute(args: ExecutionArgs): PromiseOrValue<ExecutionResult> {
  const result = executeByPlan(args);
  if (result === null) {
    counts.fellBack++;
    return executeByGraphQLJs(args);
  }
  counts.planned++;
  return result;
}

/** Null where the operation is graphql-js's to execute; nothing has been resolved then. */
function executeByPlan(args: ExecutionArgs): PromiseOrValue<ExecutionResult> | null {
  if (args.hooks?.asyncWorkFinished !== undefined || isTraced()) return null;
  const plan = operationPlan(args.schema, args.document, args.operationName ?? null);
  if (plan === null) return null;

  const hideSuggestions = args.hideSuggestions ?? false;
  const coerced = plan.coerceVariables(args.variableValues ?? {}, {
    maxErrors: args.options?.maxCoercionErrors ?? MAX_COERCION_ERRORS,
    hideSuggestions,
  });
  if ('errors' in coerced) return { errors: coerced.errors };
  const { variableValues } = coerced;
  const root = plan.rootFor(variableValues.coerced);
  if (root === null) return null;

  const { fieldResolver, typeResolver } = args;
  const execution = new Execution(plan.planned, {
    rootValue: args.rootValue,
    contextValue: args.contextValue,
    variableValues,
    fieldResolver: fieldResolver === defaultFieldResolver ? undefined : (fieldResolver ?? undefined),
    typeResolver: typeResolver === defaultTypeResolver ? undefined : (typeResolver ?? undefined),
    hideSuggestions,
  });
  return respond(root, plan.isSerial, execution, args.abortSignal ?? undefined);
}
