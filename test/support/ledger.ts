/** A ledger over SQLite in memory, with a clock that the test moves, and requests with the usual values. */
import { Ledger } from '../../src/investing/ledger.ts';
import type { LedgerStorage, OutboxRow } from '../../src/investing/ledger-types.ts';
import type { LedgerAnswer, PoolTerms, UpstreamInvestment } from '../../src/investing/pool-ledger.ts';
import type { InvestmentRow } from '../../src/storage/d1/investments.ts';
import { ObjectStorage } from './object-storage.ts';

/** The sale of `terms` begins. */
export const SALE_START = 1_800_000_000;
export const SALE_SECONDS = 86_400;
export const MINUTE = 60;
export const HALF_HOUR = 30 * MINUTE;

export const TRACE = { requestId: 'request-1', traceparent: null };
export const NOTHING_ELSEWHERE = { amount: '0', isParticipant: false };

export const terms = (changes: Partial<PoolTerms> = {}): PoolTerms => ({
  id: 'pool-1',
  pool_type: 'public',
  token_price: '0.5',
  total_tokens: '1000',
  min_allocation: '10',
  max_allocation: '200',
  max_participants: null,
  payment_token: 'USDT',
  payment_decimals: 6,
  blockchain: 'ethereum',
  registration_start: null,
  registration_end: null,
  sale_start: SALE_START,
  sale_end: SALE_START + SALE_SECONDS,
  status: 'upcoming',
  upstream_sold_tokens: '0',
  upstream_total_raised: '0',
  upstream_participant_count: 0,
  updated_at: SALE_START - 1000,
  askedAtMs: (SALE_START - 900) * 1000,
  ...changes,
});

export class LedgerWorld {
  readonly storage: ObjectStorage;
  nowMs = SALE_START * 1000;
  ledger: Ledger;
  #terms: PoolTerms;
  #made = 0;

  constructor(changes: Partial<PoolTerms> = {}, storage = new ObjectStorage(), isOpen = true) {
    this.storage = storage;
    this.#terms = terms(changes);
    this.ledger = this.#opened();
    if (isOpen) this.ledger.applyTerms(this.#terms);
  }

  get terms(): PoolTerms {
    return this.#terms;
  }

  get nowSeconds(): number {
    return Math.floor(this.nowMs / 1000);
  }

  /** Another instance over the same rows, as after an eviction. */
  evict(): void {
    this.ledger = this.#opened();
  }

  #opened(): Ledger {
    // Its cursors have no more than the ledger uses.
    return new Ledger(this.storage as unknown as LedgerStorage, {
      nowMs: () => this.nowMs,
      randomUuid: () => {
        this.#made += 1;
        return `00000000-0000-4000-8000-${String(this.#made).padStart(12, '0')}`;
      },
      random: () => 0.5,
    });
  }

  pass(seconds: number): void {
    this.nowMs += seconds * 1000;
  }

  /** A newer state of the pool, asked for now. */
  change(changes: Partial<PoolTerms>): void {
    this.#terms = { ...this.#terms, updated_at: this.nowSeconds, askedAtMs: this.nowMs, ...changes };
    this.ledger.applyTerms(this.#terms);
  }

  invest(
    userId: string,
    amount: string,
    changes: Partial<Parameters<Ledger['invest']>[0]> = {},
  ): LedgerAnswer {
    return this.ledger.invest({
      pool: this.#terms,
      userId,
      amount,
      idempotencyKey: `key-${userId}`,
      refusal: null,
      elsewhere: NOTHING_ELSEWHERE,
      trace: TRACE,
      ...changes,
    });
  }

  /** @throws unless it is allocated */
  allocated(userId: string, amount: string, key = `key-${userId}`): InvestmentRow {
    return investmentOf(this.invest(userId, amount, { idempotencyKey: key }));
  }

  submit(investment: InvestmentRow, transactionHash = '0xa1', elsewhere = NOTHING_ELSEWHERE): LedgerAnswer {
    const { id: investmentId, user_id: userId } = investment;
    return this.ledger.submit({ userId, investmentId, transactionHash, elsewhere, trace: TRACE });
  }

  register(userId: string) {
    return this.ledger.register({ pool: this.#terms, userId, trace: TRACE });
  }

  claim(investment: InvestmentRow): LedgerAnswer {
    return this.ledger.claim({ pool: this.#terms, userId: investment.user_id, investment, trace: TRACE });
  }

  /** The main API's record of an investment. */
  record(investment: InvestmentRow, changes: Partial<UpstreamInvestment> = {}): void {
    this.ledger.applyRecords([this.recordOf(investment, changes)]);
  }

  recordOf(investment: InvestmentRow, changes: Partial<UpstreamInvestment> = {}): UpstreamInvestment {
    const { id, user_id, pool_id, investment_amount, token_amount, token_price, payment_token } = investment;
    return {
      id,
      user_id,
      pool_id,
      investment_amount,
      token_amount,
      token_price,
      payment_token,
      status: 'pending',
      total_claimed: '0',
      claimable_amount: '0',
      next_claim_date: null,
      transaction_hash: null,
      block_number: null,
      invested_at: investment.invested_at,
      confirmed_at: null,
      updated_at: this.nowSeconds,
      sequence: 1,
      ...changes,
    };
  }

  /** The main API stores each call that is due, as it is. @returns the calls */
  deliver(): OutboxRow[] {
    const delivered: OutboxRow[] = [];
    for (;;) {
      const [row] = this.ledger.due(1);
      if (row === undefined) return delivered;
      delivered.push(row);
      this.ledger.sending(row);
      const stored = { ...JSON.parse(row.body), updated_at: this.nowSeconds };
      this.ledger.acknowledge(row, row.kind === 'investment' ? stored : null);
    }
  }

  /** The investment's state of now. */
  state(investment: InvestmentRow): InvestmentRow {
    const found = this.ledger.projection(1e6).investments.find(({ id }) => id === investment.id);
    if (found === undefined) throw new Error(`${investment.id} has not changed`);
    return found;
  }

  noticeKinds(): string[] {
    return this.ledger.projection(1e6).notices.map(({ kind }) => kind);
  }
}

/** @throws if it is a rejection */
export function investmentOf(answer: LedgerAnswer): InvestmentRow {
  if ('investment' in answer) return answer.investment;
  throw new Error(`${answer.code}: ${answer.message}`);
}

/** The code of a rejection, or the status of an investment. */
export const outcomeOf = (answer: LedgerAnswer): string =>
  'investment' in answer ? answer.investment.status : answer.code;
