import type { SocketMessage } from './client-socket.ts';

/** A hub that says what a test has it say, to the one socket that is opened to it. */
export class ScriptedHub {
  /** The handshake as it came. */
  readonly opened: Promise<Request>;
  readonly closed: Promise<number>;
  readonly #server: WebSocket;
  readonly #client: WebSocket;
  readonly #received: SocketMessage[] = [];
  #wake: () => void = () => undefined;
  #open: (request: Request) => void = () => undefined;

  constructor() {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#client = client;
    this.#server = server;
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
    this.closed = new Promise((resolve) => {
      server.addEventListener('close', ({ code }) => resolve(code));
    });
    server.accept();
    server.addEventListener('message', ({ data }) => {
      this.#received.push(JSON.parse(String(data)));
      this.#wake();
    });
  }

  readonly openSocket = async (request: Request): Promise<Response> => {
    this.#open(request);
    return new Response(null, { status: 101, webSocket: this.#client });
  };

  /** The next message that came. */
  async received(): Promise<SocketMessage> {
    for (;;) {
      const message = this.#received.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Acknowledges the connection, and returns both messages of the client: its introduction, and its one operation. */
  async accept(): Promise<{ introduction: SocketMessage; subscribe: SocketMessage }> {
    const introduction = await this.received();
    this.send({ type: 'connection_ack' });
    return { introduction, subscribe: await this.received() };
  }

  send(message: Record<string, unknown>): void {
    this.#server.send(JSON.stringify(message));
  }

  next(payload: Record<string, unknown>): void {
    this.send({ id: '1', type: 'next', payload });
  }

  close(code: number, reason = ''): void {
    this.#server.close(code, reason);
  }
}
