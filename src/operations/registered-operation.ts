/** The types of the registry. All times are in Unix seconds. */
import * as z from 'zod';
import type { CachePolicy } from '../cache/cache-policy.ts';
import type { CountedHits, HitOf, SentHit } from '../metrics/request-recorder.ts';

export type OperationKind = 'query' | 'mutation' | 'subscription';

/** Immutable: another document is another operation. */
export interface RegisteredOperation {
  /** `sha256:` and the SHA-256 of the document in lower-case hex, or an opaque text. */
  id: string;
  name: string;
  kind: OperationKind;
  /** Valid, with exactly one operation. */
  document: string;
  /** With every list at its greatest length. */
  cost: number;
  /** For a variable that sizes a list, its greatest value; for a variable that is a list, its greatest length. */
  variableBounds: Record<string, number>;
  cachePolicy: CachePolicy;
  scopes: string[];
  /** The hash of the schema from which cost, bounds, policy and scopes were derived. */
  schemaHash: string;
  /** The id of the operation that this is another form of. Releases carry that one, and uses count for it. */
  formOf?: string;
}

/** The id under which releases carry what runs. */
export const carriedId = ({ id, formOf }: RegisteredOperation) => formOf ?? id;

/** A text under which `safelist` finds an operation besides its own. */
export interface OperationForm {
  /** `sha256:` and the SHA-256 of the text, which is in normal form. */
  id: string;
  operationId: string;
  /** The record that runs, with the form's text; null if the operation itself runs. */
  registered: RegisteredOperation | null;
}

/** For copies in KV. Registration has validated the operation. */
export const operationCopySchema = z.custom<RegisteredOperation>(
  (value) => typeof value === 'object' && value !== null && 'id' in value && 'document' in value,
);

/**
 * An operation has the best state of all releases that carry it: live before deprecated before retired. An operator may
 * switch off one that is not retired.
 */
export type Liveness =
  | { state: 'live' }
  | { state: 'off' }
  | { state: 'deprecated'; deprecatedAt: number; sunset: number }
  | { state: 'retired' };

export const mayRun = ({ state }: Liveness) => state === 'live' || state === 'deprecated';

export interface FoundOperation {
  operation: RegisteredOperation;
  liveness: Liveness;
  /** The longest execution that an operator allows; null without a limit. */
  timeLimitMs: number | null;
}

/** Null if no release carries the id. That is not known if the budget of look-ups is spent (`unavailable`), or storage `failed`. */
export type OperationLookup = FoundOperation | null | 'unavailable' | 'failed';

export const isFound = (looked: OperationLookup): looked is FoundOperation =>
  looked !== null && typeof looked === 'object';

export interface FindOptions {
  /** An id that no overlay and no later change of releases names is unknown at once, without a read of D1. */
  namedOnly?: boolean;
}

export interface OperationRegistry {
  /** The state in the isolate's memory; undefined if that is absent or too old. */
  known(id: string, nowMs: number): Liveness | undefined;
  find(id: string, options?: FindOptions): Promise<OperationLookup>;
  /** By the id of a form: the most alive of the operations that have it. */
  findForm(formId: string): Promise<OperationLookup>;
}

/** The client as it names itself; null if it does not. */
export interface ClientIdentity {
  name: string | null;
  version: string | null;
}

export interface Refusal {
  /** An error code, with a rule if it has one (`OPERATION_TOO_COMPLEX:depth`), or `audit:` and an error code. */
  reason: string;
  documentId: string | null;
  client: ClientIdentity;
}

/** An operation whose answer is in memory, and the counts of the client that it was last sent to. */
export interface HitOperation extends HitOf {
  /** Undefined before the first hit. */
  held: HeldCounts | undefined;
}

/** Where hits count. */
export interface HitCounts {
  use: { count: number; lastSeen: number };
  hits: CountedHits;
}

/** Counts that need no look-up while client and hour stay the same. */
export interface HeldCounts {
  name: string | null;
  version: string | null;
  /** Null once they are in a row. */
  counts: HitCounts | null;
}

/** Counts uses and refusals by client. Requests never wait for it. */
export interface OperationUsage {
  /** @param nowMs where the caller knows the time already */
  used(operationId: string, client: ClientIdentity, nowMs?: number): void;
  refused(refusal: Refusal): void;
  /** Counts a use whose answer came from memory, and measures the request. */
  hit(operation: HitOperation, client: ClientIdentity, sent: SentHit, country: string, nowMs: number): void;
}
