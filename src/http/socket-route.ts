/** `/graphql` by WebSocket: the handshake alone. Each connection has its hub for life, and any hub will do. */
import { SUBSCRIPTION_HUBS } from '../config.ts';
import { CLOSE_CODES, TRANSPORT_SUBPROTOCOL } from '../realtime/transport-messages.ts';

export async function openSocket(
  request: Request,
  hubs: Pick<Env['SUBSCRIPTION_HUBS'], 'getByName'>,
  randomId: () => string,
): Promise<Response> {
  const offered = (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());
  if (!offered.includes(TRANSPORT_SUBPROTOCOL)) return refusedSocket();
  const number = Number.parseInt(randomId().slice(0, 8), 16) % SUBSCRIPTION_HUBS;
  return hubs.getByName(`hub-${number}`).fetch(request);
}

/** The protocol says so by a close code, which takes a socket to be sent over. */
function refusedSocket(): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  server.close(CLOSE_CODES.subprotocolNotAcceptable, 'Subprotocol not acceptable');
  return new Response(null, { status: 101, webSocket: client });
}
