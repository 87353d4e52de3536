/** A sale whose buyers ask over HTTP as apps do, with their own tokens. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { CRONS, type GraphQLAnswer } from '../gateway.ts';
import type { Investor } from '../investors.ts';
import { openSale, type TestSale } from '../sale.ts';
import { CONFIRMATION_SECONDS } from '../upstream/edge-investments.ts';

export interface Bought {
  /** Global. */
  id: string;
  status: 'PENDING' | 'CONFIRMED' | 'FAILED' | 'REFUNDED';
  amount: string;
  tokenAmount: string;
  transactionHash: string | null;
  receipt: { sequence: number; hash: string };
}

/** Of a mutation: the investment, or the code of a rejection or an error. */
export type SaleAnswer = ({ investment: Bought; created: boolean } | { code: string; message: string }) & {
  status: number;
  /** `Retry-After`: it is safe to send the same request again. */
  retryAfter: string | null;
};

export interface HttpSale extends Pick<TestSale, 'market' | 'gateway' | 'poolId' | 'ledger'> {
  invest(buyer: Investor, order: { amount: string; key: string }): Promise<SaleAnswer>;
  /** @param investmentId global */
  pay(buyer: Investor, payment: { investmentId: string; hash: string }): Promise<SaleAnswer>;
  /** Has the ledger do all that is due, until the main API has answered each of its calls and D1 has its head. */
  settle(): Promise<void>;
  /** Lets the main API confirm what was paid, and the gateway read it. */
  confirm(): Promise<void>;
}

const RESULT = `{
  ... on InvestPayload { created investment { id status amount tokenAmount transactionHash receipt { sequence hash } } }
  ... on Rejection { code message }
}`;
const INVEST = `mutation Invest($input: InvestInput!) { answer: investInPool(input: $input) ${RESULT} }`;
const SUBMIT = `mutation Submit($input: SubmitPaymentInput!) { answer: submitPayment(input: $input) ${RESULT} }`;
const SETTLING_TURNS = 2_000;

/** @param fields and vars as for `openSale` */
export async function openHttpSale(...opened: Parameters<typeof openSale>): Promise<HttpSale> {
  const direct = await openSale(...opened);
  const { market, gateway, poolId } = direct;
  const globalPoolId = encodeGlobalId('IdoPool', poolId);
  const mutate = async (query: string, input: object, { headers }: Investor) =>
    answerOf(await gateway.post({ query, variables: { input } }, headers));

  const sale: HttpSale = {
    market,
    gateway,
    poolId,
    get ledger() {
      return direct.ledger;
    },
    invest: (buyer, { amount, key }) =>
      mutate(INVEST, { poolId: globalPoolId, amount, idempotencyKey: key }, buyer),
    pay: (buyer, { investmentId, hash }) => mutate(SUBMIT, { investmentId, transactionHash: hash }, buyer),
    async settle() {
      for (let turn = 0; turn < SETTLING_TURNS; turn += 1) {
        await runDurableObjectAlarm(sale.ledger);
        if (await hasSettled(sale)) return;
        // A call that has failed waits, and the pool's figures come once a second.
        await gateway.advance(1);
      }
      throw new Error('the ledger has not settled');
    },
    async confirm() {
      await gateway.advance(CONFIRMATION_SECONDS + 1);
      await gateway.scheduled(CRONS.pools);
      await sale.settle();
    },
  };
  return sale;
}

async function hasSettled({ poolId, ledger }: HttpSale): Promise<boolean> {
  const row = await env.DB.prepare(
    'SELECT ledger_sequence, ledger_outbox_since FROM ido_pool_cache WHERE id = ?',
  )
    .bind(poolId)
    .first<{ ledger_sequence: number | null; ledger_outbox_since: number | null }>();
  const head = await ledger.head();
  return row !== null && row.ledger_outbox_since === null && row.ledger_sequence === (head?.sequence ?? null);
}

interface Answered {
  answer: { investment: Bought; created: boolean } | { code: string; message: string };
}

function answerOf({ status, headers, data, errors }: GraphQLAnswer<Answered | null>): SaleAnswer {
  const retryAfter = headers.get('retry-after');
  const [error] = errors ?? [];
  if (error !== undefined)
    return { code: String(error.extensions.code), message: error.message, status, retryAfter };
  if (data == null) throw new Error(`neither data nor errors: ${status}`);
  return { ...data.answer, status, retryAfter };
}
