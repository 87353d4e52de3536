/**
 * The coarse limit of a client's requests, in front of everything: of a session if the isolate knows the token, else of a
 * network (`auth/client-network.ts`).
 *
 * An isolate counts each request of a client itself. The platform's rate limiter counts for all isolates of a location,
 * and is asked before anything but an answer from memory is looked for. Such an answer waits for nothing: the limiter is
 * asked of it now and then, beside it, and its refusal takes effect at the client's next request.
 */
import { clientNetwork } from '../auth/client-network.ts';
import { UNKNOWN_CLIENT } from '../auth/request-client.ts';
import {
  CLIENT_REFUSED_SECONDS,
  HITS_COUNT_PAUSE_MS,
  HITS_FOR_ONE_COUNT,
  RATE_LIMIT_WINDOW_SECONDS,
  RATE_LIMITER_TIMEOUT_MS,
} from '../config.ts';
import { countryOf } from '../metrics/country-of.ts';
import { errorFields, log } from '../observability/log.ts';
import { answerWithin } from '../storage/answer-within.ts';
import { type BoundedMemory, ENTRY_BYTES, textBytes } from '../storage/bounded-memory.ts';
import type { HttpRefusal } from './responses.ts';

const WINDOW_MS = RATE_LIMIT_WINDOW_SECONDS * 1000;
/** The least time between two lines of the log about a limiter that fails. */
const FAILURE_LOG_PAUSE_MS = 60_000;

/** The requests of one client to this isolate. */
export class ClientCount {
  /** As the platform's limiter knows it. */
  readonly key: string;
  /** Empty while it is not known. */
  #country = '';
  #requests = 0;
  #hits = 0;
  #hitsCountedAtMs = 0;
  #windowEndsAtMs = 0;
  #refusedUntilMs = 0;

  constructor(key: string) {
    this.key = key;
  }

  add(nowMs: number, max: number): void {
    const leftMs = this.#windowEndsAtMs - nowMs;
    // A clock may be set back.
    if (leftMs <= 0 || leftMs > WINDOW_MS) {
      this.#windowEndsAtMs = nowMs + WINDOW_MS;
      this.#requests = 0;
      this.#country = '';
    }
    this.#requests += 1;
    if (this.#requests > max) this.#refusedUntilMs = this.#windowEndsAtMs;
  }

  /** For metrics: that of a request in this window, because the platform's facts are parsed anew for each request. */
  countryOf(request: Request): string {
    if (this.#country === '') this.#country = countryOf(request);
    return this.#country;
  }

  /** @returns true if the limiter must count the hits since the last time. */
  addHit(nowMs: number): boolean {
    this.#hits += 1;
    // A clock may be set back.
    if (this.#hits < HITS_FOR_ONE_COUNT || Math.abs(nowMs - this.#hitsCountedAtMs) < HITS_COUNT_PAUSE_MS)
      return false;
    this.#hits = 0;
    this.#hitsCountedAtMs = nowMs;
    return true;
  }

  refuse(nowMs: number): void {
    this.#refusedUntilMs = Math.max(this.#refusedUntilMs, nowMs + CLIENT_REFUSED_SECONDS * 1000);
  }

  isRefused(nowMs: number): boolean {
    const leftMs = this.#refusedUntilMs - nowMs;
    return leftMs > 0 && leftMs <= WINDOW_MS;
  }

  /** 429 if it is refused, else null. */
  refusal(requestId: string, nowMs: number): HttpRefusal | null {
    if (!this.isRefused(nowMs)) return null;
    const retryAfterSeconds = Math.ceil((this.#refusedUntilMs - nowMs) / 1000);
    return {
      status: 429,
      code: 'RATE_LIMITED',
      message: 'Too many requests: try again later.',
      requestId,
      headers: { 'Retry-After': String(retryAfterSeconds) },
    };
  }
}

export interface ClientLimitSources {
  /** The platform's limiter of this location; its limit is `maxRequests` too. */
  limiter: Pick<RateLimit, 'limit'>;
  /** The most requests of one client to one isolate in a minute. */
  maxRequests: number;
  /**
   * The session of an `authorization` header whose token this isolate has verified and that is valid now.
   */
  sessionOf(authorization: string): string | undefined;
  /** By session, by address as the platform writes it, and by network. */
  clients: BoundedMemory<ClientCount>;
  nowMs(): number;
}

/** A count, and its place under two keys. */
const COUNT_BYTES = 150 + ENTRY_BYTES;

export class ClientLimit {
  readonly #sources: ClientLimitSources;
  #failureLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(sources: ClientLimitSources) {
    this.#sources = sources;
  }

  /** Counts a request, and gives the count of its client. */
  count({ headers }: Request, nowMs: number): ClientCount {
    const { clients, sessionOf, maxRequests } = this.#sources;
    const authorization = headers.get('authorization');
    const sessionId = authorization === null ? undefined : sessionOf(authorization);
    let client: ClientCount;
    if (sessionId === undefined) {
      const address = headers.get('cf-connecting-ip') ?? UNKNOWN_CLIENT.network;
      client = clients.get(address) ?? this.#introduced(address);
    } else
      client = clients.get(sessionId) ?? this.#kept(new ClientCount(`session:${sessionId}`), [sessionId]);
    client.add(nowMs, maxRequests);
    return client;
  }

  /**
   * Has the platform's limiter count a request of the client, and refuses the client's next requests if it says so. A
   * limiter that fails refuses nobody.
   */
  async ask(client: ClientCount): Promise<void> {
    const { limiter, nowMs } = this.#sources;
    try {
      const { success } = await answerWithin(RATE_LIMITER_TIMEOUT_MS, 'rate limiter', () =>
        limiter.limit({ key: client.key }),
      );
      if (!success) client.refuse(nowMs());
    } catch (error) {
      if (nowMs() - this.#failureLoggedAtMs < FAILURE_LOG_PAUSE_MS) return;
      this.#failureLoggedAtMs = nowMs();
      log.error('rate_limiter.failed', errorFields(error));
    }
  }

  /** Has an answer from memory counted, as `HITS_FOR_ONE_COUNT` and `HITS_COUNT_PAUSE_MS` say. Nobody waits for it. */
  countHit(client: ClientCount, nowMs: number, ctx: Pick<ExecutionContext, 'waitUntil'>): void {
    if (client.addHit(nowMs)) ctx.waitUntil(this.ask(client));
  }

  #introduced(address: string): ClientCount {
    const { clients } = this.#sources;
    const network = clientNetwork(address)?.network ?? UNKNOWN_CLIENT.network;
    const client = clients.get(network) ?? new ClientCount(`network:${network}`);
    return this.#kept(client, new Set([network, address]));
  }

  #kept(client: ClientCount, keys: Iterable<string>): ClientCount {
    for (const key of keys) this.#sources.clients.set(key, client, textBytes(key) + COUNT_BYTES);
    return client;
  }
}
