/**
 * One GET or POST to an upstream API, with a time limit and retries.
 *
 * The result is parsed JSON or an `UpstreamError`. Its message is safe to log: it has the API, the route's template
 * and the status, but no header, query or body. It retries connection failures, 429 and 5xx: a POST carries an
 * idempotency key, so that upstream applies it once. It does not retry a timeout, because more requests do not help a
 * slow service. It follows no redirect, because another host must not see the key. It reads an answer up to a limit, so
 * that a huge one takes neither the memory nor the time of others.
 */
import { UPSTREAM_ANSWER_MAX_BYTES, UPSTREAM_MAX_ATTEMPTS, UPSTREAM_TIMEOUT_MS } from '../config.ts';

export type UpstreamApi = 'main' | 'price';
export type UpstreamErrorKind = 'timeout' | 'network' | 'status' | 'malformed';

/** An upstream call failed. `status` is undefined if there was no HTTP response. */
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
  /** The size of an answer after decompression. */
  maxAnswerBytes?: number;
}

/** @throws UpstreamError */
export type GetJson = (route: string, pathAndQuery: string) => Promise<unknown>;

/** Names the request that caused a call, so that both logs can be read together. */
export interface CallTrace {
  requestId: string;
  /** W3C Trace Context; null if the request had none. */
  traceparent: string | null;
}

export interface PostCall {
  /** JSON. The same key always has the same body. */
  body: string;
  idempotencyKey: string;
  trace: CallTrace;
}

/**
 * The status is 200 or 201 (applied), or 409 (refused for good).
 *
 * @throws UpstreamError for every other status
 */
export type PostJson = (route: string, path: string, call: PostCall) => Promise<Answer>;

export interface Answer {
  status: number;
  json: unknown;
}

const BACKOFF_BASE_MS = 200;
/** If upstream demands a longer pause, the call fails: a retry within that pause would be refused too. */
const RETRY_AFTER_MAX_MS = 5_000;

const POST_STATUSES = [200, 201, 409];
/** Version 00 of W3C Trace Context, section 3.2. A client may send anything in this header. */
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

export function createGetJson(api: UpstreamApi, options: UpstreamOptions): GetJson {
  const call = createCall(api, options);
  return async (route, pathAndQuery) => (await call(route, pathAndQuery, {}, [200])).json;
}

export function createPostJson(api: UpstreamApi, options: UpstreamOptions): PostJson {
  const call = createCall(api, options);
  return async (route, path, { body, idempotencyKey, trace: { requestId, traceparent } }) => {
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      'Idempotency-Key': idempotencyKey,
      'x-request-id': requestId,
    };
    if (traceparent !== null && TRACEPARENT.test(traceparent)) headers.traceparent = traceparent;
    return call(route, path, { method: 'POST', body, headers }, POST_STATUSES);
  };
}

interface CallInit {
  method?: 'POST';
  body?: string;
  headers?: Record<string, string>;
}

/** Answers of other statuses than the accepted ones reject. */
type Call = (
  route: string,
  pathAndQuery: string,
  init: CallInit,
  accepted: readonly number[],
) => Promise<Answer>;

function createCall(api: UpstreamApi, options: UpstreamOptions): Call {
  // workerd refuses a `fetch` that is called as a method.
  const { baseUrl, apiKey, fetch, sleep } = options;
  const timeoutMs = options.timeoutMs ?? UPSTREAM_TIMEOUT_MS;
  const maxAttempts = options.maxAttempts ?? UPSTREAM_MAX_ATTEMPTS;
  const maxAnswerBytes = options.maxAnswerBytes ?? UPSTREAM_ANSWER_MAX_BYTES;
  const ownHeaders = {
    Accept: 'application/json',
    Authorization: `Bearer ${apiKey}`,
    'User-Agent': 'COM2000-Worker/1.0',
  };

  async function attempt(
    ...[route, pathAndQuery, init, accepted]: Parameters<Call>
  ): Promise<{ status: number; text: string | null } | Refusal> {
    const controller = new AbortController();
    const { signal } = controller;
    // AbortSignal.timeout() cannot be cleared, and keeps a Durable Object awake until it fires.
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      const headers = { ...ownHeaders, ...init.headers };
      const response = await fetch(baseUrl + pathAndQuery, { ...init, headers, signal, redirect: 'manual' });
      const { status } = response;
      if (accepted.includes(status)) return { status, text: await readText(response, maxAnswerBytes) };
      await response.body?.cancel();
      return { status, retryAfter: response.headers.get('retry-after') };
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

  return async (route, ...rest) => {
    for (let attempts = 1; ; attempts += 1) {
      const answer = await attempt(route, ...rest);
      if ('text' in answer) {
        const { status, text } = answer;
        if (text !== null) return { status, json: parseJson(api, route, text, status) };
        throw malformed(api, route, `the answer is longer than ${maxAnswerBytes} bytes`, status);
      }
      const pauseMs = attempts < maxAttempts ? pauseBeforeRetryMs(answer, attempts) : null;
      if (pauseMs === null) throw refusalError(api, route, answer);
      await sleep(pauseMs);
    }
  };
}

/** Null if the body is longer than the limit; its rest is not read. */
export async function readText({ headers, body }: Response, maxBytes: number): Promise<string | null> {
  if (Number(headers.get('content-length')) > maxBytes) {
    await body?.cancel();
    return null;
  }
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  // A return from the loop cancels the stream.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

type Refusal = { status: number; retryAfter: string | null } | { cause: unknown };

/** Null if a retry is useless. */
function pauseBeforeRetryMs(refusal: Refusal, attempts: number): number | null {
  const backoffMs = BACKOFF_BASE_MS * 2 ** (attempts - 1);
  if ('cause' in refusal) return backoffMs;
  if (refusal.status !== 429 && refusal.status < 500) return null;
  // A date in Retry-After would need synchronised clocks, so it gets the usual pause.
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

function parseJson(api: UpstreamApi, route: string, text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw malformed(api, route, 'the answer is not JSON', status);
  }
}

/** A response with an accepted status that is not of the expected form. */
export const malformed = (api: UpstreamApi, route: string, reason: string, status = 200) =>
  new UpstreamError({ api, route, kind: 'malformed', status, reason });

/** @throws the error, unless it is a 404. */
export function rethrowUnlessNotFound(error: unknown): void {
  if (!(error instanceof UpstreamError && error.status === 404)) throw error;
}
