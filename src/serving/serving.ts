/**
 * An operation in, an answer out; HTTP, event streams and sockets are thin over it. Refusals are values.
 *
 * An answer that anybody may have was executed without a viewer, whoever asks: one user's data cannot be in it. It
 * comes from the response cache and goes into it. Every other operation is executed for its caller.
 */
import { type ExecutionArgs, type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import { createPolicyOf, isStorable, type PolicyOf } from '../cache/cache-policy.ts';
import type { CachedAnswers, ExecutedAnswer, ServedAnswer } from '../cache/cached-answers.ts';
import { type CacheKey, createVariablesKey, type VariablesKey } from '../cache/response-cache.ts';
import type { OperationsMode } from '../config.ts';
import { execute } from '../execution/execute.ts';
import type { GatewayContext } from '../graphql/context.ts';
import { errorPresenter, FAULT_CODES } from '../graphql/error-policy.ts';
import type { OperationRequest } from '../operations/operation-request.ts';
import {
  carriedId,
  type OperationRegistry,
  type OperationUsage,
} from '../operations/registered-operation.ts';
import type { MemoryBudget } from '../storage/bounded-memory.ts';
import { sha256Hex } from '../storage/sha256-hex.ts';
import { executeWithin, timeOutOf } from './execute-within.ts';
import {
  createPrepare,
  type Preparation,
  type Prepare,
  type PreparedOperation,
  type PrepareOptions,
} from './prepare-operation.ts';

export interface ServingSources {
  schema: typeof gatewaySchema;
  schemaHash: string;
  mode: OperationsMode;
  registry: OperationRegistry;
  usage: OperationUsage;
  answers: CachedAnswers;
  memory: MemoryBudget;
}

export interface ServeOptions {
  /** The client asks if what it holds is current. */
  isConditional: boolean;
  waitUntil(promise: Promise<unknown>): void;
  /** A context without a viewer. */
  createPublicContext(): GatewayContext;
  /** Gives an executed result its form; that of a GraphQL response where left out. */
  present?(result: ExecutionResult): ExecutedAnswer;
}

/** REFUSED: the operation may not run, although its answer could be in the cache. */
export type SharedAnswer = ServedAnswer | { outcome: 'REFUSED'; error: GraphQLError };

/** @param timeLimitMs of the operation; null without one */
export type ExecuteArgs = (
  args: ExecutionArgs,
  timeLimitMs: number | null,
) => ExecutionResult | Promise<ExecutionResult>;

export interface SharedText {
  text: string;
  bytes: number;
  outcome: ServedAnswer['outcome'];
}

export class Serving {
  readonly usage: OperationUsage;
  readonly policyOf: PolicyOf;
  /** Executes by a plan where there is one. */
  readonly executeArgs: ExecuteArgs;
  readonly #sources: ServingSources;
  readonly #prepare: Prepare;
  readonly #variablesKey: VariablesKey;

  constructor(sources: ServingSources) {
    const { schema, schemaHash, mode, usage, memory } = sources;
    this.#sources = sources;
    this.usage = usage;
    this.policyOf = createPolicyOf(schema);
    this.#prepare = createPrepare({ schema, schemaHash, mode, policyOf: this.policyOf, memory });
    this.#variablesKey = createVariablesKey(schema);
    // Suggestions ("Did you mean …") are for clients that may see the schema.
    const hideSuggestions = mode !== 'open';
    this.executeArgs = (args, timeLimitMs) =>
      timeLimitMs === null
        ? execute({ ...args, hideSuggestions })
        : executeWithin(timeLimitMs, (abortSignal) => execute({ ...args, hideSuggestions, abortSignal }));
  }

  /** @param options.registry the isolate's own where left out. */
  prepare(sent: OperationRequest, options: Partial<PrepareOptions> = {}): Promise<Preparation> {
    return this.#prepare(sent, { registry: this.#sources.registry, ...options });
  }

  /** Counts the use of a registered operation that may run. */
  countUse(preparation: Preparation): void {
    if (!preparation.ok) return;
    const { chosen, sent } = preparation.prepared;
    if (chosen.found !== null) this.usage.used(carriedId(chosen.found.operation), sent.client);
  }

  countRefusals({ refusals }: Preparation): void {
    for (const refusal of refusals) this.usage.refused(refusal);
  }

  /** The place of an operation's answer in the response cache; null where the answer must not be shared. */
  async cacheKeyOf({ sent, chosen, document, operation }: PreparedOperation): Promise<CacheKey | null> {
    if (operation.operation !== OperationTypeNode.QUERY) return null;
    const registered = chosen.found?.operation ?? null;
    // The policy of an operation that was registered with this schema is known.
    const policy =
      registered?.schemaHash === this.#sources.schemaHash
        ? registered.cachePolicy
        : this.policyOf(document, operation);
    if (!isStorable(policy)) return null;
    const variables = this.#variablesKey(operation, sent.variables ?? {});
    if (variables === null) return null;
    const id = registered?.id ?? `${await sha256Hex(chosen.document)} ${sent.operationName ?? ''}`;
    return { text: `${id}\n${variables}`, policy, operationId: registered && carriedId(registered) };
  }

  /**
   * The answer that anybody may have, kept or executed.
   *
   * @param preparation is asked for where the operation must be executed.
   */
  async serve(
    key: CacheKey,
    preparation: () => Promise<Preparation>,
    options: ServeOptions,
  ): Promise<SharedAnswer> {
    const { isConditional, waitUntil, createPublicContext, present = asGraphQLResponse } = options;
    try {
      return await this.#sources.answers.serve(key, {
        isConditional,
        waitUntil,
        execute: async () => {
          const prepared = await preparation();
          if (!prepared.ok) throw prepared.error;
          const result = await this.execute(prepared.prepared, createPublicContext());
          const timeOut = timeOutOf(result);
          if (timeOut !== undefined) throw timeOut;
          return present(result);
        },
      });
    } catch (error) {
      if (error instanceof GraphQLError) return { outcome: 'REFUSED', error };
      throw error;
    }
  }

  /**
   * The answer that anybody may have, as JSON text; null where the answer must not be shared.
   *
   * @throws GraphQLError where the operation may not run.
   */
  async sharedText(
    prepared: PreparedOperation,
    options: Omit<ServeOptions, 'isConditional'>,
  ): Promise<SharedText | null> {
    const key = await this.cacheKeyOf(prepared);
    if (key === null) return null;
    const preparation = async (): Promise<Preparation> => ({ ok: true, prepared, refusals: [] });
    const served = await this.serve(key, preparation, { ...options, isConditional: false });
    if (served.outcome === 'REFUSED') throw served.error;
    const body = served.outcome === 'BYPASS' ? served.body : served.answer.body;
    return { text: utf8.decode(body), bytes: body.byteLength, outcome: served.outcome };
  }

  /** @param event the root value of a subscription; undefined for a query or a mutation. */
  async execute(
    { sent, chosen, document }: PreparedOperation,
    contextValue: GatewayContext,
    event?: unknown,
  ): Promise<ExecutionResult> {
    const result = await this.executeArgs(
      {
        schema: this.#sources.schema,
        document,
        rootValue: event,
        contextValue,
        operationName: sent.operationName ?? null,
        variableValues: sent.variables ?? {},
      },
      chosen.found?.timeLimitMs ?? null,
    );
    const { data, errors } = result;
    if (errors === undefined || errors.length === 0) return data === undefined ? {} : { data };
    const shown = errors.map(errorPresenter(true, contextValue));
    contextValue.onErrors?.(shown, data != null);
    return data === undefined ? { errors: shown } : { data, errors: shown };
  }
}

function asGraphQLResponse(result: ExecutionResult): ExecutedAnswer {
  return { body: encoder.encode(JSON.stringify(result)), ...failuresOf(result) };
}

export const failuresOf = ({
  errors = [],
}: ExecutionResult): Pick<ExecutedAnswer, 'hasErrors' | 'isFault'> => ({
  hasErrors: errors.length > 0,
  isFault: errors.some(({ extensions }) => FAULT_CODES.has(extensions.code)),
});

const encoder = new TextEncoder();
const utf8 = new TextDecoder();
