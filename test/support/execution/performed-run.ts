/**
 * One execution, driven to its end and written down: what came back, every call in its order, and every rejection that
 * nobody handled. Two runs of the same script that are written down alike behaved alike.
 */
import {
  AbortedGraphQLExecutionError,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import { described, describedResult } from './described.ts';
import { atRest } from './scheduler.ts';
import { scriptedResolver, scriptedTypeResolver } from './scripted-resolvers.ts';
import { Source } from './scripted-values.ts';
import type { RunShape } from './shapes.ts';
import { Act, type Stage } from './stage.ts';

export type Execute = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult>;

/** Noted among the calls. */
export const SETTLED = 'settled';

export interface Performance {
  /** Of what came back: a value, a promise, or a throw; and what it held. */
  readonly outcome: string;
  readonly calls: readonly string[];
  /** A parent was made null, or the run aborted, while work below it was still going on. */
  readonly gaveUp: boolean;
  readonly unhandled: readonly string[];
  readonly told: ReadonlyMap<string, string>;
}

export interface Request {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variableValues: Readonly<Record<string, unknown>> | undefined;
}

export async function performedRun(
  execute: Execute,
  stage: Stage,
  request: Request,
  run: RunShape,
): Promise<Performance> {
  const controller = new AbortController();
  const act = new Act(run.script, () => controller.abort(new Error('aborted by a resolver')));
  stage.begin(act);
  const unhandled: string[] = [];
  const stopListening = listenForUnhandled((reason) => unhandled.push(described(reason)));
  try {
    const end = await driven(execute, argumentsOf(stage, act, request, run, controller), act, {
      step: run.abort,
      abort: () => {
        if (run.abort > 0) {
          act.calls.push('abort');
          controller.abort(run.abort % 2 === 0 ? 'a reason' : new Error('aborted between steps'));
        }
      },
    });
    return { ...end, calls: act.calls, unhandled, told: act.told };
  } finally {
    stopListening();
  }
}

function argumentsOf(
  stage: Stage,
  act: Act,
  { schema, document, operationName, variableValues }: Request,
  { options, abort }: RunShape,
  controller: AbortController,
): ExecutionArgs {
  const root = schema.getQueryType();
  return {
    schema,
    document,
    operationName,
    variableValues,
    rootValue: options === 1 || root == null ? undefined : new Source(act, schema, root, 'root'),
    contextValue: act,
    ...(abort > 0 || options >= 20 ? { abortSignal: controller.signal } : {}),
    ...(options === 2 ? { hideSuggestions: true } : {}),
    ...(options === 3 ? { options: { maxCoercionErrors: 1 } } : {}),
    ...(options === 4 ? { fieldResolver: scriptedResolver('fieldResolver', stage) } : {}),
    ...(options === 5 ? { typeResolver: scriptedTypeResolver('typeResolver', stage) } : {}),
  };
}

async function driven(
  execute: Execute,
  args: ExecutionArgs,
  act: Act,
  abortion: { readonly step: number; readonly abort: () => void },
): Promise<{ readonly outcome: string; readonly gaveUp: boolean }> {
  let end = { outcome: 'never settles', gaveUp: false };
  let returned: unknown;
  const settles = (how: string) => (value: unknown) => {
    end = { outcome: `${how} ${describedEnd(value)}`, gaveUp: act.listBroke || gaveUp(value) };
    act.calls.push(SETTLED);
  };
  try {
    returned = execute(args);
  } catch (thrown) {
    settles('throws')(thrown);
  }
  if (returned instanceof Promise) {
    returned.then(settles('promise of'), settles('rejects with'));
  } else if (returned !== undefined) {
    settles('returns')(returned);
  }
  for (let step = 1; ; step += 1) {
    await atRest();
    if (step === abortion.step) {
      abortion.abort();
    } else if (!act.scheduler.releaseNext() && step > abortion.step) {
      break;
    }
  }
  await atRest();
  return end;
}

/** True too for some results where nothing was going on. */
function gaveUp(result: unknown): boolean {
  if (result instanceof Error) {
    return true;
  }
  const { data, errors = [] } = result as ExecutionResult;
  return errors.some(({ path }) => {
    if (path === undefined) {
      return true;
    }
    let above: unknown = data;
    return path.some((key) => {
      const isGone = typeof above !== 'object' || above === null;
      above = isGone ? undefined : (above as Record<string | number, unknown>)[key];
      return isGone;
    });
  });
}

/** A result, or what stands for one: errors of an aborted execution carry the result as it was. */
function describedEnd(end: unknown): string {
  if (end instanceof AbortedGraphQLExecutionError) {
    const kept = end.abortedResult instanceof Promise ? 'a promise' : describedResult(end.abortedResult);
    return `aborted(${end.message}) cause ${described(end.cause)} kept ${kept}`;
  }
  if (end instanceof GraphQLError || end instanceof Error) {
    return described(end);
  }
  return describedResult(end)
    .replaceAll('], data:', '],\n  data:')
    .replaceAll('GraphQLError(', '\n    GraphQLError(');
}

/** Vitest's own listener would fail the run for what graphql-js does too. */
function listenForUnhandled(listener: (reason: unknown) => void): () => void {
  const before = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', listener);
  return () => {
    process.removeListener('unhandledRejection', listener);
    for (const other of before) {
      process.on('unhandledRejection', other);
    }
  };
}
