/**
 * The limit: what workerd itself needs to send as many hibernating sockets one prepared text. `PUT` tells it the text,
 * `POST` makes it send, and an upgrade gives it one more socket.
 *
 * It knows its sockets by heart, which is faster than to ask the platform for them each time.
 */
import { DurableObject } from 'cloudflare:workers';

interface BareEnv {
  HUB: DurableObjectNamespace<BareHub>;
}

export class BareHub extends DurableObject {
  #text = '';
  readonly #sockets = new Set(this.ctx.getWebSockets());

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#sockets.add(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketClose(socket: WebSocket): void {
    this.#sockets.delete(socket);
  }

  keep(text: string): void {
    this.#text = text;
  }

  send(): void {
    for (const socket of this.#sockets) socket.send(this.#text);
  }
}

export default {
  async fetch(request, env) {
    const hub = env.HUB.getByName('bare');
    if (request.headers.get('upgrade') === 'websocket') return hub.fetch(request);
    if (request.method === 'PUT') await hub.keep(await request.text());
    else await hub.send();
    return new Response(null, { status: 204 });
  },
} satisfies ExportedHandler<BareEnv>;
