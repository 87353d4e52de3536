/**
 * Watches a room over a socket or an event stream of one hub after another, and comes back with its last position whenever
 * a connection is lost, as clients do. A broken promise fails whoever waits for the watcher.
 */
import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import gatewayWorker from '../../../src/index.ts';
import { PING, PONG, TRANSPORT_SUBPROTOCOL } from '../../../src/realtime/transport-messages.ts';
import { EventStreamClient } from '../event-stream-client.ts';
import { RoomLog, type RoomResult } from './room-log.ts';

export const CHAT_EVENTS =
  'subscription Watch($room: ID!) { chatEvents(roomId: $room) { kind message { id text deleted } } }';

export interface WatcherOptions {
  /** Global. */
  roomId: string;
  /** That of the room before anything happens in it. */
  position: string;
  transport: 'socket' | 'stream';
  /** Of each connection; a stream's is the gateway's choice. */
  hubOf: (connection: number) => string;
  document?: string;
}

const CONNECTIONS_MAX = 100;
const RETRYABLE: readonly unknown[] = [
  'UPSTREAM_UNAVAILABLE',
  'SERVICE_UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
];

export class RoomWatcher {
  readonly log: RoomLog;
  connections = 0;
  readonly #options: WatcherOptions;
  readonly #fault = Promise.withResolvers<never>();
  readonly #waiting = new Map<string, () => void>();
  #drop: () => void = () => undefined;
  #isAway = true;
  #isRunning = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.log = new RoomLog(options.position);
    // It may happen before anybody waits.
    this.#fault.promise.catch(() => undefined);
  }

  /** Connects, and again whenever the connection is lost. */
  watch(): void {
    this.#isAway = false;
    if (!this.#isRunning) void this.#run();
  }

  /** Loses its connection, and comes back at once. */
  drop(): void {
    this.#drop();
  }

  /** Ends its connection, and stays away. */
  leave(): void {
    this.#isAway = true;
    this.#drop();
  }

  /** Resolves when it shows the message. Rejects if a promise was broken. */
  async shows(messageId: string): Promise<void> {
    if (this.log.shown.has(messageId)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.set(messageId, resolve);
    await this.unbroken(promise);
  }

  unbroken<Awaited>(promise: Promise<Awaited>): Promise<Awaited> {
    return Promise.race([promise, this.#fault.promise]);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      while (!this.#isAway) {
        this.connections += 1;
        if (this.connections > CONNECTIONS_MAX) throw new Error('nobody lets it watch');
        await (this.#options.transport === 'socket' ? this.#overSocket() : this.#overStream());
      }
    } catch (error) {
      this.#fault.reject(error);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Resolves when the connection is lost. */
  async #overSocket(): Promise<void> {
    const lost = Promise.withResolvers<void>();
    const socket = await this.#socket();
    if (socket === null) return;
    this.#drop = () => {
      socket.close(1000);
      lost.resolve();
    };
    const isCurrent = this.#current();
    socket.addEventListener('close', () => lost.resolve());
    socket.addEventListener('message', ({ data }) => {
      if (!isCurrent()) return;
      if (data === PING) socket.send(PONG);
      else
        try {
          if (!this.#take(JSON.parse(String(data)))) this.#drop();
        } catch (error) {
          lost.reject(error);
        }
    });
    socket.accept();
    const { roomId, document = CHAT_EVENTS } = this.#options;
    const payload = {
      query: document,
      variables: { room: roomId },
      extensions: { resumeFrom: this.log.position },
    };
    socket.send('{"type":"connection_init"}');
    socket.send(JSON.stringify({ type: 'subscribe', id: 'room', payload }));
    if (this.#isAway) this.#drop();
    await lost.promise;
  }

  #current(): () => boolean {
    const connection = this.connections;
    return () => connection === this.connections && !this.#isAway;
  }

  /** Null if the hub has broken off meanwhile. */
  async #socket(): Promise<WebSocket | null> {
    const hub = env.SUBSCRIPTION_HUBS.getByName(this.#options.hubOf(this.connections));
    const headers = { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': TRANSPORT_SUBPROTOCOL };
    try {
      const { webSocket } = await hub.fetch(new Request('https://gateway.test/graphql', { headers }));
      return webSocket;
    } catch {
      return null;
    }
  }

  /** False if the subscription has ended in a way that it may be asked for again. */
  #take({ type, payload }: { type: string; payload?: unknown }): boolean {
    if (type === 'next') this.#show(payload as RoomResult);
    else if (type === 'error') {
      const [error] = payload as { extensions?: { code?: unknown } }[];
      if (RETRYABLE.includes(error?.extensions?.code)) return false;
      throw new Error(`refused: ${JSON.stringify(payload)}`);
    } else if (type !== 'connection_ack') throw new Error(`${type} of the hub`);
    return true;
  }

  #show(result: RoomResult): void {
    this.log.take(result);
    const { id } = result.data.chatEvents.message;
    this.#waiting.get(id)?.();
  }

  async #overStream(): Promise<void> {
    const { roomId, document = CHAT_EVENTS } = this.#options;
    const sent = new URLSearchParams({ query: document, variables: JSON.stringify({ room: roomId }) });
    const leaving = Promise.withResolvers<null>();
    this.#drop = () => leaving.resolve(null);
    const isCurrent = this.#current();
    const headers = {
      Accept: 'text/event-stream',
      'Last-Event-ID': this.log.position,
      'X-GraphQL-CSRF': '1',
    };
    const response = await openStream(`/graphql?${sent}`, headers);
    if (response.status === 503) return;
    const stream = new EventStreamClient(response);
    for (;;) {
      const event = await Promise.race([stream.next(), leaving.promise]);
      if (event === null || !isCurrent()) break;
      if (event.type !== 'next') throw new Error(`${event.type} of the stream`);
      const result = JSON.parse(event.data);
      if (result.data === undefined) throw new Error(`refused: ${event.data}`);
      this.#show(result);
    }
    await stream.leave();
  }
}

/** `TestGateway.fetch` would wait for the end of the stream. */
async function openStream(path: string, headers: Record<string, string>): Promise<Response> {
  const request = new Request(new URL(path, 'https://gateway.test'), { headers });
  return gatewayWorker.fetch(
    request as Parameters<typeof gatewayWorker.fetch>[0],
    env as unknown as Env,
    createExecutionContext(),
  );
}
