/**
 * The ledger of one pool: it alone allocates the pool's tokens.
 *
 * Every method is one synchronous transaction: it is done as a whole, or it leaves nothing behind. Each may be repeated.
 * Every step begins with the clock, which never goes back, and settles what has run out by it.
 */

import { rejection } from '../auth/rejection.ts';
import { BOUND_LIMIT } from '../storage/bound-limit.ts';
import type { InvestmentRow } from '../storage/d1/investments.ts';
import { fromUnits } from '../storage/decimal-units.ts';
import type { CallTrace } from '../upstream/http.ts';
import { insertBook, newBook, readBook, updateBook } from './book.ts';
import { checkLedger } from './check-ledger.ts';
import { applyRecord } from './commands/apply-records.ts';
import { applySnapshot, applyTerms, openPool, snapshotOf } from './commands/apply-terms.ts';
import { claim } from './commands/claim.ts';
import { type Difference, noteDifferences } from './commands/differences.ts';
import { invest } from './commands/invest.ts';
import { acknowledge, dueCalls, nextCallMs, postpone, refuse, sending } from './commands/outbox.ts';
import {
  NOTHING_TO_PROJECT,
  noteProjected,
  projectAnew,
  projection,
  projectionDueMs,
} from './commands/projection.ts';
import { register } from './commands/register.ts';
import { closeIfOver, runOut } from './commands/run-out.ts';
import { settlePool } from './commands/settle-pool.ts';
import { shownInvestment } from './commands/shown-investment.ts';
import { submitPayment } from './commands/submit.ts';
import { createTables } from './ledger-schema.ts';
import { type LedgerState, LedgerStep } from './ledger-step.ts';
import { investments } from './ledger-tables.ts';
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
import type { Snapshot } from './rules/containment.ts';

const TERMS = 'SELECT terms, snapshot FROM terms';
const ENTRIES = `SELECT json FROM entry WHERE sequence > ? ORDER BY sequence ${BOUND_LIMIT}`;
const INVESTMENTS = `WHERE id > ? ORDER BY id ${BOUND_LIMIT}`;

export class Ledger {
  readonly #storage: LedgerStorage;
  readonly #deps: LedgerDeps;
  #notices: LedgerNotice[] = [];
  /** As the last step has left it: null if the pool is not known; undefined if it has to be read. A step that throws leaves it to be read. */
  #state: LedgerState | null | undefined;

  constructor(storage: LedgerStorage, deps: LedgerDeps) {
    this.#storage = storage;
    this.#deps = deps;
    createTables(storage.sql);
  }

  invest(request: InvestRequest): LedgerAnswer {
    return this.#stepOf(request.pool, request.trace, (step) => invest(step, request));
  }

  register(request: RegisterRequest): LedgerRejection | null {
    return this.#stepOf(request.pool, request.trace, (step) => register(step, request));
  }

  submit(request: SubmitRequest): LedgerAnswer {
    const answer = this.#step(request.trace, (step) => submitPayment(step, request));
    return (
      answer ??
      rejection('INVESTMENT_NOT_FOUND', 'There is no such investment of yours.', ['input', 'investmentId'])
    );
  }

  claim(request: ClaimRequest): LedgerAnswer {
    return this.#stepOf(request.pool, request.trace, (step) => claim(step, request));
  }

  applyTerms(terms: PoolTerms): void {
    this.#stepOf(terms, null, (step) => applySnapshot(step, terms));
  }

  applyRecords(records: readonly UpstreamInvestment[]): void {
    this.#step(null, (step) => {
      for (const record of records) applyRecord(step, record);
    });
  }

  /** Lets the clock go on: settles what has run out. */
  tick(): void {
    this.#step(null, () => null);
  }

  /** Calls of the main API that are due, oldest first; one of each subject, the first that it has. */
  due(limit: number): OutboxRow[] {
    const state = this.#read();
    return state === null ? [] : dueCalls(this.#storage.sql, this.#nowMs(state), limit);
  }

  /** Before a row is sent. If nobody reports of it, it is due again after a while. */
  sending(row: OutboxRow): void {
    this.#step(null, (step) => sending(step, row));
  }

  /** The main API gave no answer for good. */
  postpone(row: OutboxRow): void {
    this.#step(null, (step) => postpone(step, row));
  }

  acknowledge(row: OutboxRow, stored: StoredInvestment): void {
    this.#step(null, (step) => acknowledge(step, row, stored));
  }

  refuse(row: OutboxRow, refusal: UpstreamRefusal): void {
    this.#step(null, (step) => refuse(step, row, refusal));
  }

  /** @param limit of investments, and of each other kind of rows */
  projection(limit: number): Projection {
    const state = this.#read();
    if (state === null) return NOTHING_TO_PROJECT;
    return projection(this.#storage.sql, { ...state, nowMs: this.#nowMs(state), limit });
  }

  /** D1 has these rows, or newer ones. */
  projected(written: Projection): void {
    this.#step(null, (step) => noteProjected(step, written));
  }

  /**
   * @param shownRevision the `ledger_revision` of the pool in D1, before newer figures are written
   * @returns true if D1 was restored, and gets every row again
   */
  projectAnew(shownRevision: number): boolean {
    return this.#step(null, (step) => projectAnew(step, shownRevision)) ?? false;
  }

  /** Notices since the last call, for the log: those of transactions that are done. */
  takeNotices(): LedgerNotice[] {
    const taken = this.#notices;
    this.#notices = [];
    return taken;
  }

  /** The time of the next thing to do: a call, rows for D1, a reservation that runs out. */
  nextWakeMs(): number | null {
    const state = this.#read();
    if (state === null) return null;
    const { sql } = this.#storage;
    const times = [state.book.wakeMs, nextCallMs(sql), projectionDueMs(sql, state.book)];
    const due = times.filter((time) => time !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  /** Null before the first entry. */
  head(): LedgerHead | null {
    const state = this.#read();
    if (state === null) return null;
    const { poolId, headSequence, headHash, headAtMs } = state.book;
    return { pool: poolId, sequence: headSequence, hash: headHash, recordedAt: Math.floor(headAtMs / 1000) };
  }

  /** Entries behind `after`, oldest first, as JSON, one a line. */
  exportEntries(after: number, limit: number): string {
    const rows = this.#storage.sql.exec<{ json: string }>(ENTRIES, after, limit).toArray();
    return rows.map(({ json }) => `${json}\n`).join('');
  }

  /** By account, as decimals. */
  balances(): Record<string, string> {
    const { balances } = this.#read()?.book ?? newBook('');
    return Object.fromEntries(
      Object.entries(balances).map(([account, units]) => [account, fromUnits(units)]),
    );
  }

  /** The faults of the ledger, as sentences: it compares every row with every other that must agree. */
  check(): string[] {
    const state = this.#read();
    return state === null ? [] : checkLedger(this.#storage.sql, state.book, state.terms);
  }

  /** By id, behind `after`. */
  investmentsAfter(after: string, limit: number): InvestmentRow[] {
    const poolId = this.#read()?.book.poolId;
    if (poolId === undefined) return [];
    const rows = investments.select(this.#storage.sql, INVESTMENTS, after, limit);
    return rows.map((row) => shownInvestment(poolId, row));
  }

  /** A comparison has found them. */
  noteDifferences(differences: readonly Difference[]): void {
    this.#step(null, (step) => noteDifferences(step, differences));
  }

  #nowMs({ book }: LedgerState): number {
    return Math.max(book.clockMs, this.#deps.nowMs());
  }

  #read(): LedgerState | null {
    if (this.#state !== undefined) return this.#state;
    const { sql } = this.#storage;
    const book = readBook(sql);
    if (book === null) return null;
    const [stored] = sql.exec<{ terms: string; snapshot: string }>(TERMS).toArray();
    if (stored === undefined) throw new Error('the ledger has no terms');
    return {
      book,
      terms: JSON.parse(stored.terms) as PoolTerms,
      snapshot: JSON.parse(stored.snapshot) as Snapshot,
    };
  }

  /** A step of a pool that the caller knows: the first one opens its ledger. */
  #stepOf<Result>(terms: PoolTerms, trace: CallTrace | null, act: (step: LedgerStep) => Result): Result {
    return this.#transaction((stored) => {
      const isNew = stored === null;
      const state = stored ?? {
        book: newBook(terms.id),
        terms,
        snapshot: snapshotOf(terms, this.#deps.nowMs()),
      };
      if (state.book.poolId !== terms.id)
        throw new Error(`This is the ledger of the pool ${state.book.poolId}.`);
      const step = this.#begun(state, trace);
      if (isNew) openPool(step);
      else applyTerms(step, terms);
      return { step, isNew, result: act(step) };
    }).result;
  }

  /** Null, and nothing is done, if the pool is not known yet. */
  #step<Result>(trace: CallTrace | null, act: (step: LedgerStep) => Result): Result | null {
    const done = this.#transaction((state) => {
      if (state === null) return null;
      const step = this.#begun(state, trace);
      return { step, isNew: false, result: act(step) };
    });
    return done === null ? null : done.result;
  }

  #begun(state: LedgerState, trace: CallTrace | null): LedgerStep {
    state.book.clockMs = this.#nowMs(state);
    const step = new LedgerStep(this.#storage.sql, this.#deps, state, trace);
    runOut(step);
    return step;
  }

  #transaction<Begun extends Done<unknown> | null>(act: (state: LedgerState | null) => Begun): Begun {
    try {
      const done = this.#storage.transactionSync(() => {
        const begun = act(this.#read());
        if (begun !== null) finish(this.#storage.sql, begun);
        return begun;
      });
      if (done !== null) {
        const { book, terms, snapshot, notices } = done.step;
        this.#state = { book, terms, snapshot };
        this.#notices.push(...notices);
      }
      return done;
    } catch (error) {
      this.#state = undefined;
      throw error;
    }
  }
}

interface Done<Result> {
  step: LedgerStep;
  /** The book is not stored yet. */
  isNew: boolean;
  result: Result;
}

function finish(sql: LedgerStorage['sql'], { step, isNew }: Done<unknown>): void {
  settlePool(step);
  closeIfOver(step);
  step.writeMembers();
  if (isNew) insertBook(sql, step.book);
  else updateBook(sql, step.book, step.hasNewEntries);
}
