/** The markets' controls over HTTP, for tests that run where they cannot hold a `Market` in their hands. */
import { asFields, text } from './body-fields.ts';
import { type FaultSetting, requireFaultKind } from './faults.ts';
import type { Market, MarketOptions } from './market.ts';
import type { SimulatedFile } from './project-files.ts';
import type { Fields } from './records.ts';
import { refusalSetting } from './refusals.ts';
import { badRequest, notFound, type Reply } from './reply.ts';
import { ROUTE_NAMES, type RouteName } from './route-names.ts';

export interface Markets {
  create(options: MarketOptions): Market;
  find(id: string): Market | undefined;
  remove(id: string): void;
}

/** Its length divides no size of a part. */
export const FILLING = 'a text of 23 characters';

type Control = (market: Market, ids: string[], body: unknown) => unknown;

/** By method and what follows `/control/markets/:id`. */
const CONTROLS: Record<string, Control> = {
  'POST clock': (market, _, body) => ({ now: moveClock(market, asFields(body)) }),
  'PUT faults': (market, _, body) => market.setFault(faultSetting(asFields(body))),
  'DELETE faults': (market) => market.clearFaults(),
  'POST refusals': (market, _, body) => market.writes.refusals.add(refusalSetting(asFields(body))),
  'DELETE refusals': (market) => market.writes.refusals.clear(),
  'GET handovers': (market) => market.writes.handovers(),
  'PUT answers': (market, _, body) => {
    const { json } = asFields(body);
    const route = routeName(asFields(body));
    if (route === '*') throw badRequest('an answer is of one route');
    if (typeof json === 'string') market.writtenAnswers.set(route, json);
    else market.writtenAnswers.delete(route);
  },
  'PUT files': (market, _, body) => market.files.put(...simulatedFile(asFields(body))),
  'GET calls': (market) => market.calls(),
  'DELETE calls': (market) => market.resetCalls(),
  'GET records': (market) => market.records(),
  'PATCH projects': (market, [id = ''], body) => {
    if (!market.projects.has(id)) throw notFound('there is no such project');
    market.patchProject(id, asFields(body));
  },
  'PUT projects': (market, [id = ''], body) => market.putProject(id, asFields(body)),
  'PATCH pools': (market, [id = ''], body) => {
    if (!market.pools.has(id)) throw notFound('there is no such pool');
    market.patchPool(id, asFields(body));
  },
  'PUT pools': (market, [id = '', list, userId = ''], body) => {
    if (list === undefined) return market.putPool(id, asFields(body));
    if (list !== 'eligible' || userId === '') throw notFound('there is no such control');
    return market.setEligible(id, userId, asFields(body).eligible === true);
  },
  'PATCH investments': (market, [id = ''], body) => {
    if (market.investments.find(id, market.now()) === null) throw notFound('there is no such investment');
    market.patchInvestment(id, asFields(body));
  },
  'PUT investments': (market, [id = ''], body) => market.putInvestment(id, asFields(body)),
  'PUT prices': (market, [symbol = ''], body) => market.pinPrice(symbol, pinnedPrice(asFields(body))),
  'PUT users': (market, [userId = ''], body) => market.setUserStats(userId, asFields(body)),
  'DELETE users': (market, [userId = '']) => market.closeUser(userId),
};

export function answerControl(
  markets: Markets,
  method: string,
  path: readonly string[],
  body: unknown,
): Reply {
  const [collection, id, name, ...ids] = path;
  if (collection !== 'markets') throw notFound('there is no such control');
  if (id === undefined) {
    if (method !== 'POST') throw notFound('there is no such control');
    return { status: 201, body: introduction(markets.create(body === undefined ? {} : asFields(body))) };
  }
  const market = markets.find(id);
  if (market === undefined) throw notFound('there is no such market');
  if (name === undefined) {
    if (method !== 'DELETE') return { status: 200, body: introduction(market) };
    markets.remove(id);
    return { status: 200, body: {} };
  }
  const control = CONTROLS[`${method} ${name}`];
  if (control === undefined) throw notFound('there is no such control');
  return { status: 200, body: control(market, ids, body) ?? {} };
}

function introduction(market: Market) {
  const { id, mainApiUrl, priceApiUrl, apiKey } = market;
  return { id, mainApiUrl, priceApiUrl, apiKey, now: market.now() };
}

function moveClock(market: Market, body: Fields): number {
  if (typeof body.advanceSeconds === 'number') return market.advance(body.advanceSeconds);
  if (typeof body.now === 'number') return market.moveTo(body.now);
  throw badRequest('the clock needs advanceSeconds or now');
}

function routeName(body: Fields): RouteName | '*' {
  const route = text(body, 'route');
  const known = [...ROUTE_NAMES, '*' as const].find((name) => name === route);
  if (known === undefined) throw badRequest(`route must be * or one of ${ROUTE_NAMES.join(', ')}`);
  return known;
}

function faultSetting(body: Fields): FaultSetting {
  const setting: FaultSetting = { route: routeName(body), kind: requireFaultKind(body.kind ?? null) };
  if (typeof body.latencyMs === 'number') setting.latencyMs = body.latencyMs;
  if (typeof body.retryAfterSeconds === 'number') setting.retryAfterSeconds = body.retryAfterSeconds;
  if (typeof body.times === 'number') setting.times = body.times;
  if (typeof body.recordId === 'string') setting.recordId = body.recordId;
  return setting;
}

function simulatedFile(body: Fields): [string, SimulatedFile] {
  const { base64 = '', filledTo = 0, status = 200, headers = {}, isEndless = false, stalls = false } = body;
  const start = Buffer.from(String(base64), 'base64');
  const bytes = Buffer.alloc(Math.max(start.length, Number(filledTo)), FILLING);
  bytes.set(start);
  const file = { bytes, status: Number(status), headers: headers as Record<string, string> };
  return [text(body, 'path'), { ...file, isEndless: isEndless === true, stalls: stalls === true }];
}

function pinnedPrice(body: Fields): number | null {
  const { priceUsd } = body;
  if (priceUsd === null) return null;
  if (typeof priceUsd !== 'number' || !(priceUsd > 0))
    throw badRequest('priceUsd must be a positive number or null');
  return priceUsd;
}
