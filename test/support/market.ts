/** A market of the simulated upstream, driven from a test over HTTP. */
import { inject } from 'vitest';
import type { FaultSetting } from './upstream/faults.ts';
import type { Handover } from './upstream/idempotency.ts';
import type { MarketOptions } from './upstream/market.ts';
import type { InvestmentRecord, PoolRecord, ProjectRecord } from './upstream/records.ts';
import type { RefusalSetting } from './upstream/refusals.ts';
import type { RouteName } from './upstream/route-names.ts';

export interface MarketCalls {
  total: number;
  byRoute: Record<string, number>;
  last: {
    route: string;
    method: string;
    path: string;
    query: string;
    headers: Record<string, string | boolean | null>;
  }[];
}

export interface TestMarket {
  readonly mainApiUrl: string;
  readonly priceApiUrl: string;
  readonly apiKey: string;
  /** The market's clock when it was made, in Unix seconds. */
  readonly startAt: number;
  advance(seconds: number): Promise<number>;
  fault(setting: FaultSetting): Promise<void>;
  clearFaults(): Promise<void>;
  calls(): Promise<MarketCalls>;
  resetCalls(): Promise<void>;
  records(): Promise<{ projects: ProjectRecord[]; pools: PoolRecord[]; investments: InvestmentRecord[] }>;
  patchProject(id: string, fields: Record<string, unknown>): Promise<void>;
  putProject(id: string, record: Record<string, unknown>): Promise<void>;
  patchPool(id: string, fields: Record<string, unknown>): Promise<void>;
  putPool(id: string, record: Record<string, unknown>): Promise<void>;
  patchInvestment(id: string, fields: Record<string, unknown>): Promise<void>;
  putInvestment(id: string, record: Record<string, unknown>): Promise<void>;
  /** Who may take part in a private or whitelist pool. */
  setEligible(poolId: string, userId: string, eligible: boolean): Promise<void>;
  /** Calls are refused for good (409) from now on. */
  refuse(setting: RefusalSetting): Promise<void>;
  clearRefusals(): Promise<void>;
  /** The sequences that came with each id, by `users`, `registrations`, `investments`, `claims` and `documents`. */
  handovers(): Promise<Record<string, Record<string, Handover>>>;
  /** The main API's answer about a user. */
  setUserStats(id: string, stats: Record<string, unknown>): Promise<void>;
  pinPrice(symbol: string, priceUsd: number | null): Promise<void>;
  /** Another file in the place of one of the market's, at the path that its URL ends in. */
  putFile(path: string, file: PutFile): Promise<void>;
  /** A user's levels and permissions; what is left out stays. */
  putUser(id: string, stats: Record<string, unknown>): Promise<void>;
  /** The user's account is closed. */
  closeUser(id: string): Promise<void>;
  /** The route's whole answer from now on, as JSON text; null lets the market answer again. */
  writeAnswer(route: RouteName, json: string | null): Promise<void>;
}

export interface PutFile {
  bytes?: Uint8Array;
  /** The size to which a text is repeated behind the bytes. */
  filledTo?: number;
  status?: number;
  headers?: Record<string, string>;
  isEndless?: boolean;
  stalls?: boolean;
}

interface Introduction {
  id: string;
  mainApiUrl: string;
  priceApiUrl: string;
  apiKey: string;
  now: number;
}

async function control<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${inject('upstreamUrl')}/control/markets${path}`, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`);
  return (answer === '' ? {} : JSON.parse(answer)) as Answer;
}

/** The made-up market unless asked otherwise, so that a test sees the same wherever it runs. */
export async function createMarket(options: MarketOptions = {}): Promise<TestMarket> {
  const market = await control<Introduction>('POST', '', { source: 'made-up', ...options });
  const path = `/${market.id}`;
  const of = (kind: string, id: string) => `${path}/${kind}/${encodeURIComponent(id)}`;
  return {
    mainApiUrl: market.mainApiUrl,
    priceApiUrl: market.priceApiUrl,
    apiKey: market.apiKey,
    startAt: market.now,
    advance: async (advanceSeconds) =>
      (await control<{ now: number }>('POST', `${path}/clock`, { advanceSeconds })).now,
    fault: (setting) => control('PUT', `${path}/faults`, setting),
    clearFaults: () => control('DELETE', `${path}/faults`),
    calls: () => control('GET', `${path}/calls`),
    resetCalls: () => control('DELETE', `${path}/calls`),
    records: () => control('GET', `${path}/records`),
    patchProject: (id, fields) => control('PATCH', of('projects', id), fields),
    putProject: (id, record) => control('PUT', of('projects', id), record),
    patchPool: (id, fields) => control('PATCH', of('pools', id), fields),
    putPool: (id, record) => control('PUT', of('pools', id), record),
    patchInvestment: (id, fields) => control('PATCH', of('investments', id), fields),
    putInvestment: (id, record) => control('PUT', of('investments', id), record),
    setEligible: (poolId, userId, eligible) =>
      control('PUT', `${of('pools', poolId)}/eligible/${encodeURIComponent(userId)}`, { eligible }),
    refuse: (setting) => control('POST', `${path}/refusals`, setting),
    clearRefusals: () => control('DELETE', `${path}/refusals`),
    handovers: () => control('GET', `${path}/handovers`),
    setUserStats: (id, stats) => control('PUT', of('users', id), stats),
    writeAnswer: (route, json) => control('PUT', `${path}/answers`, { route, json }),
    pinPrice: (symbol, priceUsd) => control('PUT', of('prices', symbol), { priceUsd }),
    putFile: (filePath, { bytes = new Uint8Array(), ...file }) =>
      control('PUT', `${path}/files`, { path: filePath, base64: bytes.toBase64(), ...file }),
    putUser: (id, stats) => control('PUT', of('users', id), stats),
    closeUser: (id) => control('DELETE', of('users', id)),
  };
}

/** The answer of the market's price API, as the gateway asks it. @param path with the query */
export async function askPriceApi<Answer>(
  { priceApiUrl, apiKey }: Pick<TestMarket, 'priceApiUrl' | 'apiKey'>,
  path: string,
): Promise<Answer> {
  const headers = { Authorization: `Bearer ${apiKey}`, 'User-Agent': 'COM2000-Worker/1.0' };
  const response = await fetch(`${priceApiUrl}${path}`, { headers });
  return (await response.json()) as Answer;
}
