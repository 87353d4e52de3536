/** A socket that begins and ends subscriptions, and takes the time to each first event. */
import { once } from 'node:events';
import { WebSocket } from 'ws';

const DOCUMENT =
  'subscription ($symbols: [String!]!) { priceUpdated(symbols: $symbols) { symbol price updatedAt } }';

interface Message {
  type: string;
  id?: string;
  payload?: unknown;
}

export class ChurnSocket {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, PromiseWithResolvers<Message>>();
  closeCode: number | null = null;
  started = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (text: Buffer) => this.#received(JSON.parse(text.toString()) as Message));
    socket.on('close', (code) => {
      this.closeCode = code;
      for (const { reject } of this.#waiting.values()) reject(new Error(`closed with ${code}`));
    });
  }

  static async open(url: string): Promise<ChurnSocket> {
    const socket = new WebSocket(url, 'graphql-transport-ws', { perMessageDeflate: false });
    await once(socket, 'open');
    const acknowledged = once(socket, 'message');
    socket.send('{"type":"connection_init"}');
    await acknowledged;
    return new ChurnSocket(socket);
  }

  /** @returns the operation's id. */
  subscribe(symbols: readonly string[]): string {
    const id = String(this.started);
    this.started += 1;
    this.#send({ type: 'subscribe', id, payload: { query: DOCUMENT, variables: { symbols } } });
    return id;
  }

  complete(id: string): void {
    this.#send({ type: 'complete', id });
  }

  /** Subscribes, waits for the first event, and completes. */
  async firstEventMs(symbols: readonly string[]): Promise<number> {
    const sentAt = performance.now();
    const id = this.subscribe(symbols);
    const first = Promise.withResolvers<Message>();
    this.#waiting.set(id, first);
    const { type, payload } = await first.promise;
    const elapsedMs = performance.now() - sentAt;
    if (type !== 'next') throw new Error(`refused: ${JSON.stringify(payload)}`);
    this.complete(id);
    return elapsedMs;
  }

  close(): void {
    this.#waiting.clear();
    this.#socket.terminate();
  }

  #received(message: Message): void {
    if (message.type === 'ping') this.#send({ type: 'pong' });
    const { id } = message;
    if (id === undefined) return;
    this.#waiting.get(id)?.resolve(message);
    this.#waiting.delete(id);
  }

  #send(message: Message): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
