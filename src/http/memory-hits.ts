/**
 * Hits that need nothing but this isolate's memory: no URL is parsed, nothing is waited for, and the headers are those
 * of the last such answer, but for its request id.
 *
 * Whatever is not plainly one goes the long way, where everything is decided the same, and answers the same.
 */
import type { CachedAnswers } from '../cache/cached-answers.ts';
import { ageSeconds } from '../cache/freshness.ts';
import type { StoredAnswer } from '../cache/response-cache.ts';
import { clientOf } from '../operations/client-identity.ts';
import type { OperationRegistry, OperationUsage } from '../operations/registered-operation.ts';
import { Answer } from './answer.ts';
import { cachedHeaders } from './cached-answer.ts';
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
  respond(request: Request, known: RecognisedRequest): Answer | null {
    const { registry, usage, answers, nowMs } = this.#sources;
    const atMs = nowMs();
    if (registry.known(known.operation, atMs)?.state !== 'live') return null;
    const answer = answers.atOnce(known.key, atMs);
    if (answer === null) return null;
    // Each look at a request's headers leaves JavaScript.
    const { headers: sent } = request;
    if (!isPublic(sent) || sent.has('if-none-match')) return null;
    const headers = this.#headersOf(request, sent.get('accept'), known, answer, atMs);
    if (headers === null) return null;
    usage.used(known.operation.id, clientOf(sent, known.releaseClient));
    return new Answer(answer.body, headers, { isComplete: true });
  }

  #headersOf(
    request: Request,
    accept: string | null,
    known: RecognisedRequest,
    answer: StoredAnswer,
    atMs: number,
  ): Headers | null {
    const second = ageSeconds(answer, atMs);
    const kept = known.lastHit;
    if (kept?.answer === answer && kept.second === second && kept.accept === accept) return kept.headers;
    const mediaType = jsonMediaType(accept);
    if (mediaType === null) return null;
    const served = { outcome: 'HIT', answer } as const;
    const headers = cachedHeaders({ request, key: known.key, served, mediaType, nowMs: atMs });
    this.#sources.completeHeaders(request, headers);
    known.lastHit = { answer, second, accept, headers };
    return headers;
  }
}
