/** A Durable Object's storage of which one statement fails: the machine ends in the middle of a transaction. */
import type { LedgerStorage } from '../../../src/investing/ledger-types.ts';

export class StorageFailure extends Error {}

export class FaultyStorage implements LedgerStorage {
  /** Statements until the one that fails; null if none does. */
  statementsLeft: number | null = null;
  readonly #storage: LedgerStorage;
  readonly sql: LedgerStorage['sql'];

  constructor(storage: LedgerStorage) {
    this.#storage = storage;
    const exec = storage.sql.exec.bind(storage.sql);
    this.sql = {
      exec: (query, ...values) => {
        if (this.statementsLeft !== null) {
          this.statementsLeft -= 1;
          if (this.statementsLeft < 0) throw new StorageFailure('the machine has ended');
        }
        return exec(query, ...values);
      },
    };
  }

  transactionSync<Result>(closure: () => Result): Result {
    return this.#storage.transactionSync(closure);
  }
}
