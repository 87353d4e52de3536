/** One call of an upstream API: found, noted, let in, met by a fault or answered. */
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Call } from './calls.ts';
import { type Fault, type FaultKind, refusingReply, spoil } from './faults.ts';
import type { Market } from './market.ts';
import { parseJson } from './parse-json.ts';
import type { SimulatedFile } from './project-files.ts';
import { badRequest, notFound, Refusal, type Reply } from './reply.ts';
import { ROUTES, type Route } from './routes.ts';

const USER_AGENT = 'COM2000-Worker/1.0';
const DEFAULT_LATENCY_MS = 1_000;

export interface ApiAnswer {
  reply: Reply;
  /** What the server still has to do to the answer on its way out. */
  fault: FaultKind | null;
}

export async function answerApi(
  market: Market,
  request: IncomingMessage,
  url: URL,
  body: string,
): Promise<ApiAnswer> {
  const method = request.method ?? 'GET';
  const [, , api = '', ...rest] = url.pathname.split('/');
  const path = `/${rest.join('/')}`;
  const { route, params } = match(api, method, path);
  market.callLog.record(callOf(request, route?.name ?? 'unknown', path, url));
  admit(market, request);
  if (route === null) throw notFound('there is no such route');

  const fault = market.faults.take(route.name);
  if (fault !== null && fault.kind !== 'slow') await wait(latencyOf(fault));
  if (fault?.kind === 'dropped') return { reply: { status: 500, body: null }, fault: 'reset' };
  const refused = fault === null ? null : refusingReply(fault);
  if (refused !== null) return { reply: refused, fault: null };
  // A broken answer is not a broken call: what was handed over has been taken, and only the news of it is lost.
  const reply = carryOut(route, market, {
    params,
    query: url.searchParams,
    idempotencyKey: header(request, 'idempotency-key'),
    body: parseJson(body),
  });
  if (fault?.kind === 'slow') await wait(latencyOf(fault));
  return fault === null ? { reply, fault: null } : { reply: spoil(reply, fault), fault: onTheWay(fault) };
}

/** Everybody may read a file by its URL: no key is asked for. */
export async function answerFile(market: Market, request: IncomingMessage, url: URL): Promise<FileAnswer> {
  const path = url.pathname.split('/').slice(3).map(decodeURIComponent).join('/');
  market.callLog.record(callOf(request, 'file', path, url));
  const fault = market.faults.take('file');
  if (fault !== null) await wait(latencyOf(fault));
  const refused = fault === null ? null : refusingReply(fault);
  if (refused !== null) return { reply: refused };
  const file = market.files.find(path);
  return file === null ? { reply: notFound('there is no such file').reply() } : { file, fault };
}

type FileAnswer = { reply: Reply } | { file: SimulatedFile; fault: Fault | null };

const latencyOf = ({ kind, latencyMs }: Fault) =>
  latencyMs ?? (kind === 'latency' || kind === 'slow' ? DEFAULT_LATENCY_MS : 0);

function match(api: string, method: string, path: string): { route: Route | null; params: string[] } {
  for (const route of ROUTES) {
    if (route.api !== api || route.method !== method) continue;
    const found = route.path.exec(path);
    if (found !== null) return { route, params: found.slice(1).map(decodeURIComponent) };
  }
  return { route: null, params: [] };
}

const callOf = (request: IncomingMessage, route: Call['route'], path: string, url: URL): Call => ({
  route,
  method: request.method ?? 'GET',
  path,
  query: Object.fromEntries(url.searchParams),
  headers: {
    authorization: request.headers.authorization !== undefined,
    userAgent: header(request, 'user-agent'),
    idempotencyKey: header(request, 'idempotency-key'),
    requestId: header(request, 'x-request-id'),
    traceparent: header(request, 'traceparent'),
  },
});

function admit(market: Market, request: IncomingMessage): void {
  if (request.headers.authorization !== `Bearer ${market.apiKey}`) {
    throw new Refusal(401, 'UNAUTHORIZED', 'the internal API key is missing or wrong');
  }
  if (request.headers['user-agent'] !== USER_AGENT) throw badRequest(`User-Agent must be ${USER_AGENT}`);
}

function carryOut(route: Route, market: Market, request: Parameters<Route['answer']>[1]): Reply {
  const json = market.writtenAnswers.get(route.name);
  if (json !== undefined) return { status: 200, body: null, json };
  try {
    return route.answer(market, request);
  } catch (error) {
    if (error instanceof Refusal) return error.reply();
    throw error;
  }
}

function onTheWay(fault: Fault): FaultKind | null {
  return ['reset', 'truncated', 'huge'].includes(fault.kind) ? fault.kind : null;
}

function header(request: IncomingMessage, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' ? value : null;
}
