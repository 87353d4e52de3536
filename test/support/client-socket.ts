/** A client's end of a socket of the gateway, and what came over it, in order. */
import { createExecutionContext, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import gatewayWorker from '../../src/index.ts';
import { PING, PONG, TRANSPORT_SUBPROTOCOL } from '../../src/realtime/transport-messages.ts';

export interface SocketMessage {
  type: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it.
  payload?: any;
}

export class ClientSocket {
  readonly #socket: WebSocket;
  readonly unread: string[] = [];
  readonly #waiting: PromiseWithResolvers<string>[] = [];
  /** Set when it has closed: no message comes after that. */
  #end: Error | undefined;
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.accept();
    socket.addEventListener('message', ({ data }) => {
      // Asked by the server whether it reads, it says so, as every client does.
      if (data === PING) {
        if (socket.readyState === WebSocket.OPEN) socket.send(PONG);
        return;
      }
      const waiting = this.#waiting.shift();
      if (waiting) waiting.resolve(data as string);
      else this.unread.push(data as string);
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => {
        this.#end = new Error(`the socket was closed with ${code} ${reason}`);
        for (const waiting of this.#waiting) waiting.reject(this.#end);
        resolve({ code, reason });
      });
    });
  }

  /** Texts and bytes as they are, anything else as JSON. */
  send(message: unknown): void {
    const isRaw = typeof message === 'string' || message instanceof ArrayBuffer;
    this.#socket.send(isRaw ? message : JSON.stringify(message));
  }

  /** The next message as it came; waits for it. Rejects if the socket is closed before. */
  nextText(): Promise<string> {
    const text = this.unread.shift();
    if (text !== undefined) return Promise.resolve(text);
    const waiting = Promise.withResolvers<string>();
    // A test may end while it waits.
    waiting.promise.catch(() => undefined);
    if (this.#end === undefined) this.#waiting.push(waiting);
    else waiting.reject(this.#end);
    return waiting.promise;
  }

  async next(): Promise<SocketMessage> {
    return JSON.parse(await this.nextText());
  }

  subscribe(
    id: string,
    query: string,
    variables: Record<string, unknown> = {},
    extensions: Record<string, unknown> = {},
  ): void {
    this.send({ type: 'subscribe', id, payload: { query, variables, extensions } });
  }

  /** Resolves once all that was sent before has been answered, with nothing else in between. */
  async expectSilence(): Promise<void> {
    const payload = { fence: crypto.randomUUID() };
    this.send({ type: 'ping', payload });
    const text = await this.nextText();
    if (text !== JSON.stringify({ type: 'pong', payload })) throw new Error(`no silence: ${text}`);
  }

  close(code = 1000, reason?: string): void {
    this.#socket.close(code, reason);
  }
}

const handle = (request: Request) =>
  gatewayWorker.fetch(
    request as Parameters<typeof gatewayWorker.fetch>[0],
    env as unknown as Env,
    createExecutionContext(),
  );

/** The same payload over HTTP. */
export async function post(payload: Record<string, unknown>): Promise<{ errors?: unknown[] }> {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/graphql-response+json' };
  const request = new Request('https://gateway.test/graphql', {
    method: 'POST',
    headers,
    body: JSON.stringify(payload),
  });
  return (await handle(request)).json();
}

/** When a Durable Object wakes itself; null where it does not. */
export const alarmOf = (stub: DurableObjectStub) =>
  runInDurableObject(stub, (_, state) => state.storage.getAlarm());

/** The answer to a handshake that offers those subprotocols, or none. */
export const handshake = (subprotocols: string | null, headers: Record<string, string> = {}) =>
  handle(upgrade(subprotocols, headers));

/** The handshake alone. */
export async function openSocket(
  subprotocols: string | null = TRANSPORT_SUBPROTOCOL,
  headers: Record<string, string> = {},
): Promise<ClientSocket> {
  return socketOf(await handshake(subprotocols, headers));
}

/** The handshake alone, with the hub of a name. */
export async function openSocketOf(
  hubName: string,
  headers: Record<string, string> = {},
): Promise<ClientSocket> {
  const hub = env.SUBSCRIPTION_HUBS.getByName(hubName);
  return socketOf(await hub.fetch(upgrade(TRANSPORT_SUBPROTOCOL, headers)));
}

/** Introduced, by whatever hub the gateway chooses, or by the one of a name. */
export async function connect(hubName?: string, authorization?: string): Promise<ClientSocket> {
  const socket = await (hubName === undefined ? openSocket() : openSocketOf(hubName));
  socket.send({ type: 'connection_init', payload: authorization === undefined ? null : { authorization } });
  const acknowledged = await socket.next();
  if (acknowledged.type !== 'connection_ack') throw new Error(`not acknowledged: ${acknowledged.type}`);
  return socket;
}

function upgrade(subprotocols: string | null, sent: Record<string, string> = {}): Request {
  const headers = new Headers({ ...sent, Upgrade: 'websocket' });
  if (subprotocols !== null) headers.set('Sec-WebSocket-Protocol', subprotocols);
  return new Request('https://gateway.test/graphql', { headers });
}

function socketOf(response: Response): ClientSocket {
  if (response.webSocket === null) throw new Error(`no socket: ${response.status}`);
  return new ClientSocket(response.webSocket);
}
