/**
 * Hands accounts that were opened at the edge over to the main API, each version under its own idempotency key.
 *
 * Guarantees: a version leaves D1 after the main API has answered for it, and a later one is not sent before. A run that
 * ends too soon, or an answer that is lost, leaves the row: it is sent again, with the same key and the same bytes. Two
 * runs at once do not take the same row; one that is slower than its claim repeats a version, which changes nothing.
 */
import { errorFields, log } from '../observability/log.ts';
import { type SentRow, type SentRows, sendDueRows } from '../storage/d1/send-due-rows.ts';
import {
  accountRefusalWrites,
  dueClaim,
  type OutboxRow,
  storedDelete,
  walletRefusalWrites,
} from '../storage/d1/user-outbox.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { MainApi } from '../upstream/main-api.ts';
import { rightsAnswerWrite } from './user-rights.ts';

/** The sequence of an account that is opened; linked wallets have later ones. */
const FIRST_SEQUENCE = 1;
/** The platform allows 6 connections. */
const VERSIONS_AT_ONCE = 5;

export interface OutboxDeps {
  db: D1Database;
  mainApi: Pick<MainApi, 'createUser' | 'userStats'>;
  nowSeconds(): number;
  /** Names the run, or the request that opened the account. */
  trace: CallTrace;
  /** Writes in one batch. A job's go through its lease. */
  write(statements: D1PreparedStatement[]): Promise<D1Result[]>;
}

/**
 * Sends the versions that are due. Never rejects.
 *
 * @param userId of one account; null for all
 */
export function sendOutbox(deps: OutboxDeps, userId: string | null): Promise<SentRows> {
  const { db, nowSeconds, write } = deps;
  return sendDueRows<OutboxRow>({
    write,
    claim: () => dueClaim(db, { nowSeconds: nowSeconds(), limit: VERSIONS_AT_ONCE, userId }),
    send: (row) => handOver(deps, row),
    // Also when no row was due. If the main API is down, more calls do not help it.
    isEnough: (sent) => sent.every(({ outcome }) => outcome === 'failed'),
  });
}

/** For the request that opened the account, or linked a wallet. Never rejects: the job sends what is left. */
export async function sendOutboxOf(
  userId: string,
  { db, ...deps }: Omit<OutboxDeps, 'write'>,
): Promise<void> {
  const write = (statements: D1PreparedStatement[]) => db.batch(statements);
  const { failure } = await sendOutbox({ ...deps, db, write }, userId);
  if (failure !== undefined) log.error('users.outbox_failed', { user: userId, ...errorFields(failure) });
}

async function handOver({ db, mainApi, nowSeconds, trace }: OutboxDeps, row: OutboxRow): Promise<SentRow> {
  const { user_id: user, sequence, body, attempts } = row;
  const { requestId } = trace;
  try {
    if ((await mainApi.createUser({ userId: user, sequence, body }, trace)) === 'stored') {
      const rights =
        sequence === FIRST_SEQUENCE ? await rightsAnswerWrite(db, mainApi, user, nowSeconds()) : null;
      return { outcome: 'stored', writes: [storedDelete(db, row), ...(rights === null ? [] : [rights])] };
    }
  } catch (error) {
    log.warn('users.not_handed_over', { user, sequence, attempts, requestId, ...errorFields(error) });
    return { outcome: 'failed', writes: [], error: String(error) };
  }
  // Before the write: a run that ends between the two must have told a person.
  const isAccount = sequence === FIRST_SEQUENCE;
  log.error(isAccount ? 'users.refused' : 'users.wallet_refused', { user, sequence, requestId });
  const writes = isAccount ? accountRefusalWrites(db, row, nowSeconds()) : walletRefusalWrites(db, row);
  return { outcome: 'refused', writes };
}
