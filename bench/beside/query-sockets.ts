/**
 * Queries over graphql-transport-ws sockets, in a closed loop. They take turns over many sockets, since the gateway
 * takes 20 messages a second of one.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const SOCKETS = 400;
const IN_FLIGHT = 16;

export class QuerySockets {
  readonly #sockets: Awaited<ReturnType<typeof openSocket>>[] = [];

  /** @param payload of every subscribe message. */
  static async open(url: URL, payload: object): Promise<QuerySockets> {
    const opened = new QuerySockets();
    while (opened.#sockets.length < SOCKETS) opened.#sockets.push(await openSocket(url, payload));
    return opened;
  }

  /** @param check throws where the answer is wrong. */
  async run(durationMs: number, check: (message: string) => void) {
    const startedAtMs = performance.now();
    let queries = 0;
    let next = 0;
    const loop = async () => {
      do {
        const socket = this.#sockets[next++ % SOCKETS];
        const message = await socket?.ask();
        if (message === undefined) throw new Error('no socket is open');
        check(message);
        queries += 1;
      } while (performance.now() - startedAtMs < durationMs);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
    return { queries, elapsedMs: performance.now() - startedAtMs };
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

async function openSocket(url: URL, payload: object) {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  let asked = 0;
  let answer = '';
  let pending = Promise.withResolvers<string>();
  await once(socket, 'open');
  socket.send('{"type":"connection_init"}');
  await once(socket, 'message');
  socket.on('message', (received: Buffer) => {
    const message = received.toString();
    const { type } = JSON.parse(message) as { type: string };
    if (type === 'next') answer = message;
    else if (type === 'complete') pending.resolve(answer);
    else if (type === 'ping') socket.send('{"type":"pong"}');
    else pending.reject(new Error(`an unexpected message: ${message}`));
  });
  socket.on('close', (code: number) => pending.reject(new Error(`a socket was closed with ${code}`)));
  return {
    ask() {
      asked += 1;
      answer = '';
      pending = Promise.withResolvers();
      socket.send(JSON.stringify({ type: 'subscribe', id: String(asked), payload }));
      return pending.promise;
    },
    close() {
      socket.removeAllListeners('close');
      socket.terminate();
    },
  };
}
