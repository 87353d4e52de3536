import { createTables } from '../../../src/investing/ledger-schema.ts';
import type { LedgerStorage } from '../../../src/investing/ledger-types.ts';
import { ObjectStorage } from '../object-storage.ts';

let shared: ObjectStorage | null = null;

/**
 * A storage without a row. It is the same database each time, so that its statements are prepared once: the one before is
 * blank too from now on.
 */
export function blankStorage(): LedgerStorage {
  if (shared === null) {
    shared = new ObjectStorage();
    createTables(usedBy(shared).sql);
    shared.sql.exec('SAVEPOINT blank');
  }
  shared.sql.exec('ROLLBACK TO blank');
  return usedBy(shared);
}

/** Its cursors have no more than a ledger uses. */
const usedBy = (storage: ObjectStorage) => storage as unknown as LedgerStorage;
