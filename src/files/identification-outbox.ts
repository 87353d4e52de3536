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
import { type SentRow, type SentRows, sendDueRows } from '../storage/d1/send-due-rows.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { MainApi } from '../upstream/main-api.ts';

/** The platform allows 6 connections. */
const DOCUMENTS_AT_ONCE = 5;

export interface IdentificationOutboxDeps {
  db: D1Database;
  mainApi: Pick<MainApi, 'createDocument'>;
  nowSeconds(): number;
  trace: CallTrace;
  /** Writes in one batch. A job's go through its lease. */
  write(statements: D1PreparedStatement[]): Promise<D1Result[]>;
}

/**
 * Sends what is due. Never rejects.
 *
 * @param userId of one account; null for all
 */
export function sendIdentification(deps: IdentificationOutboxDeps, userId: string | null): Promise<SentRows> {
  const { db, nowSeconds, write } = deps;
  return sendDueRows<IdentificationOutboxRow>({
    write,
    claim: () => dueIdentificationClaim(db, { nowSeconds: nowSeconds(), limit: DOCUMENTS_AT_ONCE, userId }),
    send: (row) => handOver(deps, row),
    // A main API that is slow or down would hold up the jobs behind this one: the next run goes on.
    isEnough: (sent) => sent.length === 0 || sent.some(({ outcome }) => outcome === 'failed'),
  });
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
  { db, mainApi, trace }: IdentificationOutboxDeps,
  { user_id: user, file_id: file, body, attempts }: IdentificationOutboxRow,
): Promise<SentRow> {
  const { requestId } = trace;
  try {
    const outcome = await mainApi.createDocument({ userId: user, fileId: file, body }, trace);
    if (outcome === 'refused') log.error('identification.refused', { user, file, requestId });
    return { outcome, writes: [identificationOutboxDelete(db, file)] };
  } catch (error) {
    log.warn('identification.not_handed_over', { user, file, attempts, requestId, ...errorFields(error) });
    return { outcome: 'failed', writes: [], error: String(error) };
  }
}
