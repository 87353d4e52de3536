/**
 * Makes the calls of the main API that a ledger has recorded, each under its own idempotency key.
 *
 * Guaranteed: a call leaves the ledger after the main API has answered it for good. The calls of one investment are made
 * in order. An eviction, or a lost answer, repeats a call with the same key and the same bytes.
 */
import { errorFields, log } from '../observability/log.ts';
import type { CallTrace } from '../upstream/http.ts';
import type { HandOverAnswer, MainApi } from '../upstream/main-api.ts';
import type { Ledger } from './ledger.ts';
import type { OutboxRow, StoredInvestment } from './ledger-types.ts';

/** The platform allows 6 connections; the batches of D1 have the last one. */
const CALLS_AT_ONCE = 5;

export interface OutboxSources {
  ledger: Pick<Ledger, 'due' | 'sending' | 'postpone' | 'acknowledge' | 'refuse'>;
  /** Its calls have one attempt. */
  mainApi: Pick<MainApi, 'createInvestment' | 'createRegistration' | 'createClaim'>;
  randomId(): string;
  /** An answer has changed the ledger. Must not throw. */
  changed(): void;
}

export class OutboxSender {
  readonly #sources: OutboxSources;
  /** By subject. */
  readonly #calls = new Map<string, Promise<void>>();

  constructor(sources: OutboxSources) {
    this.#sources = sources;
  }

  get isSending(): boolean {
    return this.#calls.size > 0;
  }

  /** Begins the calls that are due. The ones that wait for a connection begin when another call has ended. */
  send(): void {
    if (this.#calls.size >= CALLS_AT_ONCE) return;
    const { ledger } = this.#sources;
    for (const row of ledger.due(CALLS_AT_ONCE + this.#calls.size)) {
      if (this.#calls.size >= CALLS_AT_ONCE) return;
      // A call may be slower than the time after which its row is due again.
      if (this.#calls.has(row.subject)) continue;
      ledger.sending(row);
      this.#calls.set(row.subject, this.#call(row));
    }
  }

  /** Resolves when no call is under way and none is due. */
  async idle(): Promise<void> {
    while (this.#calls.size > 0) await Promise.all(this.#calls.values());
  }

  /** Never rejects. */
  async #call(row: OutboxRow): Promise<void> {
    try {
      await this.#handOver(row);
    } catch (error) {
      // The row is due again after a while.
      log.error('investing.answer_not_recorded', { ...fieldsOf(row), ...errorFields(error) });
    }
    this.#calls.delete(row.subject);
    this.#sources.changed();
  }

  async #handOver(row: OutboxRow): Promise<void> {
    const { ledger, randomId } = this.#sources;
    const trace = row.trace ?? { requestId: randomId(), traceparent: null };
    let answer: HandOverAnswer<StoredInvestment>;
    try {
      answer = await this.#answerOf(row, trace);
    } catch (error) {
      log.warn('investing.not_handed_over', {
        ...fieldsOf(row),
        requestId: trace.requestId,
        ...errorFields(error),
      });
      ledger.postpone(row);
      return;
    }
    if ('refused' in answer) ledger.refuse(row, answer.refused);
    else ledger.acknowledge(row, answer.stored);
  }

  async #answerOf(row: OutboxRow, trace: CallTrace): Promise<HandOverAnswer<StoredInvestment>> {
    const { mainApi } = this.#sources;
    const version = { id: row.subject, sequence: row.sequence, body: row.body };
    if (row.kind === 'investment') return mainApi.createInvestment(version, trace);
    const answer =
      row.kind === 'registration'
        ? await mainApi.createRegistration(version, trace)
        : await mainApi.createClaim(version, trace);
    return 'refused' in answer ? answer : { stored: null };
  }
}

const fieldsOf = ({ kind, subject, sequence, attempts }: OutboxRow) => ({
  kind,
  subject,
  sequence,
  attempts,
});
