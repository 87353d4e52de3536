/**
 * GET requests and bodies whose answer is in this isolate's memory: no URL is parsed, nothing is awaited, and the headers
 * are those of the last such answer, but for the request id. So is the 304 to a client that holds the answer.
 *
 * Anybody gets the same answer, also a signed-in user: nothing private is in it. Credentials change its headers alone.
 *
 * The same URL and body ask the same, so the answer that they ask for is remembered: of registered operations alone,
 * which never change. Their liveness is asked for each time. Everything else goes the long way, which decides the same.
 */
import type { CachedAnswers } from '../cache/cached-answers.ts';
import { ageSeconds } from '../cache/freshness.ts';
import type { CacheKey, StoredAnswer } from '../cache/response-cache.ts';
import type { Transport } from '../observability/request-metrics.ts';
import { clientOf } from '../operations/client-identity.ts';
import {
  type ClientIdentity,
  carriedId,
  type HitOperation,
  mayRun,
  type OperationRegistry,
  type OperationUsage,
} from '../operations/registered-operation.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import { type MemoryBudget, textBytes } from '../storage/bounded-memory.ts';
import { type AnswerHeaders, KeptAnswer, listedOrigin, type OwnHeaders } from './answer.ts';
import { cachedHeaders } from './cached-answer.ts';
import type { ClientCount } from './client-limit.ts';
import { hasNoCredentials } from './cross-site.ts';
import { clientHolds } from './holds-already.ts';
import type { Envelope } from './incoming-operation.ts';
import { MediaTypes } from './media-types.ts';
import { HEADERS_BYTES } from './repeated-headers.ts';

export interface RecognisedRequest extends HitOperation {
  /** URL and body: the same text asks the same. */
  text: string;
  key: CacheKey;
  /** The client by the id in the request. */
  releaseClient: ClientIdentity;
  /** The media type of the answer; null if the client's `Accept` chooses it. */
  mediaType: string | null;
}

/** The headers of an answer from memory: the same for a second, in which `Age` stands still. */
export interface HitHeaders {
  /** Identifies the answer without keeping an evicted one in memory. */
  etag: string;
  executedAtMs: number;
  second: number;
  accept: string | null;
  /** Null but for an origin whose pages may send credentials, where the answer is not the same for every origin. */
  origin: string | null;
  headers: Headers;
}

/** The headers of a request's last hits. */
interface LastHeaders {
  withoutCredentials: HitHeaders | undefined;
  /** `private`: for the browser that asked alone. */
  withCredentials: HitHeaders | undefined;
}

const ENTRY_BYTES = 600;

/** An isolate opens them once, however often its HTTP handler is built. */
export const openHttpMemories = (memory: MemoryBudget) => ({
  requests: memory.open<RecognisedRequest>('recognisedRequests'),
  /** By the request's text. */
  hitHeaders: memory.open<LastHeaders>('hitHeaders'),
  mediaTypes: new MediaTypes(memory.open('acceptHeaders')),
  repeatedHeaders: memory.open<Headers>('repeatedHeaders'),
});
export type HttpMemories = ReturnType<typeof openHttpMemories>;

export interface MemoryHitsSources extends Omit<HttpMemories, 'repeatedHeaders'> {
  registry: OperationRegistry;
  usage: OperationUsage;
  answers: CachedAnswers;
  /** Origins whose pages may send credentials. */
  corsOrigins: readonly string[];
  /** The headers that every answer carries. */
  commonHeaders(request: Request, own: OwnHeaders): AnswerHeaders;
}

const bytesOf = ({ withoutCredentials, withCredentials }: LastHeaders) =>
  [withoutCredentials, withCredentials].reduce(
    (bytes, made) => bytes + (made === undefined ? 0 : HEADERS_BYTES + textBytes(made.accept ?? '')),
    0,
  );

const textOf = ({ url, body }: Envelope) => (body === null ? url : `${url}\n${body}`);

export class MemoryHits {
  readonly #sources: MemoryHitsSources;

  constructor(sources: MemoryHitsSources) {
    this.#sources = sources;
  }

  recall(envelope: Envelope): RecognisedRequest | undefined {
    return this.#sources.requests.get(textOf(envelope));
  }

  /** @param mediaType null if the client's `Accept` chooses it. */
  remember(
    envelope: Envelope,
    { sent, chosen }: PreparedOperation,
    key: CacheKey,
    mediaType: string | null,
    transport: Transport,
  ): void {
    if (chosen.found === null) return;
    const text = textOf(envelope);
    const { operation } = chosen.found;
    const { name: operationName, kind } = operation;
    const operationId = carriedId(operation);
    this.#sources.requests.set(
      text,
      {
        text,
        key,
        operationId,
        operationName,
        kind,
        transport,
        releaseClient: sent.release,
        mediaType,
        held: undefined,
      },
      textBytes(text, key.text) + ENTRY_BYTES,
    );
  }

  /** True if the answer is in memory, though perhaps none that needs its headers alone. */
  holds({ operationId, key }: RecognisedRequest, atMs: number): boolean {
    const { registry, answers } = this.#sources;
    const liveness = registry.known(operationId, atMs);
    return liveness !== undefined && mayRun(liveness) && answers.atOnce(key, atMs) !== null;
  }

  /** The answer without its request id; null where it is not a plain hit. */
  respondToGet(request: Request, client: Pick<ClientCount, 'countryOf'>, atMs: number): KeptAnswer | null {
    const known = this.#sources.requests.get(request.url);
    // A URL may be that of an answer and of a socket's handshake.
    return known === undefined || request.headers.has('upgrade')
      ? null
      : this.respond(request, known, client, atMs);
  }

  /** As `respondToGet`; also null where the request cannot be read. */
  respondToPost(
    request: Request,
    envelope: Envelope | null,
    client: Pick<ClientCount, 'countryOf'>,
    atMs: number,
  ): KeptAnswer | null {
    const known = envelope === null ? undefined : this.recall(envelope);
    return known === undefined ? null : this.respond(request, known, client, atMs);
  }

  /** @param client whose country counts in metrics */
  respond(
    request: Request,
    known: RecognisedRequest,
    client: Pick<ClientCount, 'countryOf'>,
    atMs: number,
  ): KeptAnswer | null {
    const { registry, usage, answers } = this.#sources;
    if (registry.known(known.operationId, atMs)?.state !== 'live') return null;
    const answer = answers.atOnce(known.key, atMs);
    if (answer === null) return null;
    const headers = this.#headersOf(request, known, answer, atMs);
    if (headers === null) return null;
    const body = clientHolds(request, answer.etag) ? null : answer.body;
    const kept = new KeptAnswer(body, headers);
    const sent = { status: kept.status, bytes: body?.byteLength ?? 0 };
    const identity = clientOf(request.headers, known.releaseClient);
    usage.hit(known, identity, sent, client.countryOf(request), atMs);
    return kept;
  }

  #headersOf(
    request: Request,
    { text, key, mediaType: ownMediaType }: RecognisedRequest,
    answer: StoredAnswer,
    atMs: number,
  ): Headers | null {
    const { hitHeaders, mediaTypes, corsOrigins, commonHeaders } = this.#sources;
    const { etag, executedAtMs } = answer;
    const isNegotiated = ownMediaType === null;
    const accept = isNegotiated ? request.headers.get('accept') : null;
    const hasCredentials = !hasNoCredentials(request.headers);
    // The answer to a GET without credentials is the same for every origin.
    const isShared = request.method === 'GET' && !hasCredentials;
    const origin = isShared ? null : listedOrigin(request.headers, corsOrigins);
    const second = ageSeconds(answer, atMs);
    const kept = hitHeaders.get(text);
    const last = hasCredentials ? kept?.withCredentials : kept?.withoutCredentials;
    if (
      last?.second === second &&
      last.accept === accept &&
      last.origin === origin &&
      last.executedAtMs === executedAtMs &&
      last.etag === etag
    )
      return last.headers;
    const accepted = isNegotiated ? mediaTypes.accepted(accept) : null;
    const mediaType = ownMediaType ?? accepted?.json ?? null;
    if (mediaType === null || accepted?.prefersEvents) return null;
    const served = { outcome: 'HIT', answer } as const;
    const own = cachedHeaders({ request, key, served, mediaType, isNegotiated, nowMs: atMs });
    const headers = new Headers({ ...own, ...commonHeaders(request, own) });
    const made: HitHeaders = { etag, executedAtMs, second, accept, origin, headers };
    const lastHeaders: LastHeaders = hasCredentials
      ? { withCredentials: made, withoutCredentials: kept?.withoutCredentials }
      : { withoutCredentials: made, withCredentials: kept?.withCredentials };
    hitHeaders.set(text, lastHeaders, textBytes(text) + bytesOf(lastHeaders));
    return headers;
  }
}
