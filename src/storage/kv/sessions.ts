/** Copies of sessions in KV, each with what D1 had of the session and its user. A copy is no authority. */
import * as z from 'zod';
import { errorFields, log } from '../../observability/log.ts';
import { readJsonValues, writeJsonValue } from './json-values.ts';
import { SESSION_COPY_TTL_SECONDS, sessionKey } from './keys.ts';

const sessionCopySchema = z.object({
  sessionId: z.string(),
  userId: z.string(),
  email: z.string().nullable(),
  walletAddresses: z.array(z.string()),
  displayName: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  kycLevel: z.number(),
  userLevel: z.number(),
  permissions: z.array(z.string()),
  userCreatedAt: z.number(),
  /** The sign-in. */
  createdAt: z.number(),
  lastActivityAt: z.number(),
  expiresAt: z.number(),
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  device: z.string(),
  /** When D1 had these values. */
  readAt: z.number(),
});

/** Times are in Unix seconds. */
export type SessionCopy = z.output<typeof sessionCopySchema>;

/** Null if there is none or KV fails: D1 is read then. */
export async function readSessionCopy(kv: KVNamespace, sessionId: string): Promise<SessionCopy | null> {
  const key = sessionKey(sessionId);
  try {
    return (await readJsonValues(kv, [key], sessionCopySchema)).get(key) ?? null;
  } catch (error) {
    log.error('sessions.kv_failed', errorFields(error));
    return null;
  }
}

/** Never throws. */
export const writeSessionCopy = (kv: KVNamespace, copy: SessionCopy): Promise<void> =>
  writeJsonValue(kv, sessionKey(copy.sessionId), copy, SESSION_COPY_TTL_SECONDS);

/** Never throws: a copy that stays is soon too old to be used. */
export async function deleteSessionCopies(kv: KVNamespace, sessionIds: readonly string[]): Promise<void> {
  const deletions = sessionIds.map((id) => kv.delete(sessionKey(id)));
  for (const outcome of await Promise.allSettled(deletions)) {
    if (outcome.status === 'rejected') log.warn('sessions.kv_failed', errorFields(outcome.reason));
  }
}
