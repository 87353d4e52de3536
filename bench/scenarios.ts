/** The scenarios over HTTP, and the ratios between them with their targets. All ask for the market list's first page. */

import { headerOf } from './answer.ts';
import { isMarketList, isUnknownId, isYogaList, nothing } from './answers.ts';
import { askOnce } from './ask.ts';
import {
  BEARER,
  distinctMarketListVariables,
  operationByGet,
  operationByPost,
  operationId,
  type RequestSource,
  unknownId,
  yogaOperationByGet,
} from './requests.ts';
import type { Claim } from './results.ts';
import type { ExpectedAnswer, Scenario } from './scenario.ts';
import { type List, type WorkerKind, workerName } from './stage.ts';
import type { Workerd } from './workerd.ts';

const MARKET_LIST = operationId('MarketList');

const same = (request: Uint8Array): RequestSource => {
  return () => request;
};

const scenarioOf =
  (list: List) =>
  (key: string, name: string, kind: WorkerKind, next: RequestSource, expected: ExpectedAnswer): Scenario => ({
    key,
    name,
    list,
    worker: workerName(kind, list),
    next,
    expected,
  });

export const unknownIdRefused = (list: List): Scenario =>
  scenarioOf(list)('refused', 'gateway, unknown id refused', 'gateway', () => operationByPost(unknownId()), {
    status: 404,
    body: isUnknownId,
  });

export const marketListMiss = (list: List): Scenario =>
  scenarioOf(list)(
    'miss',
    'gateway, miss, local D1 and KV',
    'gateway',
    () => operationByGet(MARKET_LIST, distinctMarketListVariables()),
    { status: 200, cache: 'MISS', body: isMarketList(list) },
  );

export const yogaMiss = (list: List): Scenario =>
  scenarioOf(list)(
    'yoga-miss',
    'Yoga with plugins, miss, sources in memory',
    'peer-yoga',
    () => yogaOperationByGet(MARKET_LIST, distinctMarketListVariables()),
    { status: 200, body: isYogaList(list, { hit: false }) },
  );

/** With one connection nothing waits in a queue, so latency is the time of one request. */
export const refusalScenarios = (lists: readonly List[]) =>
  lists.flatMap((list) => [unknownIdRefused(list), marketListMiss(list)]);

export async function marketListScenarios(workerd: Workerd, list: List): Promise<Scenario[]> {
  const scenario = scenarioOf(list);
  const get = same(operationByGet(MARKET_LIST));
  const post = same(operationByPost(MARKET_LIST));
  const right = { status: 200, body: isMarketList(list) };
  const hit = { ...right, cache: 'HIT' } as const;
  return [
    scenario('bare-get', 'bare Worker, GET', 'bare', get, right),
    scenario('bare-post', 'bare Worker, POST', 'bare', post, right),
    scenario('hit-get', 'gateway, hit by GET', 'gateway', get, hit),
    scenario(
      'hit-get-bearer',
      'gateway, hit by GET with Bearer',
      'gateway',
      same(operationByGet(MARKET_LIST, {}, BEARER)),
      hit,
    ),
    scenario('hit-post', 'gateway, hit by POST', 'gateway', post, hit),
    await notModified(workerd, list),
    scenario(
      'miss-in-memory',
      'gateway, miss, sources in memory',
      'gateway-in-memory',
      () => operationByGet(MARKET_LIST, distinctMarketListVariables()),
      right,
    ),
    marketListMiss(list),
    unknownIdRefused(list),
    scenario('yoga-hit', 'Yoga with plugins, hit', 'peer-yoga', same(yogaOperationByGet(MARKET_LIST)), {
      status: 200,
      body: isYogaList(list, { hit: true }),
    }),
    yogaMiss(list),
  ];
}

async function notModified(workerd: Workerd, list: List): Promise<Scenario> {
  let etag: string | undefined;
  await askOnce(workerd.urlOf(workerName('gateway', list)), operationByGet(MARKET_LIST), (answer) => {
    etag = headerOf(answer.head, 'etag');
  });
  const next = same(operationByGet(MARKET_LIST, {}, `If-None-Match: ${etag}\r\n`));
  const expected = { status: 304, statusWhenStale: 200, cache: 'HIT', body: nothing } as const;
  return scenarioOf(list)('not-modified', 'gateway, 304', 'gateway', next, expected);
}

export const CLAIMS: readonly Omit<Claim, 'list'>[] = [
  {
    name: 'hit by GET over the bare Worker',
    of: 'hit-get',
    over: 'bare-get',
    measure: 'requestsPerSecond',
    target: { atLeast: 0.9 },
  },
  {
    name: 'hit by GET with Bearer over one without',
    of: 'hit-get-bearer',
    over: 'hit-get',
    measure: 'requestsPerSecond',
    target: { atLeast: 0.8 },
  },
  {
    name: 'hit by POST over the bare Worker',
    of: 'hit-post',
    over: 'bare-post',
    measure: 'requestsPerSecond',
    target: { atLeast: 0.8 },
  },
  {
    name: "hit by GET over Yoga's hit",
    of: 'hit-get',
    over: 'yoga-hit',
    measure: 'requestsPerSecond',
    target: { atLeast: 2.2 },
  },
  {
    name: "miss in memory over Yoga's miss",
    of: 'miss-in-memory',
    over: 'yoga-miss',
    measure: 'requestsPerSecond',
    target: { atLeast: 2.5 },
  },
];

export const REFUSAL_CLAIM: Omit<Claim, 'list'> = {
  name: 'unknown id refused over a miss, median latency',
  of: 'refused',
  over: 'miss',
  measure: 'medianMs',
  target: { atMost: 0.1 },
};
