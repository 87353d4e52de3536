/**
 * A client that watches one subscription over a socket or an event stream. Where the connection breaks it connects again
 * and resumes from its last position, as apps do. It finds fault with what breaks the promise of positions.
 */
import { EventStreamClient } from '../event-stream-client.ts';

/** Longer than any event takes on a busy machine: a test that waits for nothing still ends, and says for what. */
const EVENT_MAX_MS = 20_000;
const RETRY_MS = 20;

export interface Watched {
  /** The Worker that is asked; `/graphql` is appended. */
  origin: URL;
  documentId: string;
  variables?: Record<string, unknown>;
  accessToken?: string;
}

interface Result {
  data?: Record<string, unknown>;
  errors?: unknown;
  extensions?: { position?: string; gap?: true };
}

interface Listener {
  /** The subscription is under way, or is about to be. */
  onOpen(): void;
  onResult(result: Result): void;
  onFault(text: string): void;
  /** The connection has ended. */
  onEnd(): void;
}

interface Connection {
  close(): void;
  /** Calls back when the gateway has read all that was sent before; at once where nothing is sent. */
  fence(done: () => void): void;
}

type Connect = (watched: Watched, resumeFrom: string | null, listener: Listener) => Connection;

export class Watcher {
  readonly name: string;
  /** The number of times that its connection has broken. */
  breaks = 0;
  readonly #watched: Watched;
  readonly #connect: Connect;
  readonly #events: unknown[] = [];
  readonly #faults: string[] = [];
  /** All results, as JSON texts. */
  readonly #seen = new Set<string>();
  #position: string | null = null;
  #connection: Connection | null = null;
  #wake: (() => void) | null = null;
  #isClosed = false;
  #isWatching = false;
  /** It connects again when this is resolved. */
  #mayConnect: Promise<void> = Promise.resolve();

  constructor(name: string, transport: keyof typeof TRANSPORTS, watched: Watched) {
    this.name = `${name} over a ${transport}`;
    this.#watched = watched;
    this.#connect = TRANSPORTS[transport];
    this.#open();
  }

  /** The one field of the next event. @throws if none comes, or anything was wrong with the events */
  async next(): Promise<unknown> {
    await this.#until(() => this.#events.length > 0, 'no event came');
    this.assertFaultless();
    return this.#events.shift();
  }

  /** @throws if anything was wrong, or events came that nobody waited for */
  assertNothingLeft(): void {
    this.assertFaultless();
    if (this.#events.length > 0)
      throw new Error(`${this.name}: too much came: ${JSON.stringify(this.#events)}`);
  }

  assertFaultless(): void {
    if (this.#faults.length > 0) throw new Error(`${this.name}: ${this.#faults.join('; ')}`);
  }

  /** It watches: what happens from now on is told. */
  async watching(): Promise<void> {
    await this.#until(() => this.#isWatching, 'no connection');
    await this.settled();
  }

  /** The gateway has read what this client has answered. */
  async settled(): Promise<void> {
    let isRead = false;
    this.#connection?.fence(() => {
      isRead = true;
      this.#wake?.();
    });
    await this.#until(() => isRead, 'no answer to a ping');
  }

  /** Does not connect again before `mayConnect`, if the connection breaks. */
  stayAway(mayConnect: Promise<void>): void {
    this.#mayConnect = mayConnect;
  }

  close(): void {
    this.#isClosed = true;
    this.#connection?.close();
  }

  async #until(isReached: () => boolean, problem: string): Promise<void> {
    const deadlineMs = Date.now() + EVENT_MAX_MS;
    while (!isReached() && this.#faults.length === 0) {
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) throw new Error(`${this.name}: ${problem}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, leftMs);
      await promise.finally(() => clearTimeout(timer));
    }
    this.assertFaultless();
  }

  #open(): void {
    this.#connection = this.#connect(this.#watched, this.#position, {
      onOpen: () => {
        this.#isWatching = true;
        this.#wake?.();
      },
      onResult: (result) => this.#take(result),
      onFault: (text) => this.#fault(text),
      onEnd: () => {
        this.breaks += 1;
        void this.#openAgain();
      },
    });
  }

  async #openAgain(): Promise<void> {
    await this.#mayConnect;
    // As long as the gateway refuses it, a client asks again, and not without a pause.
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    if (!this.#isClosed) this.#open();
  }

  #take({ data, errors, extensions }: Result): void {
    const position = extensions?.position;
    if (errors !== undefined || data === undefined) this.#fault(`an error: ${JSON.stringify(errors)}`);
    if (extensions?.gap) this.#fault(`a gap at ${position}`);
    if (position === undefined) this.#fault('an event without a position');
    else if (this.#position !== null && Number(position) <= Number(this.#position))
      this.#fault(`position ${position} after ${this.#position}`);
    this.#position = position ?? null;
    const text = JSON.stringify(data);
    // A new hub does not know what an old one has sent: it also sends a change that the selected fields do not show.
    const isHidden = this.breaks > 0 && this.#seen.has(text);
    this.#seen.add(text);
    if (!isHidden) this.#events.push(Object.values(data ?? {})[0]);
    this.#wake?.();
  }

  #fault(text: string): void {
    this.#faults.push(text);
    this.#wake?.();
  }
}

const openSocket: Connect = ({ origin, documentId, variables, accessToken }, resumeFrom, listener) => {
  const url = new URL('/graphql', origin);
  url.protocol = 'ws:';
  const socket = new WebSocket(url, 'graphql-transport-ws');
  const send = (message: unknown) => socket.send(JSON.stringify(message));
  const fences: (() => void)[] = [];
  // One with a payload is answered by the hub, and not by the platform for it.
  const ping = () => send({ type: 'ping', payload: {} });
  let isReady = false;
  let isClosed = false;
  socket.addEventListener('open', () => {
    const payload = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
    send({ type: 'connection_init', payload });
  });
  socket.addEventListener('message', ({ data }) => {
    if (isClosed) return;
    const { type, payload } = JSON.parse(String(data)) as { type: string; payload: Result };
    if (type === 'connection_ack') {
      listener.onOpen();
      const extensions = resumeFrom === null ? {} : { resumeFrom };
      send({ type: 'subscribe', id: 'a', payload: { documentId, variables, extensions } });
      isReady = true;
      for (const _ of fences) ping();
    } else if (type === 'ping') send({ type: 'pong' });
    else if (type === 'pong') fences.shift()?.();
    else if (type === 'next') listener.onResult(payload);
    else listener.onFault(`${type} ${JSON.stringify(payload)}`);
  });
  socket.addEventListener('close', () => {
    if (!isClosed) listener.onEnd();
  });
  return {
    close() {
      isClosed = true;
      socket.close();
    },
    fence(done) {
      fences.push(done);
      if (isReady) ping();
    },
  };
};

const openStream: Connect = ({ origin, documentId, variables, accessToken }, resumeFrom, listener) => {
  const leaving = new AbortController();
  const read = async () => {
    const response = await fetch(new URL('/graphql', origin), {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        Accept: 'text/event-stream',
        'Content-Type': 'application/json',
        ...(resumeFrom === null ? {} : { 'Last-Event-ID': resumeFrom }),
        ...(accessToken === undefined ? {} : { Authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ documentId, variables }),
    });
    // Its hub was reset before it told anything.
    if (response.status === 503) return void (await response.body?.cancel());
    const stream = new EventStreamClient(response);
    listener.onOpen();
    for (let event = await stream.next(); event !== null; event = await stream.next()) {
      if (event.type === 'next') listener.onResult(JSON.parse(event.data));
      else listener.onFault(`${event.type} ${event.data}`);
    }
  };
  void read()
    .catch((error: unknown) => {
      // A connection breaks with the hub, and with a reset of the Worker.
      if (!(error instanceof TypeError) && !leaving.signal.aborted) listener.onFault(String(error));
    })
    .then(() => {
      if (!leaving.signal.aborted) listener.onEnd();
    });
  return { close: () => leaving.abort(), fence: (done) => done() };
};

const TRANSPORTS = { socket: openSocket, stream: openStream } as const;
