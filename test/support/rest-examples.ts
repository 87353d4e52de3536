/**
 * One call of each route of `/api` at a fixed time of the made-up market: a person looks around, opens an account, invests
 * and claims.
 */

import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { privateKeyToAccount } from 'viem/accounts';
import { vi } from 'vitest';
import type { ExampleRequest, RestExample } from '../../scripts/openapi/examples.ts';
import { SIGN_IN_RIGHTS_TIMEOUT_MS } from '../../src/config.ts';
import { poolKey } from '../../src/investing/pool-key.ts';
import type { IdoPool } from '../../src/rest/answers/ido-pool.ts';
import type { Investment } from '../../src/rest/answers/investment.ts';
import type { SignedIn, WalletChallenge } from '../../src/rest/answers/sign-in.ts';
import type { Endpoint } from '../../src/rest/endpoint.ts';
import { ENDPOINTS } from '../../src/rest/endpoints.ts';
import { CRONS, startGateway, type TestGateway } from './gateway.ts';
import { coldIsolate, isolateWithAccounts } from './isolates.ts';
import { createMarket, type TestMarket } from './market.ts';
import { callRest } from './rest.ts';
import { StandIns } from './stand-ins.ts';
import { TABLES } from './tables.ts';
import { insertAvatar } from './uploaded-files.ts';

/** 26 November 2026, 12:00 UTC. */
const START_AT = 1_795_694_400;
const DAY_SECONDS = 86_400;
const RIGHTS_WITHIN_MS = 30_000;
const PASSWORD = 'nine violet kettles hum';
/** Of no one: anybody can read it here. */
const WALLET = privateKeyToAccount(`0x${'1'.padStart(64, '0')}`);

class ExampleRecorder {
  readonly examples: RestExample[] = [];
  readonly standIns = new StandIns();
  readonly gateway: TestGateway;
  accessToken = '';

  constructor(gateway: TestGateway) {
    this.gateway = gateway;
  }

  /** Calls the endpoint of an operation, and keeps its first answer. */
  async call<Body>(operation: string, request: ExampleRequest = {}): Promise<Body> {
    const { status, body } = await this.#call<Body>(operation, request);
    if (status >= 400) throw new Error(`${operation} is refused: ${JSON.stringify(body)}`);
    return body;
  }

  async refusal(operation: string, request: ExampleRequest = {}): Promise<void> {
    const { status } = await this.#call(operation, request);
    if (status < 400) throw new Error(`${operation} is not refused`);
  }

  async #call<Body>(operation: string, request: ExampleRequest): Promise<{ status: number; body: Body }> {
    const endpoint = ENDPOINTS.find((found) => found.operation === operation);
    if (endpoint === undefined) throw new Error(`no endpoint runs ${operation}`);
    const { status, body } = await this.#answer<Body>(endpoint, request);
    this.standIns.find(request);
    this.standIns.find(body);
    const isKnown = this.examples.some((kept) => kept.operation === operation && kept.status === status);
    if (!isKnown) this.examples.push({ operation, request, status, body });
    return { status, body };
  }

  #answer<Body>({ method, path }: Endpoint, request: ExampleRequest) {
    const segments = path.replaceAll(/:(\w+)/g, (_, name: string) =>
      encodeURIComponent(request.path?.[name] ?? ''),
    );
    const query = request.query === undefined ? '' : `?${new URLSearchParams(request.query)}`;
    const isProtected = path.startsWith('/api/protected/');
    return callRest<Body>(this.gateway, segments + query, {
      method,
      headers: {
        ...(isProtected ? { Authorization: `Bearer ${this.accessToken}` } : {}),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: request.body }),
    });
  }
}

export async function recordExamples(): Promise<RestExample[]> {
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
  const market = await createMarket({
    startAt: START_AT,
    projectCount: 12,
    poolCount: 6,
    investmentCount: 0,
  });
  const { mainApiUrl: MAIN_API_URL, priceApiUrl: PRICE_API_URL, apiKey: INTERNAL_API_KEY } = market;
  // The ledgers' own upstream.
  isolateWithAccounts({ MAIN_API_URL, PRICE_API_URL, INTERNAL_API_KEY } as unknown as Partial<Env>);
  waitForRights();
  try {
    const recorder = new ExampleRecorder(startGateway(market));
    const poolId = await openPool(market);
    for (const cron of [CRONS.projects, CRONS.prices, CRONS.pools, CRONS.hourly])
      await recorder.gateway.scheduled(cron);
    await lookAround(recorder, poolId);
    const { user } = await signInAndOut(recorder);
    await invest(recorder, market, { poolId, userId: user.id });
    await recorder.refusal('RestProjectList', { query: { limit: '0', sort: 'name' } });
    await recorder.refusal('RestProject', { path: { id: 'no-such-project' } });
    await recorder.call('RestLogOut', { body: {} });
    await recorder.refusal('RestProfile');
    return recorder.standIns.replace(recorder.examples).toSorted((a, b) => placeOf(a) - placeOf(b));
  } finally {
    vi.unstubAllGlobals();
    coldIsolate();
  }
}

/** A sign-in on a busy machine waits too: without the main API's answer it would show other rights. */
function waitForRights(): void {
  const { setTimeout } = globalThis;
  vi.stubGlobal('setTimeout', (work: () => void, ms: number) =>
    setTimeout(work, ms === SIGN_IN_RIGHTS_TIMEOUT_MS ? RIGHTS_WITHIN_MS : ms),
  );
}

/** By their endpoints: answers before refusals. */
const placeOf = ({ operation, status }: RestExample) =>
  ENDPOINTS.findIndex((endpoint) => endpoint.operation === operation) + (status < 400 ? 0 : 0.5);

/** A sale to those on a list, which is open for registration. */
async function openPool(market: TestMarket): Promise<string> {
  const { pools } = await market.records();
  const id = pools[0]?.id ?? '';
  await market.patchPool(id, {
    ...{ pool_type: 'whitelist', status: 'registration' },
    ...{ registration_start: START_AT - 60, registration_end: START_AT + 600 },
    ...{ sale_start: START_AT + 900, sale_end: START_AT + DAY_SECONDS },
    ...{ token_price: '2', total_tokens: '1000', sold_tokens: '0', total_raised: '0' },
    ...{ min_allocation: '10', max_allocation: '500', max_participants: null, participant_count: 0 },
    ...{ payment_token: 'USDT', payment_decimals: 6, blockchain: 'ethereum', updated_at: START_AT },
  });
  return id;
}

async function lookAround(recorder: ExampleRecorder, poolId: string): Promise<void> {
  await recorder.call('RestProjectList', { query: { limit: '1' } });
  await recorder.call('RestTrendingProjects', { query: { limit: '1' } });
  await recorder.call('RestSearchProjects', { query: { q: 'bitcoin', limit: '1' } });
  await recorder.call('RestProject', { path: { id: 'bitcoin' } });
  await recorder.call('RestPriceHistory', { path: { id: 'bitcoin' } });
  await recorder.call('RestPrices', { query: { symbols: 'BTC,ETH', currency: 'eur' } });
  await recorder.call('RestComparePrices', { query: { symbols: 'BTC,ETH', period: '7d' } });
  await recorder.call('RestPrice', { path: { symbol: 'BTC' } });
  await recorder.call('RestIdoPoolList', { query: { status: 'registration', limit: '1' } });
  await recorder.call<IdoPool>('RestIdoPool', { path: { id: poolId } });
}

async function signInAndOut(recorder: ExampleRecorder): Promise<SignedIn> {
  const { standIns } = recorder;
  const { message } = await recorder.call<WalletChallenge>('RestWalletChallenge', {
    body: { address: WALLET.address },
  });
  const signature = await WALLET.signMessage({ message });
  const byWallet = await recorder.call<SignedIn>('RestWalletConnect', { body: { message, signature } });
  standIns.add(byWallet.user.id, 'user');
  const email = 'ann@example.com';
  const registered = await recorder.call<SignedIn>('RestRegister', {
    body: { email, password: PASSWORD, displayName: 'Ann' },
  });
  standIns.add(registered.user.id, 'user');
  recorder.accessToken = registered.accessToken;
  await recorder.call('RestProfile');
  await recorder.call('RestUpdateProfile', {
    body: { displayName: 'Ann B.', avatarUrl: await insertAvatar(registered.user.id) },
  });
  return registered;
}

async function invest(
  recorder: ExampleRecorder,
  market: TestMarket,
  { poolId, userId }: { poolId: string; userId: string },
): Promise<void> {
  const { gateway, standIns } = recorder;
  await market.putUser(userId, { kyc_level: 2, permissions: ['READ', 'INVEST'] });
  await market.setEligible(poolId, userId, true);
  const signIn = async () => {
    const body = { email: 'ann@example.com', password: PASSWORD };
    const { accessToken, refreshToken } = await recorder.call<SignedIn>('RestLogIn', { body });
    recorder.accessToken = accessToken;
    return refreshToken;
  };
  const refresh = async (refreshToken: string) => {
    const signedIn = await recorder.call<SignedIn>('RestRefresh', { body: { refreshToken } });
    recorder.accessToken = signedIn.accessToken;
    return signedIn.refreshToken;
  };
  const first = await signIn();
  const pool = { path: { id: poolId } };
  await recorder.call('RestRegisterForPool', pool);
  await gateway.advance(900);
  // On a busy machine the sign-in may not have waited for the rights.
  for (const cron of [CRONS.hourly, CRONS.pools]) await gateway.scheduled(cron);
  const second = await refresh(first);
  const made = await recorder.call<Investment>('RestInvestInPool', {
    ...pool,
    headers: { 'Idempotency-Key': 'of-this-intent' },
    body: { amount: '100.50' },
  });
  standIns.add(made.id, 'investment');
  const investment = { path: { id: made.id } };
  const transactionHash = `0x${'a1'.repeat(32)}`;
  await recorder.call('RestSubmitPayment', { ...investment, body: { transactionHash } });
  const ledger = env.IDO_MANAGER.getByName(poolKey(poolId));
  await runDurableObjectAlarm(ledger);
  await gateway.advance(300);
  await gateway.scheduled(CRONS.pools);
  await gateway.advance(3 * DAY_SECONDS);
  await gateway.scheduled(CRONS.pools);
  await gateway.scheduled(CRONS.prices);
  await refresh(second);
  await recorder.call('RestInvestmentList', { query: { status: 'confirmed' } });
  await recorder.call('RestClaimTokens', investment);
  await recorder.call('RestPortfolio');
  await recorder.call('RestTransactionList', { query: { limit: '2' } });
}
