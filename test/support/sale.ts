/** A sale of a pool of the simulated upstream, whose ledger the test calls, and whose alarms it runs. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { poolKey } from '../../src/investing/pool-key.ts';
import type { LedgerAnswer, PoolTerms } from '../../src/investing/pool-ledger.ts';
import { poolTermsOf } from '../../src/investing/pool-terms.ts';
import { storedIdoPools } from '../../src/storage/d1/ido-pools.ts';
import type { InvestmentRow } from '../../src/storage/d1/investments.ts';
import { alarmOf } from './client-socket.ts';
import { CRONS, startGateway, type TestGateway } from './gateway.ts';
import { isolateWithAccounts } from './isolates.ts';
import { createMarket, type TestMarket } from './market.ts';
import { openPool } from './open-pool.ts';
import { TABLES } from './tables.ts';
import type { InvestmentRecord } from './upstream/records.ts';

export interface TestSale {
  readonly market: TestMarket;
  readonly gateway: TestGateway;
  readonly poolId: string;
  /** Another stub each time: one that has failed does not recover. */
  readonly ledger: DurableObjectStub<import('./worker.ts').PoolLedger>;
  terms(): Promise<PoolTerms>;
  /** @throws if the ledger rejects it */
  invest(userId: string, amount: string, idempotencyKey?: string): Promise<InvestmentRow>;
  submit(investment: InvestmentRow, transactionHash?: string): Promise<LedgerAnswer>;
  /** Everything that is due is done; of calls, one of each investment. */
  settle(): Promise<void>;
  /** Nobody calls: time passes, and alarms go off. */
  pass(seconds: number): Promise<void>;
  /** The row that D1 shows. */
  shown(investment: Pick<InvestmentRow, 'id'>): Promise<InvestmentRow | null>;
  /** As the main API has it; null if it has not. */
  upstream(investment: Pick<InvestmentRow, 'id'>): Promise<InvestmentRecord | null>;
}

/**
 * @param fields of the pool, in the place of those of `openPool`
 * @param vars as for `startGateway`
 */
export async function openSale(
  fields: Record<string, unknown> = {},
  vars: Record<string, unknown> = {},
): Promise<TestSale> {
  // Runs of syncs tell the next one how far another market was read.
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  const market = await createMarket({ projectCount: 5, poolCount: 1, investmentCount: 0 });
  const { pools } = await market.records();
  const poolId = `sale-${crypto.randomUUID()}`;
  await market.putPool(poolId, {
    ...pools[0],
    ...openPool(poolId, market.startAt),
    ...fields,
  });
  const { mainApiUrl, priceApiUrl, apiKey } = market;
  // The objects have the environment's own upstream.
  isolateWithAccounts({
    ...{ MAIN_API_URL: mainApiUrl, PRICE_API_URL: priceApiUrl, INTERNAL_API_KEY: apiKey },
  } as unknown as Partial<Env>);
  const gateway = startGateway(market, vars);
  await gateway.scheduled(CRONS.pools);
  const trace = { requestId: 'req-1', traceparent: null };
  const elsewhere = { amount: '0', isParticipant: false };
  let keys = 0;

  const sale: TestSale = {
    market,
    gateway,
    poolId,
    get ledger() {
      return env.IDO_MANAGER.getByName(poolKey(poolId)) as unknown as TestSale['ledger'];
    },
    async terms() {
      const row = (await storedIdoPools(env.DB, [poolId])).get(poolId);
      if (row === undefined) throw new Error('D1 has no such pool');
      return poolTermsOf(row, 0);
    },
    async invest(userId, amount, idempotencyKey) {
      keys += 1;
      const pool = await sale.terms();
      const answer = await sale.ledger.invest({
        ...{ pool, userId, amount, refusal: null, elsewhere, trace },
        idempotencyKey: idempotencyKey ?? `key-${keys}`,
      });
      if ('kind' in answer) throw new Error(`${answer.code}: ${answer.message}`);
      return answer.investment;
    },
    submit: ({ id, user_id: userId }, transactionHash = madeHash()) =>
      sale.ledger.submit({ userId, investmentId: id, transactionHash, elsewhere, trace }),
    async settle() {
      await runDurableObjectAlarm(sale.ledger);
    },
    async pass(seconds) {
      for (let left = seconds; left > 0; ) {
        const alarmMs = await alarmOf(sale.ledger);
        const untilMs = alarmMs === null ? Number.POSITIVE_INFINITY : alarmMs - alarmNowMs();
        const step = Math.min(left, Math.max(1, Math.ceil(untilMs / 1000)));
        await gateway.advance(step);
        await runDurableObjectAlarm(sale.ledger);
        left -= step;
      }
    },
    shown: ({ id }) =>
      env.DB.prepare('SELECT * FROM user_investment_cache WHERE id = ?').bind(id).first<InvestmentRow>(),
    async upstream({ id }) {
      const { investments } = await market.records();
      return investments.find((record) => record.id === id) ?? null;
    },
  };
  return sale;
}

/** The clock of alarms, which the test does not move. */
const alarmNowMs = () => performance.timeOrigin + performance.now();

/** As a payment on Ethereum has it. */
export const madeHash = () =>
  `0x${Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
