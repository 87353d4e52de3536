/**
 * Answers that anybody may have: bytes in the isolate's memory, and in KV where that pays.
 *
 * Every answer in it was executed without a viewer and without errors, under a policy that allows sharing; the types
 * allow no other. Memory is bounded in bytes. An entry is immutable, except for the time of its next refresh.
 */
import type { GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { type CoerceVariables, planVariables } from '../execution/variable-values.ts';
import { type BoundedMemory, textBytes } from '../storage/bounded-memory.ts';
import { deleteAnswer, readAnswer, writeAnswer } from '../storage/kv/answers.ts';
import { RateBudget } from '../storage/rate-budget.ts';
import { sha256Hex } from '../storage/sha256-hex.ts';
import type { StorablePolicy } from './cache-policy.ts';
import { type Dated, isFromFuture } from './freshness.ts';

export interface StoredAnswer extends Dated {
  /** UTF-8 JSON, as it is sent. */
  body: Uint8Array<ArrayBuffer>;
  /** Strong, of the body's bytes; quoted. */
  etag: string;
  generations: number[];
  /** No other request refreshes the answer before this time, in Unix milliseconds. */
  nextRefreshAtMs: number;
}

export interface CacheKey {
  /** The operation and its variables, in full. */
  text: string;
  policy: StorablePolicy;
  /**
   * The id under which releases carry the operation; null for a document that is not registered: clients can make up any
   * number of them, so KV keeps none of their answers.
   */
  operationId: string | null;
}

/** An entry without its body and its key: objects, headers, a place in the map. */
const ENTRY_BYTES = 1_000;

/** With what the allocator rounds it up by, measured in workerd: an eighth on average, and no more than 4 KiB. */
const allocatedBytes = (bytes: number) => bytes + Math.min(bytes >> 3, 4_096);

/**
 * KV is the tier for answers with a long lifetime. A put costs as much as ten reads, a read as much as ten executions
 * over D1 (developers.cloudflare.com/kv/platform/pricing, /d1/platform/pricing), and other locations see a put up to
 * 60 s later. An answer of one minute is half over by then, and would be put 43,200 times a month. From ten minutes on,
 * every location sees a put for most of its lifetime, and a thousand popular answers cost at most 4.3 million puts.
 */
const KV_MIN_MAX_AGE_SECONDS = 600;
/**
 * Clients can make up variables of an operation with a long lifetime, and each would be a put. An isolate that is flooded
 * all month puts 432,000 values, for 2 dollars. Other isolates execute an answer that was not put.
 */
export const KV_PUTS = { times: 10, seconds: 60 } as const;
/** KV refuses a shorter one. */
const KV_MIN_TTL_SECONDS = 60;

export interface ResponseCacheSources {
  kv: KVNamespace;
  schemaHash: string;
  nowMs: () => number;
  memory: BoundedMemory<StoredAnswer>;
}

export class ResponseCache {
  readonly #kv: KVNamespace;
  readonly #schemaHash: string;
  readonly #nowMs: () => number;
  readonly #memory: BoundedMemory<StoredAnswer>;
  readonly #kvPuts = new RateBudget(KV_PUTS);

  constructor(sources: ResponseCacheSources) {
    this.#kv = sources.kv;
    this.#schemaHash = sources.schemaHash;
    this.#nowMs = sources.nowMs;
    this.#memory = sources.memory;
  }

  get bytes(): number {
    return this.#memory.weight;
  }

  inMemory(key: CacheKey): StoredAnswer | undefined {
    return this.#memory.get(key.text);
  }

  /** Reads KV if the answer may be there. Remembers it, unless the memory has one that is as new. */
  async inKv(key: CacheKey): Promise<StoredAnswer | undefined> {
    if (!usesKv(key)) return undefined;
    const answer = await readAnswer(this.#kv, await this.#hash(key));
    if (answer === null || answer.generations.length !== key.policy.tags.length) return undefined;
    // Other bytes than those that were put would be served for a day.
    if ((await etagOf(answer.body)) !== answer.etag) return undefined;
    const inMemory = this.inMemory(key);
    if (this.#isLater(inMemory, answer)) return inMemory;
    const stored = { ...answer, nextRefreshAtMs: 0 };
    this.#remember(key, stored);
    return stored;
  }

  /** @returns the put to KV, which no answer waits for; null where there is none. */
  store(key: CacheKey, answer: StoredAnswer): Promise<void> | null {
    this.#remember(key, answer);
    return usesKv(key) && this.#kvPuts.spend(this.#nowMs()) ? this.#put(key, answer) : null;
  }

  /**
   * Forgets an answer, unless a later one was stored meanwhile.
   *
   * @param executedAtMs when the answer in its place was executed
   * @returns the deletion from KV, which no answer waits for; null where there is none.
   */
  forget(key: CacheKey, executedAtMs: number): Promise<void> | null {
    const held = this.#memory.get(key.text);
    if (held?.executedAtMs !== executedAtMs && this.#isLater(held, { executedAtMs })) return null;
    this.#memory.delete(key.text);
    return usesKv(key) && this.#kvPuts.spend(this.#nowMs()) ? this.#deleteFromKv(key) : null;
  }

  async #deleteFromKv(key: CacheKey): Promise<void> {
    await deleteAnswer(this.#kv, await this.#hash(key));
  }

  async #put(key: CacheKey, answer: StoredAnswer): Promise<void> {
    const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = key.policy;
    const seconds = maxAgeSeconds + Math.max(staleWhileRevalidateSeconds, staleIfErrorSeconds);
    const { nextRefreshAtMs: _, ...kept } = answer;
    await writeAnswer(this.#kv, await this.#hash(key), kept, Math.max(KV_MIN_TTL_SECONDS, seconds));
  }

  /** If two answers are made at once, the one that began later stays, in whatever order they end. */
  #remember(key: CacheKey, answer: StoredAnswer): void {
    const held = this.#memory.get(key.text);
    if (held?.executedAtMs !== answer.executedAtMs && this.#isLater(held, answer)) return;
    const bytes = allocatedBytes(answer.body.byteLength) + textBytes(key.text) + ENTRY_BYTES;
    this.#memory.set(key.text, answer, bytes);
  }

  /** An answer from the future is later than none: the clock was set back since. */
  #isLater(held: StoredAnswer | undefined, answer: Pick<Dated, 'executedAtMs'>): held is StoredAnswer {
    return (
      held !== undefined && held.executedAtMs >= answer.executedAtMs && !isFromFuture(held, this.#nowMs())
    );
  }

  /** Another build may understand the same request in another way. */
  #hash(key: CacheKey): Promise<string> {
    return sha256Hex(`${this.#schemaHash}\n${key.text}`);
  }
}

const usesKv = ({ operationId, policy }: CacheKey) =>
  operationId !== null && policy.maxAgeSeconds >= KV_MIN_MAX_AGE_SECONDS;

const ETAG_DIGITS = 32;
/** A strong validator (RFC 9110, section 8.8.3): other bytes have another tag. */
export const etagOf = async (body: Uint8Array<ArrayBuffer>) => `"${await sha256Hex(body, ETAG_DIGITS)}"`;

export type VariablesKey = (
  operation: OperationDefinitionNode,
  sent: Readonly<Record<string, unknown>>,
) => string | null;

/**
 * The variables in one form: two requests that mean the same have one key, however they were written. Null where the
 * operation does not take the variables; the operation must be valid.
 *
 * The values are coerced: defaults are in place, unknown variables are left out, and variables and fields of objects are
 * in the order of their definitions. An absent variable and null differ: resolvers may tell them apart.
 */
export function createVariablesKey(schema: GraphQLSchema): VariablesKey {
  const planned = new WeakMap<OperationDefinitionNode, CoerceVariables>();
  return (operation, sent) => {
    let coerce = planned.get(operation);
    if (coerce === undefined) {
      coerce = planVariables(schema, operation.variableDefinitions ?? []);
      planned.set(operation, coerce);
    }
    const coercion = coerce(sent, { maxErrors: 1, hideSuggestions: true });
    return 'errors' in coercion ? null : JSON.stringify(coercion.variableValues.coerced);
  };
}
