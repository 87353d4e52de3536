/**
 * Hits that need nothing but this isolate's memory: no URL is parsed, nothing is waited for, and the headers are those
 * of the last such answer, but for its request id.
 *
 * Whatever is not plainly one goes the long way, where everything is decided the same, and answers the same.
 */
import type { CachedAnswers } from '../cache/cached-answers.ts';
import type { StoredAnswer } from '../cache/response-cache.ts';
import { orFromRelease, readClientIdentity } from '../operations/client-identity.ts';
import type { OperationRegistry, OperationUsage } from '../operations/registered-operation.ts';
import { cachedHeaders } from './cached-response.ts';
import { CompleteAnswer } from './complete-answer.ts';
import { isPublic } from './cors.ts';
import { jsonMediaType } from './json-media-type.ts';
import type { RecognisedRequest } from './recognised-requests.ts';

export interface MemoryHitsSources {
  registry: OperationRegistry;
  usage: OperationUsage;
  answers: CachedAnswers;
  nowMs(): number;
  /** Adds what every answer carries. */
  completeHeaders(request: Request, headers: Headers): void;
}

export class MemoryHits {
  readonly #sources: MemoryHitsSources;

  constructor(sources: MemoryHitsSources) {
    this.#sources = sources;
  }

  /** The whole answer but for its request id; null where it is not a plain hit. */
  respond(request: Request, known: RecognisedRequest): CompleteAnswer | null {
    const { registry, usage, answers, nowMs } = this.#sources;
    if (registry.known(known.operation)?.state !== 'live') return null;
    const atMs = nowMs();
    const answer = answers.atOnce(known.key, atMs);
    if (answer === null || !isPublic(request) || request.headers.has('if-none-match')) return null;
    const mediaType = jsonMediaType(request.headers.get('accept'));
    if (mediaType === null) return null;
    const { name, version } = known.releaseClient;
    const sender = readClientIdentity(request.headers);
    usage.used(known.operation.id, name === null ? sender : orFromRelease(sender, name, version ?? ''));
    const headers = this.#headersOf(request, known, answer, mediaType, atMs);
    return new CompleteAnswer(new Response(answer.body, { headers }));
  }

  #headersOf(
    request: Request,
    known: RecognisedRequest,
    answer: StoredAnswer,
    mediaType: string,
    atMs: number,
  ): Headers {
    const second = Math.floor((atMs - answer.executedAtMs) / 1000);
    const kept = known.lastHit;
    if (kept?.answer === answer && kept.second === second && kept.mediaType === mediaType)
      return kept.headers;
    const served = { outcome: 'HIT', answer } as const;
    const headers = cachedHeaders({ request, key: known.key, served, mediaType, nowMs: atMs });
    this.#sources.completeHeaders(request, headers);
    known.lastHit = { answer, second, mediaType, headers };
    return headers;
  }
}
