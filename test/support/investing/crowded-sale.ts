/** A sale of a day with a crowd of buyers, minute by minute: who pays, who does not, and a main API that checks payments. */
import { Ledger } from '../../../src/investing/ledger.ts';
import type { LedgerStorage } from '../../../src/investing/ledger-types.ts';
import type { LedgerAnswer, PoolTerms } from '../../../src/investing/pool-ledger.ts';
import { fromUnits, toUnits } from '../../../src/storage/decimal-units.ts';
import { ObjectStorage } from '../object-storage.ts';
import { D1InMemory } from './d1-in-memory.ts';
import { MainApiInMemory, type PoolSettings } from './main-api-in-memory.ts';
import { costOf } from './sale-model.ts';

const MINUTE_MS = 60_000;
/** The main API knows then whether a payment exists. */
const CHECK_OF_A_PAYMENT_MS = 120_000;
const RFC_3339 = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/;

export interface Buyer {
  userId: string;
  amount: string;
  /** How long they take from the reservation to telling of a payment; null: they never pay. */
  paysAfterMs: number | null;
  isPaymentReal: boolean;
  /** Honest people buy once. */
  isRepeated: boolean;
  nextAtMs: number;
}

interface Told {
  investmentId: string;
  atMs: number;
  isReal: boolean;
}

export class CrowdedSale {
  readonly mainApi: MainApiInMemory;
  readonly ledger: Ledger;
  readonly d1 = new D1InMemory();
  /** Answers by code, or `allocated`. */
  readonly answers = new Map<string, number>();
  readonly #told: Told[] = [];
  /** The pool as D1 has it. */
  #view: PoolTerms;
  #keys = 0;
  #payments = 0;
  #syncedAt = 0;

  constructor(settings: PoolSettings, startMs: number) {
    this.mainApi = new MainApiInMemory(settings, startMs);
    this.#view = this.mainApi.snapshot(0, 0).terms;
    // Its cursors have no more than the ledger uses.
    this.ledger = new Ledger(new ObjectStorage() as unknown as LedgerStorage, {
      nowMs: () => this.mainApi.nowMs,
      randomUuid: () => crypto.randomUUID(),
      random: () => 0.5,
    });
  }

  /** Until the main API's clock is at `untilMs`. */
  run(buyers: Buyer[], untilMs: number): void {
    while (this.mainApi.nowMs < untilMs) {
      const nextMinuteMs = this.mainApi.nowMs + MINUTE_MS;
      for (;;) {
        const next = buyers.reduce<Buyer | null>(
          (first, buyer) => (first !== null && first.nextAtMs <= buyer.nextAtMs ? first : buyer),
          null,
        );
        if (next === null || next.nextAtMs >= nextMinuteMs) break;
        this.mainApi.nowMs = Math.max(this.mainApi.nowMs, next.nextAtMs);
        this.#buy(next);
      }
      this.mainApi.nowMs = nextMinuteMs;
      this.everyMinute();
    }
  }

  invest(userId: string, amount: string): LedgerAnswer {
    this.#keys += 1;
    return this.ledger.invest({
      pool: this.#view,
      userId,
      amount,
      idempotencyKey: `key-${this.#keys}`,
      refusal: null,
      elsewhere: { amount: '0', isParticipant: false },
      trace: { requestId: 'request', traceparent: null },
    });
  }

  pay(userId: string, investmentId: string, isReal: boolean): LedgerAnswer {
    this.#payments += 1;
    this.#told.push({ investmentId, atMs: this.mainApi.nowMs, isReal });
    return this.ledger.submit({
      userId,
      investmentId,
      transactionHash: `0x${this.#payments.toString(16).padStart(64, '0')}`,
      elsewhere: { amount: '0', isParticipant: false },
      trace: { requestId: 'request', traceparent: null },
    });
  }

  /** Alarm and cron: calls, payments that are checked, syncs, rows of D1. */
  everyMinute(): void {
    const { ledger, mainApi } = this;
    ledger.tick();
    for (let rows = ledger.due(1_000); rows.length > 0; rows = ledger.due(1_000)) {
      for (const row of rows) {
        ledger.sending(row);
        const answer = mainApi.post(row);
        if (answer.kind === 'stored') ledger.acknowledge(row, answer.record);
        else ledger.refuse(row, answer);
      }
    }
    for (const told of this.#told.splice(0)) {
      if (told.atMs + CHECK_OF_A_PAYMENT_MS > mainApi.nowMs) this.#told.push(told);
      else if (told.isReal) mainApi.confirm(told.investmentId);
      else mainApi.fail(told.investmentId);
    }
    this.#view = mainApi.snapshot(mainApi.nowMs, this.d1.figures?.ledger_revision ?? 0).terms;
    ledger.applyRecords(mainApi.records(this.#syncedAt));
    this.#syncedAt = Math.floor(mainApi.nowMs / 1_000);
    ledger.applyTerms(this.#view);
    const projection = ledger.projection(10_000);
    this.d1.write(projection);
    ledger.projected(projection);
  }

  /** The amount that buys the rest of the pool, if that is less. */
  #affordable(amount: string): string {
    const { token_price, payment_decimals } = this.mainApi.settings;
    const rest = costOf(
      toUnits(this.ledger.balances()['tokens:unsold'] ?? amount),
      token_price,
      payment_decimals ?? 0,
    );
    return rest > 0n && rest < toUnits(amount) ? fromUnits(rest) : amount;
  }

  #buy(buyer: Buyer): void {
    const answer = this.invest(buyer.userId, this.#affordable(buyer.amount));
    const outcome = 'code' in answer ? answer.code : 'allocated';
    this.answers.set(outcome, (this.answers.get(outcome) ?? 0) + 1);
    const nowMs = this.mainApi.nowMs;
    if ('code' in answer) {
      const until = RFC_3339.exec(answer.message)?.[0];
      buyer.nextAtMs =
        until === undefined ? nowMs + 3 * MINUTE_MS : Math.max(Date.parse(until), nowMs + 1_000);
      return;
    }
    const { id, reservation_expires_at } = answer.investment;
    if (buyer.paysAfterMs === null) {
      buyer.nextAtMs = (reservation_expires_at ?? 0) * 1_000;
      return;
    }
    this.pay(buyer.userId, id, buyer.isPaymentReal);
    buyer.nextAtMs = buyer.isRepeated ? nowMs + CHECK_OF_A_PAYMENT_MS + MINUTE_MS : Number.POSITIVE_INFINITY;
  }
}
