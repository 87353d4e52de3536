/**
 * One step of a ledger, inside one transaction of its database: whatever is written here is written as a whole or not
 * at all. Sums over rows change with the rows, and entries, balances and the head of the chain with one another.
 */
import { toUnits } from '../storage/decimal-units.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { Account, Movements } from './accounts.ts';
import { type Book, storedUnits } from './book.ts';
import { type Adjustment, type EntryKind, entryHash, entryJson } from './entry.ts';
import {
  calls,
  type Investment,
  investments,
  type Member,
  members,
  notices,
  type StoredCall,
  type StoredNotice,
} from './ledger-tables.ts';
import type { LedgerDeps, LedgerStorage, NoticeKind, OutboxRow } from './ledger-types.ts';
import type { PoolTerms } from './pool-ledger.ts';
import { isUnsettled, type Snapshot } from './rules/containment.ts';
import { investmentCall } from './upstream-bodies.ts';

const INSERT_ENTRY = 'INSERT INTO entry (sequence, json) VALUES (?, ?)';
const DROP_CALLS = 'DELETE FROM outbox WHERE subject = ?';
const HAS_CALL = 'SELECT 1 AS found FROM outbox WHERE subject = ? LIMIT 1';

export interface Receipt {
  receipt_sequence: number;
  receipt_hash: string;
  receipt_at: number;
}

interface About {
  investmentId?: string;
  adjustment?: Adjustment;
}

/** The state that one step leaves for the next one. */
export interface LedgerState {
  book: Book;
  terms: PoolTerms;
  snapshot: Snapshot;
}

export class LedgerStep {
  readonly sql: LedgerStorage['sql'];
  readonly deps: LedgerDeps;
  readonly book: Book;
  /** By the ledger's clock. */
  readonly nowMs: number;
  readonly nowSeconds: number;
  /** With the counts of the snapshot. */
  terms: PoolTerms;
  snapshot: Snapshot;
  /** It names the request that caused the step. */
  readonly trace: CallTrace | null;
  readonly notices: StoredNotice[] = [];
  readonly #headBefore: number;
  readonly #members = new Map<string, { stored: Member | null; now: Member }>();

  constructor(
    sql: LedgerStorage['sql'],
    deps: LedgerDeps,
    { book, terms, snapshot }: LedgerState,
    trace: CallTrace | null,
  ) {
    this.sql = sql;
    this.deps = deps;
    this.book = book;
    this.#headBefore = book.headSequence;
    this.terms = terms;
    this.snapshot = snapshot;
    this.trace = trace;
    this.nowMs = book.clockMs;
    this.nowSeconds = Math.floor(book.clockMs / 1000);
  }

  get hasNewEntries(): boolean {
    return this.book.headSequence > this.#headBefore;
  }

  /** An id for an investment, a claim or a registration: it leads back to this ledger. */
  newId(): string {
    return `${this.book.poolKey}-${this.deps.randomUuid()}`;
  }

  /** Appends an entry and moves its amounts. @throws if an account would fall below zero */
  post(kind: EntryKind, movements: Movements, { investmentId, adjustment }: About = {}): Receipt {
    const { book, nowMs } = this;
    const sequence = book.headSequence + 1;
    const json = entryJson({
      kind,
      movements,
      pool: book.poolId,
      sequence,
      previous: book.headHash,
      atMs: nowMs,
      investmentId: investmentId ?? null,
      adjustment: adjustment ?? null,
    });
    for (const account of Object.keys(movements) as Account[]) {
      book.balances[account] += movements[account] ?? 0n;
    }
    this.sql.exec(INSERT_ENTRY, sequence, json);
    book.headSequence = sequence;
    book.headHash = entryHash(json);
    book.headAtMs = nowMs;
    this.figuresChanged();
    return { receipt_sequence: sequence, receipt_hash: book.headHash, receipt_at: this.nowSeconds };
  }

  /** The pool's figures in D1 are out of date. */
  figuresChanged(): void {
    this.nextRevision();
  }

  /** A reader of it in D1 knows all that the ledger knows now. */
  nextRevision(): number {
    this.book.figuresRevision += 1;
    return this.book.figuresRevision;
  }

  notice(kind: NoticeKind, investmentId: string | null, detail: string): void {
    const [last] = this.sql
      .exec<{ last: number | null }>('SELECT max(notice_id) AS last FROM notice')
      .toArray();
    const notice: StoredNotice = {
      notice_id: (last?.last ?? 0) + 1,
      kind,
      investment_id: investmentId,
      detail,
      noticed_at: this.nowSeconds,
      is_projected: 0,
    };
    notices.insert(this.sql, notice);
    this.notices.push(notice);
  }

  investment(id: string): Investment | null {
    return investments.byKey(this.sql, id) ?? null;
  }

  insertInvestment(investment: Investment): void {
    this.#count(null, investment);
    investments.insert(this.sql, investment);
  }

  /** @returns the investment as it is now stored, with its next revision */
  change(investment: Investment, changes: Partial<Investment>): Investment {
    const changed: Investment = {
      ...investment,
      ...changes,
      revision: investment.revision + 1,
      updated_at: Math.max(investment.updated_at, changes.updated_at ?? this.nowSeconds),
    };
    return this.#save(investment, changed);
  }

  /** Changes columns that only the ledger sees. */
  changeUnseen(investment: Investment, changes: Partial<Investment>): Investment {
    return this.#save(investment, { ...investment, ...changes });
  }

  #save(before: Investment, after: Investment): Investment {
    const isLiving = after.token_account !== null;
    after.is_unsettled = Number(isUnsettled(this.snapshot, isLiving, after.is_contained === 1, after));
    this.#count(before, after);
    investments.save(this.sql, after);
    return after;
  }

  /** Keeps the sums over investments, of the pool and of their owner. */
  #count(before: Investment | null, after: Investment): void {
    const [wasLiving, isLiving] = [
      before !== null && before.token_account !== null,
      after.token_account !== null,
    ];
    const [wasContained, isContained] = [before?.is_contained === 1, after.is_contained === 1];
    if (wasLiving === isLiving && wasContained === isContained) return;
    const { book } = this;
    const [amount, tokens] = [toUnits(after.investment_amount), toUnits(after.token_amount)];
    const living = BigInt(Number(isLiving) - Number(wasLiving));
    const contained = BigInt(Number(isContained) - Number(wasContained));
    book.livingAmount += living * amount;
    book.containedAmount += contained * amount;
    book.containedTokens += contained * tokens;
    const member = this.member(after.user_id);
    this.changeMember(member, {
      living_amount: storedUnits(BigInt(member.living_amount) + living * amount),
      living_count: member.living_count + Number(living),
      contained_count: member.contained_count + Number(contained),
    });
    this.figuresChanged();
  }

  /** Anybody is one, with nothing done yet. */
  member(userId: string): Member {
    const known = this.#members.get(userId);
    if (known !== undefined) return known.now;
    const stored = members.byKey(this.sql, userId) ?? null;
    const now = stored ?? {
      user_id: userId,
      registered_at: null,
      registration_id: null,
      strikes: 0,
      blocked_until: 0,
      open_investment: null,
      living_amount: storedUnits(0n),
      living_count: 0,
      contained_count: 0,
      revision: 0,
      projected_revision: 0,
    };
    this.#members.set(userId, { stored, now });
    return now;
  }

  /** It is written with the end of the step. */
  changeMember(member: Member, changes: Partial<Member>): Member {
    const now = { ...member, ...changes };
    const isSeen = now.registered_at !== member.registered_at || now.blocked_until !== member.blocked_until;
    if (isSeen) now.revision += 1;
    this.book.newParticipants += Number(isNewParticipant(now)) - Number(isNewParticipant(member));
    const known = this.#members.get(member.user_id);
    this.#members.set(member.user_id, { stored: known?.stored ?? null, now });
    return now;
  }

  writeMembers(): void {
    for (const { stored, now } of this.#members.values()) if (now !== stored) members.save(this.sql, now);
  }

  /** Records a call of the main API; the calls of one subject leave in order. */
  enqueue(
    call: Pick<OutboxRow, 'kind' | 'subject' | 'sequence' | 'body'>,
    effect: StoredCall['effect'] = 'none',
  ): void {
    const isFirst = call.sequence === 1 || this.sql.exec(HAS_CALL, call.subject).toArray().length === 0;
    calls.insert(this.sql, {
      ...call,
      due_ms: this.nowMs,
      attempts: 0,
      recorded_ms: this.nowMs,
      request_id: this.trace?.requestId ?? null,
      traceparent: this.trace?.traceparent ?? null,
      effect,
      is_first: Number(isFirst),
    });
    this.figuresChanged();
  }

  /** Hands the investment over as it is now. */
  handOver(investment: Investment): void {
    const { sequence, living_sequence, release_sequence } = investment;
    const released = sequence === release_sequence ? 'releases' : 'none';
    this.enqueue(
      investmentCall(this.book.poolId, investment),
      sequence === living_sequence ? 'takes' : released,
    );
  }

  /** The main API knows better: what waits to be handed over is out of date. */
  dropCalls(subject: string): void {
    this.sql.exec(DROP_CALLS, subject);
    this.figuresChanged();
  }

  /** The ledger looks at its clock again by then. */
  wakeBy(atMs: number): void {
    const { book } = this;
    if (book.wakeMs === null || atMs < book.wakeMs) book.wakeMs = atMs;
  }
}

/** Counted beside the participants of the snapshot. */
const isNewParticipant = (member: Member) => member.living_count > 0 && member.contained_count === 0;
