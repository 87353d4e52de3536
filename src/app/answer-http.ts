/** The way of an HTTP request to its answer: from memory where it can be, else by the router. */
import { isGraphQLPath } from '../http/graphql-route.ts';
import { answerHead } from '../http/head.ts';
import { readEnvelope } from '../http/incoming-operation.ts';
import type { RequestExecution } from '../http/request-origin.ts';
import { type Arrival, answerRequest } from '../http/router.ts';
import { pathOf } from '../http/url-parts.ts';
import type { Isolate } from './isolate.ts';
import type { HttpHandler } from './routes.ts';

/** The parts of an isolate that a request uses beside its routes. */
type Kept = Pick<Isolate, 'clientLimit'> & {
  usage: Pick<Isolate['usage'], 'isDue' | 'flushWhenDue'>;
  generations: Pick<Isolate['generations'], 'claimRenewal' | 'renew'>;
};

interface Answering extends HttpHandler {
  isolate: Kept;
}

export function answerHttp(
  request: Request,
  handler: Answering,
  ctx: RequestExecution,
): Response | Promise<Response> {
  const { method } = request;
  if (method === 'GET') return answerGet(request, handler, ctx);
  if (method === 'HEAD') return answerHead(request, (asGet) => answerGet(asGet, handler, ctx));
  return answerOther(request, handler, ctx);
}

function answerGet(
  request: Request,
  handler: Answering,
  ctx: RequestExecution,
): Response | Promise<Response> {
  const { isolate, memoryHits } = handler;
  const nowMs = Date.now();
  const client = isolate.clientLimit.count(request, nowMs);
  const hit = client.isRefused(nowMs) ? null : memoryHits?.respondToGet(request, client, nowMs);
  if (!hit) return answerAndKeepUp(request, { client, atMs: nowMs }, handler, ctx);
  isolate.clientLimit.countHit(client, nowMs, ctx);
  keepUp(isolate, ctx, nowMs);
  return hit.response(crypto.randomUUID());
}

/** Also a POST is answered from memory outside of any work: only its body is waited for. */
async function answerOther(request: Request, handler: Answering, ctx: RequestExecution): Promise<Response> {
  const { isolate, memoryHits } = handler;
  const atMs = Date.now();
  const client = isolate.clientLimit.count(request, atMs);
  const mayHit = memoryHits !== null && !client.isRefused(atMs) && request.method === 'POST';
  if (!mayHit || !isGraphQLPath(pathOf(request.url)))
    return answerAndKeepUp(request, { client, atMs }, handler, ctx);
  const envelope = readEnvelope(request);
  const read = await envelope.catch(() => null);
  const nowMs = Date.now();
  const hit = memoryHits.respondToPost(request, read, client, nowMs);
  if (hit === null) return answerAndKeepUp(request, { client, atMs, envelope }, handler, ctx);
  isolate.clientLimit.countHit(client, nowMs, ctx);
  keepUp(isolate, ctx, nowMs);
  return hit.response(crypto.randomUUID());
}

async function answerAndKeepUp(
  request: Request,
  arrival: Arrival,
  { isolate, router }: Answering,
  ctx: RequestExecution,
): Promise<Response> {
  try {
    return await answerRequest(request, arrival, ctx, router);
  } finally {
    keepUp(isolate, ctx, Date.now());
  }
}

/** Starts background work that is due; nobody waits for it. */
function keepUp(isolate: Kept, ctx: RequestExecution, nowMs: number): void {
  const { generations } = isolate;
  writeCounts(isolate, ctx, nowMs);
  if (generations.claimRenewal(nowMs)) ctx.waitUntil(generations.renew(nowMs));
}

/** Writes the isolate's counts if that is due; nobody waits for it. */
export function writeCounts({ usage }: Pick<Kept, 'usage'>, ctx: RequestExecution, nowMs: number): void {
  if (usage.isDue(nowMs)) ctx.waitUntil(usage.flushWhenDue());
}
