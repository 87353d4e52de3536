/**
 * Replaces graphql-js's `execute`. The first execution of an operation in an isolate compiles the document and the
 * schema to a plan of closures, without `eval`. A subscription is executed once per event, with the event as root value.
 *
 * Guarantee: arguments and results are exactly those of graphql-js 17: order of fields and errors, messages, paths,
 * locations, null propagation, coercion, abstract types, (async) iterables, serial mutations, `info`, abort. A test
 * compares both over generated schemas, documents and resolvers. Resolvers are called in the same order, each with as
 * many of (source, args, context, info) as it can see. Without asynchronous resolvers, no promise is made.
 *
 * Difference: objects of the response have `Object.prototype`, but for one with a field `__proto__`; those of graphql-js have
 * no prototype. Assumption: schemas and documents do not change after their first execution.
 *
 * graphql-js executes the rest, which is counted: operations that `coverage.ts` excludes, a condition whose variable is
 * not a boolean, documents without the requested operation, the hook `asyncWorkFinished`, and everything while a tracing
 * tool listens.
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

/** The default of graphql-js. */
const MAX_COERCION_ERRORS = 50;

const counts = { planned: 0, fellBack: 0 };

/** The isolate's executions by a plan, and those by graphql-js. */
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

/** Null if graphql-js must execute the operation; then no resolver has been called. */
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
