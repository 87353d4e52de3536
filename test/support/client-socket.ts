/** A client's end of a socket of the gateway, and what came over it, in order. */
import { createExecutionContext, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import gatewayWorker from '../../src/index.ts';

export interface ServerMessage {
  type: string;
  id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of it.
  payload?: any;
}

export class ClientSocket {
  readonly #socket: WebSocket;
  readonly #unread: string[] = [];
  readonly #waiting: ((text: string) => void)[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.accept();
    socket.addEventListener('message', ({ data }) => {
      const waiting = this.#waiting.shift();
      if (waiting) waiting(data as string);
      else this.#unread.push(data as string);
    });
    this.closed = new Promise((resolve) => {
      socket.addEventListener('close', ({ code, reason }) => resolve({ code, reason }));
    });
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message as it came; waits for it. */
  nextText(): Promise<string> {
    const text = this.#unread.shift();
    return text === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(text);
  }

  async next(): Promise<ServerMessage> {
    return JSON.parse(await this.nextText());
  }

  subscribe(id: string, query: string, variables: Record<string, unknown> = {}): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } });
  }

  close(): void {
    this.#socket.close(1000);
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

/** The handshake alone. */
export async function openSocket(subprotocol = 'graphql-transport-ws'): Promise<ClientSocket> {
  return socketOf(await handle(upgrade(subprotocol)));
}

/** Introduced, by whatever hub the gateway chooses, or by the one of a name. */
export async function connect(hubName?: string): Promise<ClientSocket> {
  const socket =
    hubName === undefined
      ? await openSocket()
      : socketOf(await env.SUBSCRIPTION_HUBS.getByName(hubName).fetch(upgrade()));
  socket.send({ type: 'connection_init' });
  const acknowledged = await socket.next();
  if (acknowledged.type !== 'connection_ack') throw new Error(`not acknowledged: ${acknowledged.type}`);
  return socket;
}

function upgrade(subprotocol = 'graphql-transport-ws'): Request {
  return new Request('https://gateway.test/graphql', {
    headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': subprotocol },
  });
}

function socketOf(response: Response): ClientSocket {
  if (response.webSocket === null) throw new Error(`no socket: ${response.status}`);
  return new ClientSocket(response.webSocket);
}
