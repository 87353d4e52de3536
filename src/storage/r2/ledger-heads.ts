/**
 * The last entry of each ledger, one file a day, outside of the objects that make them: whoever changes a ledger
 * afterwards cannot change these.
 */
export interface LedgerHeads {
  /** RFC 3339. */
  writtenAt: string;
  /** `recordedAt` in Unix seconds. */
  heads: { pool: string; sequence: number; hash: string; recordedAt: number }[];
}

/** The file of the day of `nowMs`, in UTC. A later call of the same day replaces it. */
export async function writeLedgerHeads(
  bucket: Pick<R2Bucket, 'put'>,
  heads: LedgerHeads['heads'],
  nowMs: number,
): Promise<void> {
  const writtenAt = new Date(nowMs).toISOString();
  const file: LedgerHeads = { writtenAt, heads };
  await bucket.put(`backups/ledger/${writtenAt.slice(0, 10)}.json`, JSON.stringify(file), {
    httpMetadata: { contentType: 'application/json' },
  });
}
