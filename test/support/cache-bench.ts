/** Asking a gateway, and seeing what its response cache had to do with the answer. */
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { type CacheStatus, parseCacheStatus } from './cache-status.ts';
import type { TestGateway } from './gateway.ts';
import { type Serving, startServing } from './serving-bench.ts';

export interface Question {
  /** Of the manifest; or an id, or a document. */
  name?: string;
  id?: string;
  query?: string;
  variables?: unknown;
  operationName?: string;
  method?: 'GET' | 'HEAD' | 'POST';
  headers?: Record<string, string>;
}

export interface CachedAnswer {
  status: number;
  headers: Headers;
  xCache: string | null;
  cacheStatus: CacheStatus;
  /** Seconds; null where the answer does not say. */
  age: number | null;
  etag: string;
  text: string;
  body: { data: Record<string, unknown>; errors?: { extensions: Record<string, unknown> }[] };
}

export const operationId = (name: string): string => {
  const found = manifest.operations.find((operation) => operation.name === name);
  if (found === undefined) throw new Error(`no operation is named ${name}`);
  return found.id;
};

export function requestOf(question: Question): [string, RequestInit] {
  const { name, id, query, variables, operationName, method = 'GET', headers } = question;
  const documentId = name === undefined ? id : operationId(name);
  const properties = Object.entries({ documentId, query, operationName, variables });
  const sent = Object.fromEntries(properties.filter(([, value]) => value !== undefined));
  if (method === 'POST') {
    const init = { method, headers: { 'Content-Type': 'application/json', ...headers } };
    return ['/graphql', { ...init, body: JSON.stringify(sent) }];
  }
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(sent)) {
    parameters.set(key, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const asking = query === undefined ? {} : { 'x-graphql-csrf': '1' };
  return [`/graphql?${parameters}`, { method, headers: { ...asking, ...headers } }];
}

/** By GET, unless asked otherwise. */
export const ask = (gateway: TestGateway, question: Question): Promise<CachedAnswer> =>
  send(gateway, ...requestOf(question));

export async function send(
  gateway: TestGateway,
  path: string,
  init: RequestInit = {},
): Promise<CachedAnswer> {
  const response = await gateway.fetch(path, init);
  const { status, headers } = response;
  const text = await response.text();
  const age = headers.get('age');
  return {
    status,
    headers,
    xCache: headers.get('x-cache'),
    cacheStatus: parseCacheStatus(headers.get('cache-status')),
    age: age === null ? null : Number(age),
    etag: headers.get('etag') ?? '',
    text,
    body: headers.get('content-type')?.includes('json')
      ? (JSON.parse(text || '{"data":{}}') as CachedAnswer['body'])
      : { data: {} },
  };
}

/** The outcomes of the same question asked so often, one after another. */
export async function outcomes(
  gateway: TestGateway,
  questions: readonly Question[],
): Promise<(string | null)[]> {
  const found: (string | null)[] = [];
  for (const question of questions) found.push((await ask(gateway, question)).xCache);
  return found;
}

export interface Caching extends Serving {
  /** How often something was executed since the last time: each question below reads one of D1's tables once. */
  executions(): number;
}

const TABLES_READ = /\b(project_cache|ido_pool_cache|candle)\b/;

/** Each reads D1 once, and depends on one tag. */
export const CATEGORIES: Question = { query: '{ projectCategories { name projectCount } }' };
export const CANDLES: Question = { query: '{ candles(symbol: "BTC", interval: HOUR) { time close } }' };
export const SALE_OF_POOLS: Question = { query: '{ idoPools(first: 3) { nodes { id soldTokens } } }' };
export const POOL_NAMES: Question = { query: '{ idoPools(first: 3) { nodes { id name } } }' };
export const PROJECT_NAMES: Question = { query: '{ projects(first: 3) { nodes { id name } } }' };
export const PROJECT_NAME: Question = { query: '{ project(by: { symbol: "BTC" }) { name } }' };
/** Reads KV alone. */
export const PRICE: Question = { query: '{ price(symbol: "BTC") { price } }' };

export async function startCaching(options: Parameters<typeof startServing>[0] = {}): Promise<Caching> {
  const market = { projectCount: 8, poolCount: 4, investmentCount: 0, ...options.market };
  const serving = await startServing({ ...options, market });
  let counted = 0;
  const executions = () => {
    const all = serving.db.reads.filter(
      (sql) => TABLES_READ.test(sql) && /^\s*(WITH|SELECT)/i.test(sql),
    ).length;
    const since = all - counted;
    counted = all;
    return since;
  };
  return { ...serving, executions };
}
