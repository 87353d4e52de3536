/** Sends what is due of an outbox, batch by batch: each batch is claimed, sent at once, and its outcome written. */

export interface SentRows {
  stored: number;
  refused: number;
  /** They are sent again later. */
  failed: number;
  firstError: string | null;
  /** The error of D1 that ended the run early. */
  failure?: unknown;
}

export interface SentRow {
  outcome: 'stored' | 'refused' | 'failed';
  /** After the answer. */
  writes: D1PreparedStatement[];
  error?: string;
}

/** Two hundred rows of five a batch: the next run sends the rest. */
const BATCHES_A_RUN = 40;

/**
 * Never rejects.
 *
 * @param outbox.claim returns the rows that are due
 * @param outbox.isEnough of the outcomes of a batch, which may be empty: true if the run ends with it
 */
export async function sendDueRows<Row>(outbox: {
  write(statements: D1PreparedStatement[]): Promise<D1Result[]>;
  claim(): D1PreparedStatement;
  send(row: Row): Promise<SentRow>;
  isEnough(sent: readonly SentRow[]): boolean;
}): Promise<SentRows> {
  const sent: SentRows = { stored: 0, refused: 0, failed: 0, firstError: null };
  try {
    for (let batches = 0; batches < BATCHES_A_RUN; batches += 1) {
      const [claimed] = await outbox.write([outbox.claim()]);
      const rows = await Promise.all(((claimed?.results ?? []) as Row[]).map((row) => outbox.send(row)));
      const writes = rows.flatMap((row) => row.writes);
      if (writes.length > 0) await outbox.write(writes);
      for (const { outcome, error } of rows) {
        sent[outcome] += 1;
        sent.firstError ??= error ?? null;
      }
      if (outbox.isEnough(rows)) break;
    }
  } catch (failure) {
    sent.failure = failure;
  }
  return sent;
}
