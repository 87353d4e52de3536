/** Checks, stores and shows operations. Clients cannot use a stored operation that no release carries. */

import { GraphQLError, type GraphQLSchema, getOperationAST, parse } from 'graphql';
import pLimit from 'p-limit';
import * as z from 'zod';
import type { SendNotice } from '../alerts/send-notice.ts';
import type { CachePurge } from '../cache/cache-purge.ts';
import type { Rooms } from '../chat/rooms.ts';
import { OPERATION_MAX_COST } from '../config.ts';
import { guardDocument } from '../graphql/document-guard.ts';
import { livenessOf } from '../operations/liveness.ts';
import { bundledRelease } from '../operations/manifest.ts';
import { isAllowedCost } from '../operations/operation-cost.ts';
import { operationFacts } from '../operations/operation-facts.ts';
import { sha256Id } from '../operations/operation-id.ts';
import type { ChangeStores } from '../operations/publish-release.ts';
import { type OperationProblem, operationRow, registerOperation } from '../operations/register-operation.ts';
import { operationCopySchema, type RegisteredOperation } from '../operations/registered-operation.ts';
import { formsOf, formWrites } from '../operations/store-forms.ts';
import type { ReportUrls } from '../reports/report-urls.ts';
import { parseWithin } from '../serving/prepare-operation.ts';
import type { AlertChannel } from '../settings/alert-settings.ts';
import type { AlertThresholds } from '../settings/alert-thresholds.ts';
import { listSteering } from '../storage/d1/operation-steering.ts';
import { readUsage } from '../storage/d1/operation-usage.ts';
import {
  operationInserts,
  storedDocumentIds,
  storedOperation,
  storedRecords,
} from '../storage/d1/operations.ts';
import { releasesCarrying } from '../storage/d1/release-reads.ts';
import { operationKey } from '../storage/kv/keys.ts';
import { idsWithoutCopy, writeOperationCopy } from '../storage/kv/operations.ts';
import { AdminRefusal, readAdminBody, sinceDay } from './admin-answer.ts';

/** Validation takes time, and each new operation is a KV write: this keeps a call far from the platform's limits. */
const OPERATIONS_A_CALL = 200;
const KV_WRITES_AT_ONCE = 6;

const submittedSchema = z.object({
  operations: z.array(z.object({ id: z.string(), document: z.string() })).max(OPERATIONS_A_CALL),
  force: z.boolean().optional(),
});
type Submitted = z.infer<typeof submittedSchema>['operations'];

export interface AdminSources extends ChangeStores {
  rooms: Rooms;
  reports: {
    storage: Pick<R2Bucket, 'head' | 'put'>;
    environment: string;
    urls: Pick<ReportUrls, 'signed'>;
  };
  alerts: { channels: readonly AlertChannel[]; send: SendNotice; thresholds: AlertThresholds };
  schema: GraphQLSchema;
  /** Writes the uses that this isolate has counted. Never rejects. */
  writeUses(): Promise<void>;
  purge: CachePurge;
}

export async function checkOperations(request: Request, sources: AdminSources) {
  const { operations } = await readAdminBody(request, submittedSchema);
  const { accepted, problems } = await examine(operations, sources);
  return {
    operations: accepted.map(({ operation: { document: _, ...shown }, isStored, isCopied }) => ({
      ...shown,
      // An operation without its copy was cut off while it was stored: it is to be sent again.
      known: isStored && isCopied,
    })),
    problems,
  };
}

/**
 * Stores all operations of the call or none, and writes the copies that KV lacks of those that are stored already. `force`
 * accepts operations above the cost limit.
 */
export async function storeOperations(request: Request, sources: AdminSources) {
  const { operations, force } = await readAdminBody(request, submittedSchema);
  const { accepted, problems } = await examine(operations, sources);
  const blocking = problems.filter(({ code }) => force !== true || code !== 'COST_EXCEEDED');
  if (blocking.length > 0) throw refused(blocking);
  const added = accepted.filter(({ isStored }) => !isStored).map(({ operation }) => operation);
  const rows = await Promise.all(added.map(operationRow));
  const uncopied = accepted.filter(({ isStored, isCopied }) => isStored && !isCopied);
  const { db, kv, schema } = sources;
  if (rows.length > 0) {
    const forms = await formsOf({ schema, schemaHash: bundledRelease.schemaHash }, added);
    await db.batch([
      ...operationInserts(db, rows, Math.floor(sources.nowMs() / 1000)),
      ...(await formWrites(db, added, forms)),
    ]);
  }
  // Another call may have stored one of the ids with another text meanwhile: the first one's stays.
  const stored = await storedDocumentIds(
    db,
    rows.map(({ id }) => id),
  );
  const lost = rows.filter((row) => stored.get(row.id) !== row.document_id);
  const copies = await storedRecords(
    db,
    uncopied.map(({ operation }) => operation.id),
  );
  for (const row of rows) if (!lost.includes(row)) copies.set(row.id, row.registered);
  const writes = pLimit(KV_WRITES_AT_ONCE);
  await Promise.all(
    [...copies].map(([id, json]) => writes(() => writeOperationCopy(kv, operationKey(id), json))),
  );
  if (lost.length > 0) throw refused(lost.map(({ id }) => taken(id)));
  return { stored: rows.length };
}

export async function showOperation(id: string, parameters: URLSearchParams, sources: AdminSources) {
  // Uses that this isolate has counted and not written yet are known.
  await sources.writeUses();
  const row = await storedOperation(sources.db, id);
  if (row === null) throw new AdminRefusal(404, 'NOT_FOUND', 'No operation has this id.');
  const [{ releases, liveness }, [steering = null], usage] = await Promise.all([
    releasesCarrying(sources.db, row.id),
    listSteering(sources.db, row.id),
    readUsage(sources.db, {
      client: null,
      operationId: row.id,
      sinceDay: sinceDay(parameters, sources.nowMs()),
    }),
  ]);
  const operation = byCurrentRules(JSON.parse(row.registered) as RegisteredOperation, sources.schema);
  return {
    ...operation,
    isOverCostLimit: !isAllowedCost(operation.cost),
    registeredAt: row.registered_at,
    liveness: liveness.rank === null ? null : livenessOf({ ...liveness, rank: liveness.rank }),
    /** Null for an operation that is on and has no limit. */
    steering,
    releases,
    usage: usage.map(({ operationId: _, name: __, ...use }) => use),
  };
}

/** The operation as this build runs it, if another one registered it. */
function byCurrentRules(stored: RegisteredOperation, schema: GraphQLSchema): RegisteredOperation {
  const { schemaHash } = bundledRelease;
  if (stored.schemaHash === schemaHash) return stored;
  const document = parse(stored.document);
  const operation = getOperationAST(document);
  return operation ? { ...stored, ...operationFacts(schema, document, operation), schemaHash } : stored;
}

interface Examined {
  operation: RegisteredOperation;
  /** In D1. */
  isStored: boolean;
  /** In KV. */
  isCopied: boolean;
}

async function examine(
  submitted: Submitted,
  { schema, db, kv }: AdminSources,
): Promise<{ accepted: Examined[]; problems: OperationProblem[] }> {
  const stored = await storedDocumentIds(
    db,
    submitted.map(({ id }) => id),
  );
  // KV remembers for a minute that it was asked for an absent copy: a new one is not asked for.
  const uncopied = await idsWithoutCopy(kv, [...stored.keys()], operationCopySchema);
  const accepted = new Map<string, Examined>();
  const problems: OperationProblem[] = [];
  for (const { id, document } of submitted) {
    // Before validation, whose time grows faster than the document.
    const tooLarge = stored.has(id) ? null : sizeFault(document);
    if (tooLarge !== null) {
      problems.push({ id, code: 'DOCUMENT_TOO_LARGE', message: tooLarge });
      continue;
    }
    const registered = await registerOperation(schema, bundledRelease.schemaHash, { id, document });
    if ('problem' in registered) {
      problems.push(registered.problem);
      continue;
    }
    const { operation } = registered;
    const held = stored.get(id);
    const earlier = accepted.get(id);
    if (
      (held !== undefined && held !== (await sha256Id(document))) ||
      (earlier !== undefined && earlier.operation.document !== document)
    ) {
      problems.push(taken(id));
      continue;
    }
    if (!isAllowedCost(operation.cost) && held === undefined) {
      const message = `It costs ${operation.cost}; ${OPERATION_MAX_COST} is the most.`;
      problems.push({ id, code: 'COST_EXCEEDED', message });
    }
    accepted.set(id, { operation, isStored: held !== undefined, isCopied: !uncopied.has(id) });
  }
  return { accepted: [...accepted.values()], problems };
}

/** The first limit of size that the document breaks; null if none, or if it cannot be parsed: registration says so. */
function sizeFault(document: string): string | null {
  try {
    return guardDocument(parseWithin(document), { introspection: true })?.message ?? null;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return error.extensions.code === 'OPERATION_TOO_COMPLEX' ? error.message : null;
  }
}

const taken = (id: string): OperationProblem => ({
  id,
  code: 'ID_TAKEN',
  message: 'The id is registered with another text.',
});

/** One error a problem. An id that is taken is a conflict; all else is wrong with what was sent. */
function refused(problems: readonly OperationProblem[]): AdminRefusal {
  const status = problems.some(({ code }) => code === 'ID_TAKEN') ? 409 : 422;
  const [first] = problems;
  return new AdminRefusal(status, first?.code ?? 'BAD_USER_INPUT', first?.message ?? '', { problems });
}
