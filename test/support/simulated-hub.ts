import { UNKNOWN_CLIENT } from '../../src/auth/request-client.ts';
import { Hub, type HubSources } from '../../src/realtime/subscription-hub.ts';
import { ObjectStorage } from './object-storage.ts';
import type { ServerSocket } from './server-socket.ts';

/** What stands in for the platform's, which Node does not have. */
const globals = globalThis as { WebSocketRequestResponsePair?: unknown };
globals.WebSocketRequestResponsePair ??= class {};

/** What a hub is started with, but for the state that the platform gives it. */
type StartedHub = Omit<HubSources, 'state'> & { socketsOf(): Set<ServerSocket> };

/** A hub whose memory a test may end: with its connections, or alone. */
export class SimulatedHub {
  readonly sockets = new Set<ServerSocket>();
  readonly #storage = new ObjectStorage();
  readonly #started: (storage: ObjectStorage) => StartedHub;
  #instance: { hub: Hub; storage: ObjectStorage } | null = null;

  constructor(started: (storage: ObjectStorage) => StartedHub) {
    this.#started = started;
  }

  running(): { hub: Hub; storage: ObjectStorage } {
    if (this.#instance !== null) return this.#instance;
    const storage = this.#storage.handle();
    const state = {
      storage,
      acceptWebSocket: () => undefined,
      setWebSocketAutoResponse: () => undefined,
      getWebSocketAutoResponseTimestamp: () => null,
      getWebSockets: () => [...this.sockets].map((socket) => socket.asWebSocket()),
    };
    const hub = new Hub({ ...this.#started(storage), state } as unknown as HubSources);
    this.#instance = { hub, storage };
    return this.#instance;
  }

  alarmMs(): number | null {
    return this.running().storage.alarmMs;
  }

  /** An alarm that has gone off is set no more. */
  async alarm(): Promise<void> {
    const { hub, storage } = this.running();
    storage.alarmMs = null;
    await hub.alarm();
  }

  async accept(socket: ServerSocket): Promise<void> {
    const { hub } = this.running();
    this.sockets.add(socket);
    await hub.accept(socket.asWebSocket(), { name: null, version: null }, UNKNOWN_CLIENT);
  }

  async closed(socket: ServerSocket): Promise<void> {
    this.sockets.delete(socket);
    await this.running().hub.closed(socket.asWebSocket(), 1000);
  }

  /** Its connections end with it. */
  crash(): void {
    this.evict();
    for (const socket of this.sockets) socket.isOpen = false;
    this.sockets.clear();
  }

  evict(): void {
    if (this.#instance !== null) this.#instance.storage.isDead = true;
    for (const socket of this.sockets) socket.renew();
    this.#instance = null;
  }
}
