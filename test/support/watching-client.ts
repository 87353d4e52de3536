/** A client that watches prices, comes back with its last position, and finds fault with every event that breaks the promise. */
import type { LiveWorld } from './live-world.ts';
import type { ServerSocket } from './server-socket.ts';

interface PriceEvent {
  data: { priceUpdated: { symbol: string; priceUsd: number } };
  extensions: { position: string; gap?: true };
}

export class WatchingClient {
  readonly symbols: string[];
  readonly seen = new Map<string, number>();
  connections = 0;
  readonly #world: LiveWorld;
  #place: { hub: number; socket: ServerSocket } | null = null;
  /** Null before the first event. */
  #position: string | null = null;
  /** Symbols of the state that is being sent; null where only changes are. */
  #state: Set<string> | null = null;
  #isWatching = false;

  constructor(world: LiveWorld, symbols: string[]) {
    this.#world = world;
    this.symbols = symbols;
  }

  async connect(hub: number): Promise<void> {
    await this.drop();
    this.connections += 1;
    const world = this.#world;
    const socket = await world.connect(hub);
    const place = { hub, socket };
    this.#place = place;
    this.#isWatching = false;
    this.#state = this.#position === null ? new Set() : null;
    const extensions = this.#position === null ? {} : { resumeFrom: this.#position };
    const payload = { query: '{}', variables: { symbols: this.symbols }, extensions };
    await world.receive(hub, socket, { type: 'connection_init' });
    await world.receive(hub, socket, { type: 'subscribe', id: 'a', payload });
    this.#isWatching = this.#place === place && socket.isOpen;
  }

  async drop(): Promise<void> {
    const place = this.#place;
    this.#place = null;
    if (place !== null) await this.#world.drop(place.hub, place.socket);
  }

  /** A refused subscription is asked for again, as clients do. */
  async reconnectUntilWatching(hub: number): Promise<void> {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await this.read(Number.POSITIVE_INFINITY);
      if (this.#place?.socket.isOpen && this.#isWatching) return;
      await this.connect(hub);
    }
    throw new Error('nobody lets it watch');
  }

  async read(atMost: number): Promise<void> {
    const place = this.#place;
    const messages = place?.socket.read(atMost) ?? [];
    for (const message of messages) {
      if (message.type === 'next') this.#take(message.payload as PriceEvent);
      if (message.type === 'error') this.#isWatching = false;
    }
    const isAsked = messages.some(({ type }) => type === 'ping');
    if (place && isAsked) await this.#world.receive(place.hub, place.socket, { type: 'pong' });
  }

  #take({ data, extensions }: PriceEvent): void {
    const { symbol, priceUsd } = data.priceUpdated;
    const position = Number(extensions.position);
    const fault = (what: string) =>
      new Error(`${what}: ${symbol} at ${priceUsd}, position ${position} after ${this.#position}`);
    if (extensions.gap) this.#state = new Set();
    if (this.#position !== null && !extensions.gap && position < Number(this.#position))
      throw fault('positions go back');
    const held = this.seen.get(symbol);
    if (held !== undefined && priceUsd < held) throw fault('an older value');
    if (this.#state !== null) {
      if (this.#state.has(symbol)) throw fault('twice in one state');
      this.#state.add(symbol);
      // The last event of a state has a whole position.
      if (Number.isInteger(position)) {
        const missing = this.symbols.filter((other) => !this.#state?.has(other));
        if (missing.length > 0) throw fault(`a state without ${missing}`);
        this.#state = null;
      }
    } else if (priceUsd === held) throw fault('a duplicate');
    this.seen.set(symbol, priceUsd);
    this.#position = extensions.position;
  }
}
