/**
 * GET requests and bodies whose answer is in this isolate's memory: no URL is parsed, nothing is awaited, and the headers
 * are those of the last such answer, but for the request id.
 *
 * The same URL and body ask the same, so the answer that they ask for is remembered: of registered operations alone,
 * which never change. Their liveness is asked for each time. Everything else goes the long way, which decides the same.
 */
import type { CachedAnswers } from '../cache/cached-answers.ts';
import { ageSeconds } from '../cache/freshness.ts';
import type { CacheKey, StoredAnswer } from '../cache/response-cache.ts';
import { clientOf } from '../operations/client-identity.ts';
import type {
  ClientIdentity,
  OperationRegistry,
  OperationUsage,
  RegisteredOperation,
} from '../operations/registered-operation.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import { type BoundedMemory, textBytes } from '../storage/bounded-memory.ts';
import { Answer, isPublic } from './answer.ts';
import { cachedHeaders } from './cached-answer.ts';
import type { Envelope } from './incoming-operation.ts';
import type { MediaTypes } from './media-types.ts';

export interface RecognisedRequest {
  key: CacheKey;
  operation: RegisteredOperation;
  /** The client by the id in the request. */
  releaseClient: ClientIdentity;
  lastHit: HitHeaders | null;
}

/** The headers of an answer from memory: the same for a second, in which `Age` stands still. */
interface HitHeaders {
  /** Identifies the answer without keeping an evicted one in memory. */
  etag: string;
  executedAtMs: number;
  second: number;
  accept: string | null;
  headers: Headers;
}

/** The headers of the last hit (2,300 bytes in Node), and the entry itself. */
const ENTRY_BYTES = 3_000;

export interface MemoryHitsSources {
  registry: OperationRegistry;
  usage: OperationUsage;
  answers: CachedAnswers;
  requests: BoundedMemory<RecognisedRequest>;
  mediaTypes: MediaTypes;
  /** Adds the headers that every answer carries. */
  completeHeaders(request: Request, headers: Headers): void;
}

const textOf = ({ url, body }: Envelope) => (body === null ? url : `${url}\n${body}`);

export class MemoryHits {
  readonly #sources: MemoryHitsSources;

  constructor(sources: MemoryHitsSources) {
    this.#sources = sources;
  }

  recall(envelope: Envelope): RecognisedRequest | undefined {
    return this.#sources.requests.get(textOf(envelope));
  }

  remember(envelope: Envelope, { sent, chosen }: PreparedOperation, key: CacheKey): void {
    if (chosen.found === null) return;
    const text = textOf(envelope);
    this.#sources.requests.set(
      text,
      { key, operation: chosen.found.operation, releaseClient: sent.release, lastHit: null },
      textBytes(text, key.text) + ENTRY_BYTES,
    );
  }

  /** The answer without its request id; null where it is not a plain hit. */
  respondToGet(request: Request, atMs: number): Answer | null {
    const known = this.#sources.requests.get(request.url);
    return known === undefined ? null : this.respond(request, known, atMs);
  }

  respond(request: Request, known: RecognisedRequest, atMs: number): Answer | null {
    const { registry, usage, answers } = this.#sources;
    if (registry.known(known.operation, atMs)?.state !== 'live') return null;
    const answer = answers.atOnce(known.key, atMs);
    if (answer === null) return null;
    // Each look at a request's headers leaves JavaScript.
    const { headers: sent } = request;
    if (!isPublic(sent) || sent.has('if-none-match')) return null;
    const headers = this.#headersOf(request, sent.get('accept'), known, answer, atMs);
    if (headers === null) return null;
    usage.used(known.operation.id, clientOf(sent, known.releaseClient), atMs);
    return new Answer(answer.body, headers, { isComplete: true });
  }

  #headersOf(
    request: Request,
    accept: string | null,
    known: RecognisedRequest,
    answer: StoredAnswer,
    atMs: number,
  ): Headers | null {
    const { etag, executedAtMs } = answer;
    const second = ageSeconds(answer, atMs);
    const last = known.lastHit;
    if (
      last?.second === second &&
      last.accept === accept &&
      last.executedAtMs === executedAtMs &&
      last.etag === etag
    )
      return last.headers;
    const mediaType = this.#sources.mediaTypes.json(accept);
    if (mediaType === null) return null;
    const served = { outcome: 'HIT', answer } as const;
    const headers = cachedHeaders({ request, key: known.key, served, mediaType, nowMs: atMs });
    this.#sources.completeHeaders(request, headers);
    known.lastHit = { etag, executedAtMs, second, accept, headers };
    return headers;
  }
}
