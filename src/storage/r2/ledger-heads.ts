/**
 * The last entry of each ledger, one file a day, outside of the objects that make them: whoever changes a ledger
 * afterwards cannot change these.
 */
import * as z from 'zod';

const PREFIX = 'backups/ledger/';
const LOOKED_BACK_MS = 14 * 86_400_000;

const ledgerHeads = z.object({
  /** RFC 3339. */
  writtenAt: z.string(),
  /** `recordedAt` in Unix seconds. */
  heads: z.array(z.object({ pool: z.string(), sequence: z.int(), hash: z.string(), recordedAt: z.number() })),
});
export type LedgerHeads = z.output<typeof ledgerHeads>;

const keyOf = (timeMs: number) => `${PREFIX}${new Date(timeMs).toISOString().slice(0, 10)}.json`;

/** The file of the day of `nowMs`, in UTC. A later call of the same day replaces it. */
export async function writeLedgerHeads(
  bucket: Pick<R2Bucket, 'put'>,
  heads: LedgerHeads['heads'],
  nowMs: number,
): Promise<void> {
  const file: LedgerHeads = { writtenAt: new Date(nowMs).toISOString(), heads };
  await bucket.put(keyOf(nowMs), JSON.stringify(file), { httpMetadata: { contentType: 'application/json' } });
}

/** The newest file of the last two weeks. Null if there is none. */
export async function latestLedgerHeads(
  bucket: Pick<R2Bucket, 'list' | 'get'>,
  nowMs: number,
): Promise<LedgerHeads | null> {
  const startAfter = keyOf(nowMs - LOOKED_BACK_MS);
  // Whole ledgers stand in folders beside these files (`src/backups/backup-keys.ts`).
  const { objects } = await bucket.list({ prefix: PREFIX, startAfter, delimiter: '/' });
  const key = objects.at(-1)?.key;
  const file = key === undefined ? null : await bucket.get(key);
  return file === null ? null : ledgerHeads.parse(await file.json());
}
