/**
 * Notifies the main API of documents for identification that it can read, each under its own idempotency key.
 *
 * Guarantees: a row leaves D1 after the main API has answered for it. A run that ends too soon, or an answer that is lost,
 * leaves the row: it is sent again, with the same key and the same bytes. Two runs at once do not take the same row. The row of a
 * document that is deleted or replaced is gone.
 */
import { errorFields, log } from '../observability/log.ts';
import {
  dueIdentificationClaim,
  type IdentificationOutboxRow,
  identificationOutboxDelete,
} from '../storage/d1/identification-outbox.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { MainApi } from '../upstream/main-api.ts';

/** The platform allows 6 connections. */
const DOCUMENTS_AT_ONCE = 5;
/** 200 documents a run: the next one sends the rest. */
const BATCHES_A_RUN = 40;

export interface IdentificationOutboxDeps {
  db: D1Database;
  mainApi: Pick<MainApi, 'createDocument'>;
  nowSeconds(): number;
  trace: CallTrace;
  /** Writes in one batch. A job's go through its lease. */
  write(statements: D1PreparedStatement[]): Promise<D1Result[]>;
}

export interface SentDocuments {
  stored: number;
  refused: number;
  /** They are sent again later. */
  failed: number;
  firstError: string | null;
  /** The error of D1 that ended the run early. */
  failure?: unknown;
}

/**
 * Sends what is due. Never rejects.
 *
 * @param userId of one account; null for all
 */
export async function sendIdentification(
  deps: IdentificationOutboxDeps,
  userId: string | null,
): Promise<SentDocuments> {
  const { db, nowSeconds, write } = deps;
  const sent: SentDocuments = { stored: 0, refused: 0, failed: 0, firstError: null };
  try {
    for (let batches = 0; batches < BATCHES_A_RUN; batches += 1) {
      const claim = dueIdentificationClaim(db, {
        nowSeconds: nowSeconds(),
        limit: DOCUMENTS_AT_ONCE,
        userId,
      });
      const [claimed] = await write([claim]);
      const rows = (claimed?.results ?? []) as IdentificationOutboxRow[];
      const handedOver = await Promise.all(rows.map((row) => handOver(deps, row)));
      const over = rows.filter((_, at) => handedOver[at]?.outcome !== 'failed');
      if (over.length > 0) await write(over.map(({ file_id }) => identificationOutboxDelete(db, file_id)));
      for (const { outcome, error } of handedOver) {
        sent[outcome] += 1;
        sent.firstError ??= error ?? null;
      }
      // A main API that is slow or down would hold up the jobs behind this one: the next run goes on.
      if (rows.length === 0 || over.length < rows.length) break;
    }
  } catch (failure) {
    sent.failure = failure;
  }
  return sent;
}

/** For the request that completed an upload. Never rejects: the job sends what is left. */
export async function sendIdentificationOf(
  userId: string,
  { db, ...deps }: Omit<IdentificationOutboxDeps, 'write'>,
): Promise<void> {
  const write = (statements: D1PreparedStatement[]) => db.batch(statements);
  const { failure } = await sendIdentification({ ...deps, db, write }, userId);
  if (failure !== undefined)
    log.error('identification.outbox_failed', { user: userId, ...errorFields(failure) });
}

async function handOver(
  { mainApi, trace }: IdentificationOutboxDeps,
  { user_id: user, file_id: file, body, attempts }: IdentificationOutboxRow,
): Promise<{ outcome: 'stored' | 'refused' | 'failed'; error?: string }> {
  const { requestId } = trace;
  try {
    const outcome = await mainApi.createDocument({ userId: user, fileId: file, body }, trace);
    if (outcome === 'refused') log.error('identification.refused', { user, file, requestId });
    return { outcome };
  } catch (error) {
    log.warn('identification.not_handed_over', { user, file, attempts, requestId, ...errorFields(error) });
    return { outcome: 'failed', error: String(error) };
  }
}
