/**
 * A ledger whose every command is observed: the new entries are read, and what must hold after each step is checked. Its
 * machine may end in the middle of a command, and callers repeat commands of which they hear nothing.
 */
import { Ledger } from '../../../src/investing/ledger.ts';
import type { PoolTerms } from '../../../src/investing/pool-ledger.ts';
import { blankStorage } from './blank-storage.ts';
import type { EntryStatus } from './entry-reader.ts';
import { FaultyStorage, StorageFailure } from './faulty-storage.ts';
import type { PoolSnapshot } from './main-api-in-memory.ts';
import { must } from './must.ts';
import { SaleModel } from './sale-model.ts';
import type { Fault } from './sale-steps.ts';
import { checkStep, noteEntries, type StepKind } from './step-checks.ts';

export const NO_FAULT: Fault = { kind: 'none' };
const EXPORT_LIMIT = 10_000;

export interface Command<Answer> {
  kind: StepKind;
  /** Snapshot and terms that go with the call. */
  gives?: { snapshot: PoolSnapshot; terms: PoolTerms };
  call: (ledger: Ledger) => Answer;
  /** Checks the answer, once the new entries are read. `statuses` are those of before the command. */
  check?: (answer: Answer, statuses: ReadonlyMap<string, EntryStatus>) => void;
}

export class ObservedLedger {
  readonly model = new SaleModel();
  readonly #storage = new FaultyStorage(blankStorage());
  readonly #nowMs: () => number;
  #randomState = 1;
  #ledger: Ledger;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#ledger = this.#newLedger();
  }

  /** For calls that are no commands. */
  get ledger(): Pick<Ledger, 'due' | 'projection' | 'check' | 'exportEntries' | 'head' | 'nextWakeMs'> {
    return this.#ledger;
  }

  /** Another instance over the same storage. */
  restart(): void {
    this.#ledger = this.#newLedger();
  }

  /** @returns null if nothing was done */
  command<Answer>(command: Command<Answer>, fault = NO_FAULT): Answer | null {
    const { model } = this;
    const { kind, gives, call, check } = command;
    const statuses = model.statuses();
    if (fault.kind === 'throws') this.#storage.statementsLeft = fault.statement;
    let answer: Answer;
    try {
      answer = call(this.#ledger);
    } catch (error) {
      if (!(error instanceof StorageFailure) || fault.kind !== 'throws') throw error;
      this.#storage.statementsLeft = null;
      if (fault.restarts) this.restart();
      must(this.#newEntries() === '', 'a command that fails leaves nothing behind');
      this.#checkStep(false);
      return fault.repeats ? this.command(command) : null;
    }
    this.#storage.statementsLeft = null;
    if (gives !== undefined) model.give(gives.snapshot, gives.terms, kind === 'terms');
    // A ledger that knows no pool does nothing.
    if (model.newest !== null) model.clockMs = Math.max(model.clockMs, this.#nowMs());
    const entries = model.reader.read(this.#newEntries());
    noteEntries(model, entries, kind, statuses);
    check?.(answer, statuses);
    this.#checkStep(true);
    return fault.kind === 'lost-answer' ? this.command(command) : answer;
  }

  #checkStep(isSettled: boolean): void {
    const { model } = this;
    checkStep(model, this.#ledger, isSettled);
    must(model.reader.investmentCount === model.investments.size, 'every investment is the one of a key');
  }

  #newEntries(): string {
    return this.#ledger.exportEntries(Number(this.model.reader.sequence), EXPORT_LIMIT);
  }

  #newLedger(): Ledger {
    return new Ledger(this.#storage, {
      nowMs: this.#nowMs,
      randomUuid: () => crypto.randomUUID(),
      random: () => this.#random(),
    });
  }

  /** Park and Miller's generator: a sale plays the same every time. */
  #random(): number {
    this.#randomState = (this.#randomState * 48_271) % 2_147_483_647;
    return this.#randomState / 2_147_483_647;
  }
}
