/**
 * The second in which a sale opens: thousands of people send one order each, from a network of their own, as soon as the
 * clock lets them.
 *
 * The gateway is whole: sessions and rights come from D1, each user's limit from an object of its own, and the main API is
 * handed every investment. Miniflare runs all of these on one thread, which the platform spreads over many.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeGlobalId } from '../../schema/global-ids.ts';
import { type Answer, bodyText, headerOf } from '../answer.ts';
import { gatewayObjects } from '../bundle.ts';
import { HttpConnection } from '../http-connection.ts';
import { operationId, postRequest } from '../requests.ts';
import { addressOfUser, type SignedInUser, signInUsers } from '../signed-in-users.ts';
import { percentile } from '../statistics.ts';
import { migrateAndSync, startBenchUpstream } from '../synced-market.ts';
import { startWorkerd, type Workerd } from '../workerd.ts';

export interface OpeningOptions {
  /** The bundle of the gateway. */
  script: string;
  people: number;
  /** Orders that the pool has tokens for. */
  room: number;
  signal: AbortSignal;
}

export interface OpeningResult {
  people: number;
  allocated: number;
  soldOut: number;
  /** Orders that came before the second, and were told so. */
  tooEarly: number;
  /** Answers that told a buyer to ask again, which they did. */
  askedAgain: number;
  /** From the opening until everybody has an answer that counts. */
  allAnsweredMs: number;
  /** Of a buyer, from the opening. */
  p50Ms: number;
  p99Ms: number;
  /** Of all threads of workerd, so with the local D1 and Durable Objects. */
  cpuMsOfOrder: number;
}

const GATEWAY = 'gateway';
const ENVIRONMENT = 'production';
/** Time to sync the pool and to send the orders that are too early. On a machine that is busier the next pool takes longer. */
const OPENS_IN_SECONDS = [10, 40, 160];
/** Of all people. */
const TOO_EARLY_SHARE = 0.1;
const ASKS_MAX = 30;
const CONNECTIONS = 64;
const AMOUNT = '100';
const TOKENS_OF_ORDER = 50;
const POOLS_CRON = '*/15 * * * *';

export async function measureOpening(options: OpeningOptions): Promise<OpeningResult> {
  const upstream = await startBenchUpstream();
  let workerd: Workerd | undefined;
  try {
    const { script, people, room, signal } = options;
    const vars: Record<string, string> = {
      ...upstream.gatewayVars,
      ENVIRONMENT,
      SIWE_ORIGIN: 'https://app.example',
    };
    workerd = await startWorkerd([
      { name: GATEWAY, script, storage: GATEWAY, vars, durableObjects: gatewayObjects() },
    ]);
    await migrateAndSync(workerd, GATEWAY, { afterTheNight: false });
    const buyers = await signInUsers(workerd, {
      gateway: GATEWAY,
      environment: ENVIRONMENT,
      jwtSecret: vars.JWT_SECRET ?? '',
      ids: Array.from({ length: people }, (_, at) => `buyer-${at}`),
    });
    for (const seconds of OPENS_IN_SECONDS) {
      const sale: Sale = {
        url: workerd.urlOf(GATEWAY),
        poolId: `opening-in-${seconds}`,
        opensAtSeconds: Math.floor(Date.now() / 1000) + seconds,
        room,
      };
      await openPool(vars.MAIN_API_URL ?? '', sale);
      await syncPools(workerd);
      signal.throwIfAborted();
      const before = workerd.cpuMs().process;
      const tooEarly = await orderTooEarly(sale, buyers);
      if (tooEarly === null) continue;
      const outcome = await atTheOpening(sale, buyers);
      const cpuMsOfOrder = (workerd.cpuMs().process - before) / (people + tooEarly);
      await checkBooks(workerd, sale, outcome.allocated);
      return { ...outcome, tooEarly, cpuMsOfOrder };
    }
    throw new Error('each sale opened before those who are too early were answered');
  } finally {
    await Promise.all([workerd?.stop(), upstream.close()]);
  }
}

interface Sale {
  /** The gateway's. */
  url: URL;
  poolId: string;
  opensAtSeconds: number;
  /** Orders that the pool has tokens for. */
  room: number;
}

const databaseOf = async ({ miniflare }: Workerd) => miniflare.getD1Database('DB', GATEWAY);

async function openPool(mainApiUrl: string, { poolId, opensAtSeconds, room }: Sale): Promise<void> {
  const [, market] = new URL(mainApiUrl).pathname.split('/');
  const pool = {
    ...{ project_id: 'opening', pool_name: 'Opening', pool_type: 'public', blockchain: 'ethereum' },
    ...{ token_price: '2', total_tokens: String(room * TOKENS_OF_ORDER), payment_token: 'USDT' },
    ...{ min_allocation: AMOUNT, payment_decimals: 6 },
    ...{ sale_start: opensAtSeconds, sale_end: opensAtSeconds + 86_400 },
  };
  const url = new URL(`/control/markets/${market}/pools/${poolId}`, mainApiUrl);
  const response = await fetch(url, { method: 'PUT', body: JSON.stringify(pool) });
  if (!response.ok) throw new Error(`the pool was not opened: ${response.status} ${await response.text()}`);
}

async function syncPools({ miniflare }: Workerd): Promise<void> {
  const worker = (await miniflare.getWorker(GATEWAY)) as unknown as {
    scheduled(options: { cron: string }): Promise<{ outcome: string }>;
  };
  const { outcome } = await worker.scheduled({ cron: POOLS_CRON });
  if (outcome !== 'ok') throw new Error(`the sync of the pool ended with ${outcome}`);
}

/** @returns how many they were, or null if the sale opened before all were answered. */
async function orderTooEarly(sale: Sale, buyers: readonly SignedInUser[]): Promise<number | null> {
  const early = buyers.slice(0, Math.ceil(buyers.length * TOO_EARLY_SHARE));
  const outcomes = await orderAll(sale, early);
  if (Date.now() >= sale.opensAtSeconds * 1000) return null;
  const wrong = outcomes.find(({ name }) => name !== 'POOL_NOT_OPEN');
  if (wrong !== undefined) throw new Error(`before the opening: ${wrong.name}`);
  return early.length;
}

async function atTheOpening(sale: Sale, buyers: readonly SignedInUser[]) {
  const opensAtMs = sale.opensAtSeconds * 1000;
  // A timer may come a millisecond before its time.
  while (Date.now() < opensAtMs) await sleep(opensAtMs - Date.now());
  const answers = await orderAll(sale, buyers);
  const ofName = (name: string) => answers.filter((answer) => answer.name === name).length;
  const [allocated, soldOut] = [ofName('PENDING'), ofName('SOLD_OUT')];
  const other = answers.find(({ name }) => name !== 'PENDING' && name !== 'SOLD_OUT');
  if (other !== undefined) throw new Error(`at the opening: ${other.name}`);
  const latenciesMs = Float64Array.from(answers, ({ atMs }) => atMs - opensAtMs).sort();
  return {
    people: buyers.length,
    allocated,
    soldOut,
    askedAgain: answers.reduce((sum, { asks }) => sum + asks - 1, 0),
    allAnsweredMs: latenciesMs.at(-1) ?? Number.NaN,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
  };
}

interface Outcome {
  /** A status, or the code of a rejection. */
  name: string;
  asks: number;
  atMs: number;
}

/** All are there at once; each waits for a free connection. */
async function orderAll({ url, poolId }: Sale, buyers: readonly SignedInUser[]): Promise<Outcome[]> {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const connections = await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      HttpConnection.open(url, { onFailure: failed.reject, keepBodies: true }),
    ),
  );
  const queue = buyers.values();
  const outcomes: Outcome[] = [];
  const work = connections.map(async (connection) => {
    for (const buyer of queue) outcomes.push(await order(connection, poolId, buyer));
  });
  try {
    await Promise.race([Promise.all(work), failed.promise]);
    return outcomes;
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Asks again for as long as the answer says that this is safe. */
async function order(
  connection: HttpConnection,
  poolId: string,
  { id, accessToken }: SignedInUser,
): Promise<Outcome> {
  const input = {
    poolId: encodeGlobalId('IdoPool', poolId),
    amount: AMOUNT,
    idempotencyKey: `${poolId}-${id}`,
  };
  const body = JSON.stringify({ documentId: operationId('InvestInPool'), variables: { input } });
  const request = postRequest('/graphql', body, `Authorization: Bearer ${accessToken}\r\n`, addressOf(id));
  for (let asks = 1; asks <= ASKS_MAX; asks += 1) {
    const answer = await new Promise<Answer>((resolve) => connection.send(request, resolve));
    const { data } = JSON.parse(bodyText(answer)) as {
      data?: { investInPool: { investment?: { status: string }; code?: string } } | null;
    };
    const { investment, code } = data?.investInPool ?? {};
    const name = investment?.status ?? code;
    if (name !== undefined) return { name, asks, atMs: Date.now() };
    const retryAfterSeconds = headerOf(answer.head, 'retry-after');
    if (answer.status !== 503 || retryAfterSeconds === undefined)
      throw new Error(`${answer.status}: ${bodyText(answer)}`);
    await sleep(Number(retryAfterSeconds) * 1000);
  }
  throw new Error(`${id} was never answered`);
}

const addressOf = (buyerId: string) => addressOfUser(Number(buyerId.split('-')[1]));

/** D1 has one investment of each buyer who was told so. */
async function checkBooks(workerd: Workerd, { poolId, room }: Sale, allocated: number): Promise<void> {
  const db = await databaseOf(workerd);
  const stored = await db
    .prepare(
      'SELECT count(*) AS rows, count(DISTINCT user_id) AS users FROM user_investment_cache WHERE pool_id = ?',
    )
    .bind(poolId)
    .first<{ rows: number; users: number }>();
  if (allocated !== room || stored?.rows !== room || stored.users !== room)
    throw new Error(`${room} orders had room, ${allocated} were accepted, D1 has ${JSON.stringify(stored)}`);
}
