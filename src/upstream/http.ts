/**
 * One GET to an upstream API, with its time limit, its retries and its errors.
 *
 * Guarantees: an answer is either parsed JSON or an `UpstreamError` whose message may be logged as it is: it
 * names the API, the route's template and the status, never a header, a query or a body. Retries connection
 * failures, 429 and 5xx; never a timeout, because a slow service is not helped by asking again. Refuses to
 * follow redirects: the key must not travel to another host.
 */
import { UPSTREAM_MAX_ATTEMPTS, UPSTREAM_TIMEOUT_MS } from '../config.ts';

export type UpstreamApi = 'main' | 'price';
export type UpstreamErrorKind = 'timeout' | 'network' | 'status' | 'malformed';

/** Why an upstream call gave nothing usable. `status` stands where there was an HTTP answer. */
export class UpstreamError extends Error {
  readonly api: UpstreamApi;
  /** The route's template, such as `/prices/:symbol/history`. */
  readonly route: string;
  readonly kind: UpstreamErrorKind;
  readonly status: number | undefined;

  constructor(
    failure: { api: UpstreamApi; route: string; kind: UpstreamErrorKind; reason: string; status?: number },
    options?: ErrorOptions,
  ) {
    super(`${failure.api} API ${failure.route}: ${failure.reason}`, options);
    this.name = 'UpstreamError';
    this.api = failure.api;
    this.route = failure.route;
    this.kind = failure.kind;
    this.status = failure.status;
  }
}

export interface UpstreamOptions {
  /** Without a trailing slash. */
  baseUrl: string;
  apiKey: string;
  fetch: typeof fetch;
  /** Resolves after so many milliseconds. */
  sleep: (ms: number) => Promise<void>;
  timeoutMs?: number;
  maxAttempts?: number;
}

/** @throws UpstreamError */
export type GetJson = (route: string, pathAndQuery: string) => Promise<unknown>;

const BACKOFF_BASE_MS = 200;
/** Where upstream asks for a longer pause, asking within it would only earn another refusal: give up. */
const RETRY_AFTER_MAX_MS = 5_000;

export function createGetJson(api: UpstreamApi, options: UpstreamOptions): GetJson {
  // Taken out of the object: workerd refuses a `fetch` called as somebody's method.
  const { baseUrl, apiKey, fetch, sleep } = options;
  const timeoutMs = options.timeoutMs ?? UPSTREAM_TIMEOUT_MS;
  const maxAttempts = options.maxAttempts ?? UPSTREAM_MAX_ATTEMPTS;
  const headers = {
    Accept: 'application/json',
    Authorization: `Bearer ${apiKey}`,
    'User-Agent': 'COM2000-Worker/1.0',
  };

  async function attempt(route: string, pathAndQuery: string): Promise<{ text: string } | Refusal> {
    const controller = new AbortController();
    const { signal } = controller;
    // AbortSignal.timeout() cannot be taken back: it keeps a Durable Object awake for all of its time.
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      const response = await fetch(baseUrl + pathAndQuery, { headers, signal, redirect: 'manual' });
      if (response.status === 200) return { text: await response.text() };
      await response.body?.cancel();
      return { status: response.status, retryAfter: response.headers.get('retry-after') };
    } catch (cause) {
      if (signal.aborted) {
        const reason = `no answer within ${timeoutMs} ms`;
        throw new UpstreamError({ api, route, kind: 'timeout', reason }, { cause });
      }
      return { cause };
    } finally {
      clearTimeout(timer);
    }
  }

  return async (route, pathAndQuery) => {
    for (let attempts = 1; ; attempts += 1) {
      const answer = await attempt(route, pathAndQuery);
      if ('text' in answer) return parseJson(api, route, answer.text);
      const pauseMs = attempts < maxAttempts ? pauseBeforeRetryMs(answer, attempts) : null;
      if (pauseMs === null) throw refusalError(api, route, answer);
      await sleep(pauseMs);
    }
  };
}

type Refusal = { status: number; retryAfter: string | null } | { cause: unknown };

/** Null where asking again is no use. */
function pauseBeforeRetryMs(refusal: Refusal, attempts: number): number | null {
  const backoffMs = BACKOFF_BASE_MS * 2 ** (attempts - 1);
  if ('cause' in refusal) return backoffMs;
  if (refusal.status !== 429 && refusal.status < 500) return null;
  // The form with a date needs both clocks to agree; it gets the usual pause.
  if (refusal.retryAfter === null || !/^\d{1,6}$/.test(refusal.retryAfter)) return backoffMs;
  const askedMs = Number(refusal.retryAfter) * 1000;
  return askedMs > RETRY_AFTER_MAX_MS ? null : Math.max(askedMs, backoffMs);
}

function refusalError(api: UpstreamApi, route: string, refusal: Refusal): UpstreamError {
  if ('status' in refusal) {
    const { status } = refusal;
    return new UpstreamError({ api, route, kind: 'status', status, reason: `HTTP ${status}` });
  }
  return new UpstreamError(
    { api, route, kind: 'network', reason: 'connection failed' },
    { cause: refusal.cause },
  );
}

function parseJson(api: UpstreamApi, route: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw new UpstreamError({ api, route, kind: 'malformed', status: 200, reason: 'the answer is not JSON' });
  }
}
