/**
 * The gateway's ledgers, and the limit: an object that writes the same rows and decides nothing.
 *
 * `POST /ledger/<pool>/<user>` is one investment. `POST /recorded/<pool>/<user>` is one too, and keeps its statements.
 * `POST /bare/<name>` writes the next of them, and answers when D1 has its row. `POST /alone/<name>` leaves D1 out.
 */
import { DurableObject } from 'cloudflare:workers';
import * as durableObjects from '../../src/index.ts';
import { NOTHING_TO_PROJECT } from '../../src/investing/commands/projection.ts';
import { GroupedRuns } from '../../src/investing/grouped-runs.ts';
import { poolKey } from '../../src/investing/pool-key.ts';
import type { InvestRequest, PoolTerms } from '../../src/investing/pool-ledger.ts';
import type { InvestmentRow } from '../../src/storage/d1/investments.ts';
import { ledgerWrites } from '../../src/storage/d1/ledger-rows.ts';

export { Attempts, PriceFeed, RealtimeChat, SubscriptionHub } from '../../src/index.ts';

export class SaleFeed extends DurableObject {
  changed(): void {
    // In production it works on another machine.
  }
}

interface Write {
  query: string;
  values: SqlStorageValue[];
}

/** Of the ledger that is recorded: its tables, and each investment's writes and its row of D1. */
const recorded: { tables: Write[]; investments: { writes: Write[]; row: InvestmentRow | null }[] } = {
  tables: [],
  investments: [],
};
/** Takes the writes of what runs now. */
let record: Write[] | null = null;

export class PoolLedger extends durableObjects.PoolLedger {
  constructor(state: DurableObjectState, env: Env) {
    const { storage } = state;
    const { sql } = storage;
    const exec = sql.exec.bind(sql);
    Object.defineProperty(sql, 'exec', {
      value: (query: string, ...values: SqlStorageValue[]) => {
        if (record !== null && !query.startsWith('SELECT')) record.push({ query, values });
        return exec(query, ...values);
      },
    });
    if (recorded.tables.length === 0) record = recorded.tables;
    super(state, env);
    record = null;
    const transactionSync = storage.transactionSync.bind(storage);
    Object.defineProperty(storage, 'transactionSync', {
      value: <Result>(closure: () => Result) => {
        try {
          return transactionSync(closure);
        } finally {
          // What follows an investment is not its own.
          record = null;
        }
      },
    });
  }

  async investRecorded(request: InvestRequest) {
    const writes: Write[] = [];
    const kept = { writes, row: null as InvestmentRow | null };
    recorded.investments.push(kept);
    record = writes;
    const answer = await super.invest(request);
    if ('investment' in answer) kept.row = answer.investment;
    return answer;
  }
}

export class BareLedger extends DurableObject<Cloudflare.Env> {
  #next = 0;
  #batches = 0;
  #rows: InvestmentRow[] = [];
  readonly #flush = new GroupedRuns(() => this.#write());

  constructor(state: DurableObjectState, env: Cloudflare.Env) {
    super(state, env);
    for (const { query, values } of recorded.tables) state.storage.sql.exec(query, ...values);
  }

  async invest(name: string, withD1: boolean): Promise<void> {
    const investment = recorded.investments[this.#next];
    if (investment?.row == null) throw new Error('no more investments are recorded');
    this.#next += 1;
    const { storage } = this.ctx;
    storage.transactionSync(() => {
      for (const { query, values } of investment.writes) storage.sql.exec(query, ...values);
    });
    if (!withD1) return;
    this.#rows.push({ ...investment.row, id: `${name}-${investment.row.id}` });
    await this.#flush.run();
  }

  async #write(): Promise<void> {
    const { DB } = this.env;
    const investments = this.#rows;
    this.#rows = [];
    this.#batches += 1;
    const batch = { poolId: 'bare', number: this.#batches, nowSeconds: Math.floor(Date.now() / 1000) };
    await DB.batch(ledgerWrites(DB, batch, { ...NOTHING_TO_PROJECT, investments }));
  }
}

interface BenchEnv {
  IDO_MANAGER: DurableObjectNamespace<PoolLedger>;
  BARE_LEDGER: DurableObjectNamespace<BareLedger>;
}

export default {
  async fetch(request, env) {
    const [, route, name = '', user = ''] = new URL(request.url).pathname.split('/');
    if (route === 'bare' || route === 'alone') {
      await env.BARE_LEDGER.getByName(name).invest(name, route === 'bare');
      return new Response(null, { status: 204 });
    }
    const ledger = env.IDO_MANAGER.getByName(poolKey(name));
    const investment = investmentIn(name, user);
    const answer = await (route === 'recorded'
      ? ledger.investRecorded(investment)
      : ledger.invest(investment));
    return 'investment' in answer
      ? new Response(null, { status: 204 })
      : Response.json(answer, { status: 409 });
  },
} satisfies ExportedHandler<BenchEnv>;

const investmentIn = (pool: string, userId: string): InvestRequest => ({
  pool: termsOf(pool),
  userId,
  amount: '123.45',
  idempotencyKey: crypto.randomUUID(),
  refusal: null,
  elsewhere: { amount: '0', isParticipant: false },
  trace: { requestId: crypto.randomUUID(), traceparent: null },
});

const DAY_SECONDS = 86_400;

function termsOf(id: string): PoolTerms {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const today = nowSeconds - (nowSeconds % DAY_SECONDS);
  return {
    id,
    pool_type: 'public',
    token_price: '0.25',
    total_tokens: '1000000000',
    min_allocation: '10',
    max_allocation: '1000',
    max_participants: null,
    payment_token: 'USDT',
    payment_decimals: 6,
    blockchain: 'ethereum',
    registration_start: null,
    registration_end: null,
    sale_start: today - DAY_SECONDS,
    sale_end: today + 7 * DAY_SECONDS,
    status: 'active',
    upstream_sold_tokens: '0',
    upstream_total_raised: '0',
    upstream_participant_count: 0,
    updated_at: today - DAY_SECONDS,
    askedAtMs: 0,
  };
}
