/**
 * A ledger's object between a main API and a D1 that answer, fail, lose answers and hang as they are told, and that ends at
 * any time. Its storage and its alarm outlive it; whatever it waited for is never answered.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { UPSTREAM_TIMEOUT_MS } from '../../../src/config.ts';
import type { InvestRequest, LedgerAnswer, PoolTerms } from '../../../src/investing/pool-ledger.ts';
import { RunningLedger } from '../../../src/investing/running-ledger.ts';
import { UpstreamError } from '../../../src/upstream/http.ts';
import type { RecordVersion } from '../../../src/upstream/main-api-records.ts';
import { ObjectStorage } from '../object-storage.ts';

/** Done and answered; not done; done, and the answer is lost; never answered, and done later or not. */
export const OUTCOMES = ['ok', 'fails', 'lost', 'late', 'hangs'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export class RestlessWorld {
  readonly #pool: PoolTerms;
  readonly #d1 = new DatabaseSync(':memory:');
  #storage = new ObjectStorage();
  #running: RunningLedger;
  /** What D1 and the main API do later. */
  readonly #late: (() => void)[] = [];
  #ids = 0;
  /** Of the next calls of each; `ok` if there is none. */
  readonly outcomes: { mainApi: Outcome[]; d1: Outcome[] } = { mainApi: [], d1: [] };
  /** By investment: the sequences that the main API has applied, in the order in which they came. */
  readonly applied = new Map<string, number[]>();
  /** Calls under one key with other bytes than before, or of an investment before an earlier one. */
  readonly faults: string[] = [];
  readonly #bodies = new Map<string, string>();

  constructor(pool: PoolTerms) {
    this.#pool = pool;
    for (const file of readdirSync('migrations').toSorted())
      this.#d1.exec(readFileSync(`migrations/${file}`, 'utf8'));
    this.#insertPool();
    this.#running = this.#start();
  }

  get alarmMs(): number | null {
    return this.#storage.alarmMs;
  }

  get ledger() {
    return this.#running.ledger;
  }

  invest(userId: string, idempotencyKey: string): Promise<LedgerAnswer> {
    const request: InvestRequest = {
      ...{ pool: this.#pool, userId, amount: '20', idempotencyKey, refusal: null },
      elsewhere: { amount: '0', isParticipant: false },
      trace: { requestId: 'req-1', traceparent: null },
    };
    return this.#running.command((ledger) => ledger.invest(request));
  }

  submit(userId: string, investmentId: string, transactionHash: string): Promise<LedgerAnswer> {
    const request = {
      ...{ userId, investmentId, transactionHash },
      elsewhere: { amount: '0', isParticipant: false },
      trace: { requestId: 'req-2', traceparent: null },
    };
    return this.#running.command((ledger) => ledger.submit(request));
  }

  /** The alarm goes off, if one is due. */
  ring(): Promise<void> | null {
    const { alarmMs } = this.#storage;
    if (alarmMs === null || alarmMs > Date.now()) return null;
    this.#storage.alarmMs = null;
    return this.#running.alarm();
  }

  evict(): void {
    const { alarmMs } = this.#storage;
    this.#storage.isDead = true;
    this.#storage = this.#storage.handle();
    this.#storage.alarmMs = alarmMs;
    this.#running = this.#start();
  }

  /** What was to happen late happens now. */
  catchUp(): void {
    for (const happen of this.#late.splice(0)) happen();
  }

  shown(table: string): Record<string, unknown>[] {
    return this.#d1.prepare(`SELECT * FROM ${table}`).all();
  }

  #start(): RunningLedger {
    const storage = this.#storage;
    /** Nobody hears the answers to an object that has ended, and what it still does has no effect. */
    const heard = async <Answer>(outcome: Outcome, act: () => Answer, failure: () => Error) => {
      if (outcome === 'late') this.#late.push(act);
      if (outcome === 'late' || outcome === 'hangs') return never();
      const answer = outcome === 'fails' ? null : act();
      await null;
      if (storage.isDead) return never();
      if (answer === null || outcome === 'lost') throw failure();
      return answer;
    };
    const lostCall = () => new UpstreamError({ api: 'main', route: '/r', kind: 'network', reason: 'lost' });
    // As the client of the main API does, the call gives up after its time.
    const givesUp = async (): Promise<never> => {
      await new Promise((resolve) => setTimeout(resolve, UPSTREAM_TIMEOUT_MS));
      if (storage.isDead) return never();
      throw lostCall();
    };
    const call = (version: RecordVersion) => {
      if (storage.isDead) return never();
      const answer = heard(this.outcomes.mainApi.shift() ?? 'ok', () => this.#apply(version), lostCall);
      return Promise.race([answer, givesUp()]);
    };
    const lostBatch = () => new Error('D1_ERROR: lost');
    const batch = (statements: { sql: string; values: SQLInputValue[] }[]) =>
      storage.isDead
        ? never()
        : heard(this.outcomes.d1.shift() ?? 'ok', () => this.#write(statements), lostBatch);
    const prepare = (sql: string) => ({ bind: (...values: SQLInputValue[]) => ({ sql, values }) });
    return new RunningLedger({
      storage: storage as never,
      db: { prepare, batch } as unknown as D1Database,
      mainApi: { createInvestment: call, createRegistration: call, createClaim: call },
      notifySaleFeed: async () => undefined,
      nowMs: () => Date.now(),
      alarmNowMs: () => Date.now(),
      random: () => 0.5,
      randomId: () => {
        this.#ids += 1;
        return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
      },
    });
  }

  #apply({ id, sequence, body }: RecordVersion): { stored: null } {
    const key = `${id}:${sequence}`;
    const before = this.#bodies.get(key);
    if (before !== undefined && before !== body) this.faults.push(`${key} came with other bytes`);
    const sequences = this.applied.get(id) ?? [];
    if (before === undefined) {
      if ((sequences.at(-1) ?? 0) > sequence) this.faults.push(`${key} came after a later version`);
      this.applied.set(id, [...sequences, sequence]);
    }
    this.#bodies.set(key, body);
    return { stored: null };
  }

  #write(statements: { sql: string; values: SQLInputValue[] }[]): D1Result[] {
    this.#d1.exec('BEGIN');
    for (const { sql, values } of statements) this.#d1.prepare(sql).run(...values);
    this.#d1.exec('COMMIT');
    return [];
  }

  #insertPool(): void {
    const columns = ['id', 'project_id', 'pool_name', 'pool_type', 'token_price', 'total_tokens'];
    const zeros = ['sold_tokens', 'total_raised', 'min_allocation', 'participant_count', 'sale_start'];
    const more = ['sale_end', 'progress_percent', 'total_raised_real', 'created_at', 'updated_at'];
    const names = [...columns, ...zeros, ...more, 'payment_token', 'blockchain', 'status'];
    this.#d1
      .prepare(`INSERT INTO ido_pool_cache (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
      .run(this.#pool.id, ...names.slice(1).map(() => 0));
  }
}

const never = () => new Promise<never>(() => undefined);
