/** What the registry knows of an operation, and what a request asks of the registry. All times in Unix seconds. */
import type { CachePolicy } from '../cache/cache-policy.ts';

export type OperationKind = 'query' | 'mutation' | 'subscription';

/** An operation as it was registered. Immutable: another text is another operation. */
export interface RegisteredOperation {
  /** Opaque, or `sha256:` and the SHA-256 of the document's text in lower-case hex. */
  id: string;
  name: string;
  kind: OperationKind;
  /** Valid, with exactly this one operation. */
  document: string;
  /** With every list as long as `variableBounds` lets it be. */
  cost: number;
  /** The greatest value of a variable that sizes a list, or the most items of one that is a list. */
  variableBounds: Record<string, number>;
  cachePolicy: CachePolicy;
  scopes: string[];
  /** Of the schema that cost, bounds, policy and scopes follow from. */
  schemaHash: string;
}

/** An operation is as alive as the most alive release that carries it. */
export type Liveness =
  | { state: 'live' }
  | { state: 'deprecated'; deprecatedAt: number; sunset: number }
  | { state: 'retired' };

export interface FoundOperation {
  operation: RegisteredOperation;
  liveness: Liveness;
}

export interface OperationRegistry {
  /** What the isolate's memory says of an operation, where it is recent enough to go by; undefined otherwise. */
  known(operation: RegisteredOperation, nowMs: number): Liveness | undefined;
  /** Null where no release carries the id, as far as can be found out within the budget. */
  find(id: string): Promise<FoundOperation | null>;
}

/** Who calls, by its own account; null where it does not say. */
export interface ClientIdentity {
  name: string | null;
  version: string | null;
}

export interface Refusal {
  /**
   * The error code, with the rule where the code alone does not tell (`OPERATION_TOO_COMPLEX:depth`); or `audit:` and
   * the code that it would have been.
   */
  reason: string;
  documentId: string | null;
  client: ClientIdentity;
}

/** Counts who runs what, and who was refused. Takes no time: a request never waits for it. */
export interface OperationUsage {
  /** @param nowMs where the caller knows the time already */
  used(operationId: string, client: ClientIdentity, nowMs?: number): void;
  refused(refusal: Refusal): void;
}
