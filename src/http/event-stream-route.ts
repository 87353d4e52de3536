/**
 * `/graphql` as server-sent events: graphql-sse's "distinct connections" mode
 * (https://github.com/enisdenjo/graphql-sse, PROTOCOL.md), a stream for each operation.
 *
 * The operation is prepared as in any other request, and once more by the hub that sends the events. A refusal is an
 * HTTP answer with its status and body. The protocol sends such errors as events of an accepted stream, but a browser's
 * EventSource reconnects for ever to a stream that ends with status 200.
 */
import type { GraphQLFormattedError } from 'graphql';
import { requestClientOf } from '../auth/request-client.ts';
import { EVENT_STREAM_ANSWER_WITHIN_MS, EVENT_STREAM_RETRY_SECONDS } from '../config.ts';
import { retryAfterOf, statusOfCode } from '../graphql/error-policy.ts';
import type { MeasuredRequest } from '../metrics/measured-request.ts';
import { errorFields, log } from '../observability/log.ts';
import { CLOSE_CODES } from '../realtime/transport-messages.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import { NOT_STORED } from './answer.ts';
import { deprecationHeaders, forwardStatus } from './cached-answer.ts';
import { EventStream } from './event-stream.ts';
import { type HubEvent, type HubResult, subscribeToHub } from './hub-subscription.ts';
import { GRAPHQL_RESPONSE } from './media-types.ts';
import { EVENT_STREAM_MEDIA_TYPE, formatEvent } from './server-sent-events.ts';

export interface EventStreamExchange {
  request: Request;
  requestId: string;
  prepared: PreparedOperation;
  /** The answer as one JSON text. */
  answerAsJson(): Promise<Response>;
  /** Rejects with a GraphQLError where the request's token is not valid. */
  identify(): Promise<unknown>;
  /** The handshake of a socket to a hub. */
  openSocket(request: Request): Promise<Response>;
  measured: MeasuredRequest;
}

const COMPLETE = { event: 'complete', data: '' };
/** No cache takes part in events of a hub. */
const BYPASSED = { 'X-Cache': 'BYPASS', 'Cache-Status': forwardStatus('bypass') };

/** A query or a mutation as a stream: one event. */
export async function onceAsEvents(answer: Response, measured: MeasuredRequest): Promise<Response> {
  const events = formatEvent({ event: 'next', data: await answer.text() }) + formatEvent(COMPLETE);
  const body = new TextEncoder().encode(events);
  measured.bytes = body.byteLength;
  return new Response(body, { headers: streamHeaders(answer.headers) });
}

export async function subscriptionAsEvents(exchange: EventStreamExchange): Promise<Response> {
  const { request, requestId, prepared } = exchange;
  const first = Promise.withResolvers<HubEvent | null>();
  let subscription: { close(): void } | undefined;
  const stream = new EventStream((reason) => {
    if (reason === 'unread') log.warn('events.unread', { requestId });
    subscription?.close();
  });
  try {
    subscription = await subscribeToHub({
      openSocket: exchange.openSocket,
      client: prepared.sent.client,
      requestClient: requestClientOf(request.headers),
      authorization: request.headers.get('authorization'),
      payload: payloadOf(prepared, request.headers),
      onEvent: (event) => {
        first.resolve(event);
        tell(stream, event);
      },
    });
  } catch (error) {
    stream.end();
    log.error('events.no_hub', { requestId, ...errorFields(error) });
    return unavailable(exchange);
  }
  // A resumed stream that has missed nothing gets no event until something changes.
  const timer = setTimeout(() => first.resolve(null), EVENT_STREAM_ANSWER_WITHIN_MS);
  const began = await first.promise;
  clearTimeout(timer);
  const refusal = await refusalOf(began, exchange);
  if (refusal !== null) return refusal;
  const deprecation = deprecationHeaders(prepared.chosen.found?.liveness ?? null);
  const headers = streamHeaders(new Headers({ ...BYPASSED, ...deprecation }));
  return new Response(stream.body, { headers });
}

/**
 * The hub's payload. An id in place of a document leaves more room in the socket's attachment. A browser that reconnects
 * sends the same URL and the id of the last event that it saw: the id is the newer position.
 */
function payloadOf({ sent, chosen }: PreparedOperation, headers: Headers): Record<string, unknown> {
  const { operationName, variables, extensions } = sent;
  const registered = chosen.found?.operation;
  const document = registered === undefined ? { query: chosen.document } : { documentId: registered.id };
  const resumeFrom = headers.get('last-event-id') || extensions?.resumeFrom;
  return { ...document, operationName, variables, extensions: { resumeFrom } };
}

function tell(stream: EventStream, event: HubEvent): void {
  if (event.kind === 'next') stream.send(nextEvent(event.result));
  else {
    // After an accident the client reconnects and resumes; `complete` would stop it.
    if (!isAccident(event)) {
      if (event.kind === 'error') stream.send(nextEvent({ errors: event.errors }));
      stream.send(COMPLETE);
    }
    stream.end();
  }
}

function isAccident(event: HubEvent): boolean {
  if (event.kind === 'error') return statusOfCode(event.errors[0]?.extensions?.code) === 503;
  // After the end of a session the client must sign in.
  return event.kind === 'closed' && event.code !== CLOSE_CODES.forbidden;
}

function nextEvent(result: HubResult) {
  const id = result.extensions?.position;
  return { event: 'next', data: JSON.stringify(result), ...(id === undefined ? {} : { id }) };
}

/** Null if the operation runs. */
async function refusalOf(began: HubEvent | null, exchange: EventStreamExchange): Promise<Response | null> {
  if (began?.kind === 'error')
    return refused(statusOfCode(began.errors[0]?.extensions?.code), began.errors, exchange);
  if (began?.kind !== 'closed') return null;
  const { code, reason } = began;
  if (code === CLOSE_CODES.messageTooBig) {
    return refused(413, [{ message: reason, extensions: { code: 'PAYLOAD_TOO_LARGE' } }], exchange);
  }
  if (code !== CLOSE_CODES.forbidden) {
    log.warn('events.hub_closed', { requestId: exchange.requestId, code, reason });
    return unavailable(exchange);
  }
  const isKnown = await exchange.identify().then(
    () => true,
    () => false,
  );
  // The answer over HTTP says what is wrong with the token.
  if (!isKnown) return exchange.answerAsJson();
  return refused(403, [{ message: 'The session has ended.', extensions: { code: 'FORBIDDEN' } }], exchange);
}

const unavailable = (exchange: EventStreamExchange) =>
  refused(
    503,
    [{ message: 'No events can be sent now: try again.', extensions: { code: 'UPSTREAM_UNAVAILABLE' } }],
    exchange,
  );

/** @param errors as a client may see them. */
function refused(
  status: number,
  errors: readonly GraphQLFormattedError[],
  { measured }: EventStreamExchange,
): Response {
  measured.failed(errors, false);
  const isPassing = status === 429 || status === 503;
  const retryAfter = retryAfterOf(errors[0]?.extensions) ?? {
    'Retry-After': String(EVENT_STREAM_RETRY_SECONDS),
  };
  return new Response(JSON.stringify({ errors }), {
    status,
    headers: {
      'Content-Type': `${GRAPHQL_RESPONSE}; charset=utf-8`,
      'Cache-Control': NOT_STORED,
      ...BYPASSED,
      ...(isPassing ? retryAfter : {}),
    },
  });
}

/** The same request for an answer in a stream, which is never a 304. It has no body: the operation was read already. */
export function withoutConditions({ url, method, headers: sent }: Request): Request {
  const headers = new Headers(sent);
  headers.delete('if-none-match');
  return new Request(url, { method, headers });
}

/** @param about the headers of the answer in the stream. */
function streamHeaders(about: Headers): Headers {
  const headers = new Headers({
    'Content-Type': EVENT_STREAM_MEDIA_TYPE,
    // A compressing proxy would hold events back.
    'Cache-Control': `${NOT_STORED}, no-transform`,
    // nginx buffers an answer without this header.
    'X-Accel-Buffering': 'no',
  });
  for (const name of ['X-Cache', 'Cache-Status', 'Deprecation', 'Sunset']) {
    const value = about.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}
