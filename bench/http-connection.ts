/**
 * One keep-alive connection that sends prepared bytes and gives status, headers and, if wanted, the body.
 *
 * A load generator shares two cores with what it measures. This one takes 13 µs of CPU a request; beside it autocannon
 * took 29, undici's Client 45 with its own handlers and 70 with `request`, and the bare Worker itself 55 (2026-11-25):
 * either library would limit the rate that it should measure. So requests are bytes before a round begins, one request
 * is under way at a time (no pipelining), every read goes into one buffer, and a body that nobody looks at is counted
 * and forgotten. It refuses an answer with neither a `Content-Length` nor a chunked body, and a connection that closes
 * while a request is under way. One that the server closes between two requests, as workerd does after five seconds, is
 * opened anew by the next one.
 */
import { connect, type Socket } from 'node:net';
import { type Answer, headerOf } from './answer.ts';

export type OnAnswer = (answer: Answer) => void;

interface Framing {
  status: number;
  text: string;
  chunked: boolean;
  /** Bytes of the body that are still to come, as far as they are known. */
  bytesLeft: number;
}

/** As much as one read takes. */
const READ_BYTES = 256 * 1024;
const HEAD_END = '\r\n\r\n';
/** JSON holds no raw line break, so nothing but the end of a chunked body looks like this. */
const LAST_CHUNK = '0\r\n\r\n';
const STATUS_AT = 'HTTP/1.1 '.length;
const NO_BYTES = Buffer.alloc(0);

export class HttpConnection {
  readonly #url: URL;
  readonly #keepBodies: boolean;
  readonly #received = Buffer.allocUnsafe(READ_BYTES);
  #socket: Socket;
  #onFailure: (error: Error) => void;
  /** Undefined while no request is under way. */
  #onAnswer: OnAnswer | undefined;
  #framing: Framing | undefined;
  #head = NO_BYTES;
  #body: Buffer[] = [];
  /** The last characters of a chunked body so far. */
  #tail = '';

  private constructor(url: URL, onFailure: (error: Error) => void, keepBodies: boolean) {
    this.#url = url;
    this.#keepBodies = keepBodies;
    this.#onFailure = onFailure;
    this.#socket = this.#connected();
  }

  #connected(): Socket {
    const onread = {
      buffer: this.#received,
      callback: (bytes: number, buffer: Uint8Array) => {
        this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, bytes));
        return true;
      },
    };
    const { hostname: host, port } = this.#url;
    const socket = connect({ host, port: Number(port), noDelay: true, onread });
    const fail = (error: Error) => {
      if (socket === this.#socket && this.#onAnswer !== undefined) this.#onFailure(error);
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed a connection')));
    return socket;
  }

  static async open(
    url: URL,
    options: { onFailure: (error: Error) => void; keepBodies: boolean },
  ): Promise<HttpConnection> {
    const connection = new HttpConnection(url, options.onFailure, options.keepBodies);
    await new Promise<void>((resolve, reject) => {
      connection.#socket.once('connect', resolve);
      connection.#socket.once('error', reject);
    });
    return connection;
  }

  /** The next request may be sent from within `onAnswer`, and not before. */
  send(request: Uint8Array, onAnswer: OnAnswer): void {
    if (!this.#socket.writable) this.#socket = this.#connected();
    this.#onAnswer = onAnswer;
    this.#socket.write(request);
  }

  close(): void {
    this.#onFailure = () => undefined;
    this.#socket.destroy();
  }

  /** @param bytes are overwritten by the next read. */
  #take(bytes: Buffer): void {
    if (this.#framing === undefined) this.#takeHead(bytes);
    else this.#takeBody(this.#framing, bytes);
  }

  #takeHead(bytes: Buffer): void {
    const received = this.#head.length === 0 ? bytes : Buffer.concat([this.#head, bytes]);
    const end = received.indexOf(HEAD_END);
    if (end < 0) {
      this.#head = Buffer.from(received);
      return;
    }
    this.#head = NO_BYTES;
    const text = received.toString('latin1', 0, end);
    const framing = framingOf(text);
    if (framing === undefined) {
      this.#onFailure(new Error(`an answer that cannot be framed:\n${text}`));
      return;
    }
    this.#framing = framing;
    this.#takeBody(framing, received.subarray(end + HEAD_END.length));
  }

  #takeBody(framing: Framing, bytes: Buffer): void {
    if (this.#keepBodies) this.#body.push(Buffer.from(bytes));
    if (framing.chunked) {
      const end = bytes.toString('latin1', Math.max(0, bytes.length - LAST_CHUNK.length));
      this.#tail = (this.#tail + end).slice(-LAST_CHUNK.length);
      if (this.#tail !== LAST_CHUNK) return;
    } else {
      framing.bytesLeft -= bytes.length;
      if (framing.bytesLeft > 0) return;
    }
    const body = this.#keepBodies ? Buffer.concat(this.#body) : NO_BYTES;
    this.#framing = undefined;
    this.#body = [];
    this.#tail = '';
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    onAnswer?.({ status: framing.status, head: framing.text, body, chunked: framing.chunked });
  }
}

function framingOf(text: string): Framing | undefined {
  const status = Number(text.slice(STATUS_AT, STATUS_AT + 3));
  if (status === 304 || status === 204) return { status, text, chunked: false, bytesLeft: 0 };
  const contentLength = headerOf(text, 'content-length');
  if (contentLength !== undefined) return { status, text, chunked: false, bytesLeft: Number(contentLength) };
  if (headerOf(text, 'transfer-encoding') !== 'chunked') return undefined;
  return { status, text, chunked: true, bytesLeft: 0 };
}
