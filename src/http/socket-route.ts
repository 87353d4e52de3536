/** The handshake of `/graphql` by WebSocket. A connection stays with one hub; any hub may take it. */
import { TimeoutError } from 'p-timeout';
import { HUB_HANDSHAKE_TIMEOUT_MS, SUBSCRIPTION_HUBS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import { CLOSE_CODES, type CloseCode, TRANSPORT_SUBPROTOCOL } from '../realtime/transport-messages.ts';
import { answerWithin } from '../storage/answer-within.ts';

export async function openSocket(
  request: Request,
  hubs: Pick<Env['SUBSCRIPTION_HUBS'], 'getByName'>,
  randomId: () => string,
): Promise<Response> {
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(TRANSPORT_SUBPROTOCOL))
    return closedSocket(CLOSE_CODES.subprotocolNotAcceptable, 'Subprotocol not acceptable');
  const number = Number.parseInt(randomId().slice(0, 8), 16) % SUBSCRIPTION_HUBS;
  const hub = hubs.getByName(`hub-${number}`);
  try {
    return await answerWithin(HUB_HANDSHAKE_TIMEOUT_MS, 'hub', () => hub.fetch(request));
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
    // A socket that the hub opens later is closed by the hub, since nobody initialises it.
    log.warn('socket.hub_timed_out', { hub: number, ...errorFields(error) });
    return closedSocket(CLOSE_CODES.tryAgainLater, 'The hub does not answer: try again', {
      'Sec-WebSocket-Protocol': TRANSPORT_SUBPROTOCOL,
    });
  }
}

/** A close code needs an open socket to be sent over. */
function closedSocket(code: CloseCode, reason: string, headers: HeadersInit = {}): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(code, reason);
  return new Response(null, { status: 101, webSocket: client, headers });
}
