import { DurableObject } from 'cloudflare:workers';
import { SALE_FEED_NOTIFY_TIMEOUT_MS } from '../config.ts';
import type { Ledger } from '../investing/ledger.ts';
import type {
  ClaimRequest,
  InvestRequest,
  LedgerAnswer,
  LedgerRejection,
  MeasuredLedgerHead,
  PoolLedgerCalls,
  PoolTerms,
  RegisterRequest,
  SubmitRequest,
  UpstreamInvestment,
} from '../investing/pool-ledger.ts';
import { RunningLedger } from '../investing/running-ledger.ts';
import { saleFeedObject } from '../realtime/sale-events.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { Isolate } from './isolate.ts';
import { type ObjectWork, objectWork } from './object-work.ts';
import { alarmNowMs, nowMs, randomId } from './runtime.ts';

/** The ledger of one pool. Its name is the pool's key (`investing/pool-key.ts`). */
export function createPoolLedgerObject(requireIsolate: (env: Env) => Isolate) {
  return class PoolLedger extends DurableObject<Env> implements PoolLedgerCalls {
    readonly #running: RunningLedger;
    readonly #work: ObjectWork;

    constructor(state: DurableObjectState, env: Env) {
      super(state, env);
      const isolate = requireIsolate(env);
      this.#work = objectWork(isolate, 'pool-ledger', (promise) => state.waitUntil(promise));
      this.#running = new RunningLedger({
        storage: state.storage,
        db: isolate.env.DB,
        mainApi: isolate.ledgerApi,
        notifySaleFeed: () =>
          answerWithin(SALE_FEED_NOTIFY_TIMEOUT_MS, 'sale feed', () => saleFeedObject(isolate.env).changed()),
        nowMs,
        alarmNowMs,
        random: Math.random,
        randomId,
      });
    }

    invest(request: InvestRequest): Promise<LedgerAnswer> {
      return this.#command((ledger) => ledger.invest(request));
    }

    register(request: RegisterRequest): Promise<LedgerRejection | null> {
      return this.#command((ledger) => ledger.register(request));
    }

    submit(request: SubmitRequest): Promise<LedgerAnswer> {
      return this.#command((ledger) => ledger.submit(request));
    }

    claim(request: ClaimRequest): Promise<LedgerAnswer> {
      return this.#command((ledger) => ledger.claim(request));
    }

    applyTerms(pool: PoolTerms): Promise<void> {
      return this.#command((ledger) => ledger.applyTerms(pool));
    }

    applyRecords(records: readonly UpstreamInvestment[]): Promise<void> {
      return this.#command((ledger) => ledger.applyRecords(records));
    }

    poke(): Promise<void> {
      return this.#work(() => this.#running.poke());
    }

    compare(): Promise<void> {
      return this.#work(() => this.#running.compare());
    }

    async head(): Promise<MeasuredLedgerHead | null> {
      const head = this.#running.ledger.head();
      return head && { ...head, databaseBytes: this.ctx.storage.sql.databaseSize };
    }

    async exportEntries(after: number, limit: number): Promise<string> {
      return this.#running.ledger.exportEntries(after, limit);
    }

    override alarm(): Promise<void> {
      return this.#work(() => this.#running.alarm());
    }

    #command<Answer>(run: (ledger: Ledger) => Answer): Promise<Answer> {
      return this.#work(() => this.#running.command(run));
    }
  };
}
