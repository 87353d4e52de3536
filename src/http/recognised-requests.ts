/**
 * Which cached answer a request asks for.
 *
 * The same URL and body ask the same, so what was found out the first time is kept: for registered operations alone,
 * which never change; whether one lives is asked anew each time. Other documents are looked at each time, because what
 * they may do depends on more than their text.
 */
import { OperationTypeNode } from 'graphql';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import { isStorable, type PolicyOf } from '../cache/cache-policy.ts';
import type { CacheKey, StoredAnswer } from '../cache/response-cache.ts';
import { createVariablesKey, type VariablesKey } from '../cache/variables-key.ts';
import { RECOGNISED_REQUESTS_MAX_CHARACTERS } from '../config.ts';
import type { PreparedRequest } from '../graphql/prepare-request.ts';
import { selectedOperation } from '../operations/operation-cost.ts';
import type { Envelope } from '../operations/read-operation-request.ts';
import type { ClientIdentity, RegisteredOperation } from '../operations/registered-operation.ts';
import { BoundedMemory } from '../storage/bounded-memory.ts';
import { sha256Hex } from '../storage/sha256-hex.ts';

export interface RecognisedRequest {
  key: CacheKey;
  operation: RegisteredOperation;
  /** What the id in the request says of who is asking. */
  releaseClient: ClientIdentity;
  lastHit: HitHeaders | null;
}

/** The headers of an answer from memory: the same for a second, in which `Age` stands still. */
export interface HitHeaders {
  answer: StoredAnswer;
  second: number;
  accept: string | null;
  headers: Headers;
}

const textOf = ({ url, body }: Envelope) => (body === null ? url : `${url}\n${body}`);

export class RecognisedRequests {
  readonly #schemaHash: string;
  readonly #known = new BoundedMemory<RecognisedRequest>(RECOGNISED_REQUESTS_MAX_CHARACTERS);
  readonly #policyOf: PolicyOf;
  readonly #variablesKey: VariablesKey;

  constructor(schema: typeof gatewaySchema, schemaHash: string, policyOf: PolicyOf) {
    this.#variablesKey = createVariablesKey(schema);
    this.#schemaHash = schemaHash;
    this.#policyOf = policyOf;
  }

  /** Synchronous, unlike what it takes to find out. */
  recall(envelope: Envelope): RecognisedRequest | undefined {
    return this.#known.get(textOf(envelope));
  }

  /** Null where the answer is no matter for a shared cache. */
  async recognise(envelope: Envelope, prepared: PreparedRequest): Promise<CacheKey | null> {
    const { sent, chosen, document } = prepared;
    const definition = selectedOperation(document, sent.operationName);
    if (definition?.operation !== OperationTypeNode.QUERY) return null;
    const registered = chosen.found?.operation ?? null;
    // What was registered with this schema has its policy already.
    const policy =
      registered?.schemaHash === this.#schemaHash
        ? registered.cachePolicy
        : this.#policyOf(document, definition);
    if (!isStorable(policy)) return null;
    const variables = this.#variablesKey(definition, sent.variables ?? {});
    if (variables === null) return null;
    const id = registered?.id ?? `${await sha256Hex(chosen.document)} ${sent.operationName ?? ''}`;
    const key: CacheKey = { text: `${id}\n${variables}`, policy, mayUseKv: registered !== null };
    if (registered !== null) {
      const text = textOf(envelope);
      const weight = text.length + key.text.length;
      this.#known.set(
        text,
        { key, operation: registered, releaseClient: sent.release, lastHit: null },
        weight,
      );
    }
    return key;
  }
}
