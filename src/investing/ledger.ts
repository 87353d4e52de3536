/**
 * The ledger of one pool: it alone allocates the pool's tokens.
 *
 * Every method is one synchronous transaction: it is done as a whole, or it leaves nothing behind. Each may be repeated.
 */
import type {
  LedgerDeps,
  LedgerNotice,
  LedgerStorage,
  OutboxRow,
  Projection,
  StoredInvestment,
  UpstreamRefusal,
} from './ledger-types.ts';
import type {
  ClaimRequest,
  InvestRequest,
  LedgerAnswer,
  LedgerHead,
  LedgerRejection,
  PoolTerms,
  RegisterRequest,
  SubmitRequest,
  UpstreamInvestment,
} from './pool-ledger.ts';

export class Ledger {
  readonly #storage: LedgerStorage;
  readonly #deps: LedgerDeps;

  constructor(storage: LedgerStorage, deps: LedgerDeps) {
    this.#storage = storage;
    this.#deps = deps;
  }

  invest(request: InvestRequest): LedgerAnswer {
    return this.#planned(request);
  }

  register(request: RegisterRequest): LedgerRejection | null {
    return this.#planned(request);
  }

  submit(request: SubmitRequest): LedgerAnswer {
    return this.#planned(request);
  }

  claim(request: ClaimRequest): LedgerAnswer {
    return this.#planned(request);
  }

  applyTerms(terms: PoolTerms): void {
    this.#planned(terms);
  }

  applyRecords(records: readonly UpstreamInvestment[]): void {
    this.#planned(records);
  }

  /** Lets the clock go on: settles what has run out. */
  tick(): void {
    this.#planned();
  }

  /** Calls of the main API that are due, oldest first; one of each subject, the first that it has. */
  due(limit: number): OutboxRow[] {
    return this.#planned(limit);
  }

  /** Before a row is sent. If nobody reports of it, it is due again after a while. */
  sending(row: OutboxRow): void {
    this.#planned(row);
  }

  /** The main API gave no answer for good. */
  postpone(row: OutboxRow): void {
    this.#planned(row);
  }

  acknowledge(row: OutboxRow, stored: StoredInvestment): void {
    this.#planned(row, stored);
  }

  refuse(row: OutboxRow, refusal: UpstreamRefusal): void {
    this.#planned(row, refusal);
  }

  /** @param limit of investments, and of each other kind of rows */
  projection(limit: number): Projection {
    return this.#planned(limit);
  }

  /** D1 has these rows, or newer ones. */
  projected(projection: Projection): void {
    this.#planned(projection);
  }

  /** Notices since the last call, for the log: those of transactions that are done. */
  takeNotices(): LedgerNotice[] {
    return this.#planned();
  }

  /** When something is to be done next: a call, rows for D1, a reservation that runs out. */
  nextWakeMs(): number | null {
    return this.#planned();
  }

  head(): LedgerHead | null {
    return this.#planned();
  }

  /** Entries behind `after`, oldest first, as JSON, one a line. */
  exportEntries(after: number, limit: number): string {
    return this.#planned(after, limit);
  }

  /** By account, as decimals. */
  balances(): Record<string, string> {
    return this.#planned();
  }

  /** What is wrong with the ledger, as sentences: it compares every row with every other that must agree. */
  check(): string[] {
    return this.#planned();
  }

  #planned(..._given: unknown[]): never {
    throw new Error(`not built yet: ${typeof this.#storage}, ${typeof this.#deps}`);
  }
}
