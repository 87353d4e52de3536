/**
 * One keep-alive connection that sends prepared bytes and tells status, headers and body of each answer.
 *
 * A load generator shares two cores with what it measures, so it may cost nothing that it need not: requests are bytes
 * before a round begins, one request is under way at a time (no pipelining), and an answer is framed without being
 * parsed. It refuses what it cannot frame: neither `Content-Length` nor a chunked body, or a closed connection.
 */
import { connect, type Socket } from 'node:net';

export interface Answer {
  status: number;
  /** The header lines as they came. */
  head: string;
  /** Not decoded: chunked bodies still hold their chunk sizes. Valid until the next answer only. */
  body: Buffer;
  chunked: boolean;
}

const HEAD_END = '\r\n\r\n';
/** JSON holds no raw line break, so nothing but the end of a chunked body looks like this. */
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const STATUS_AT = 'HTTP/1.1 '.length;

export class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #head: { status: number; text: string; bytes: number; contentLength: number } | undefined;
  #onAnswer: ((answer: Answer) => void) | undefined;
  #onFailure: (error: Error) => void;

  constructor(socket: Socket, onFailure: (error: Error) => void) {
    this.#socket = socket;
    this.#onFailure = onFailure;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed a connection')));
  }

  /** Answers come one by one: the next request may be sent from within `onAnswer`. */
  send(request: Uint8Array, onAnswer: (answer: Answer) => void): void {
    this.#onAnswer = onAnswer;
    this.#socket.write(request);
  }

  close(): void {
    this.#onFailure = () => undefined;
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#onFailure(error);
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    this.#head ??= this.#readHead();
    const head = this.#head;
    if (head === undefined || !this.#isWhole(head, chunk)) return;
    const bytes = this.#received.length === 1 ? chunk : Buffer.concat(this.#received);
    this.#received = [];
    this.#receivedBytes = 0;
    this.#head = undefined;
    const chunked = head.contentLength < 0;
    this.#onAnswer?.({ status: head.status, head: head.text, body: bytes.subarray(head.bytes), chunked });
  }

  #readHead() {
    const [first] = this.#received;
    const bytes = this.#received.length === 1 && first ? first : Buffer.concat(this.#received);
    const end = bytes.indexOf(HEAD_END);
    if (end < 0) return undefined;
    const text = bytes.toString('latin1', 0, end);
    const status = Number(text.slice(STATUS_AT, STATUS_AT + 3));
    const contentLength =
      status === 304 || status === 204 ? 0 : Number(headerOf(text, 'content-length') ?? -1);
    if (contentLength < 0 && headerOf(text, 'transfer-encoding') !== 'chunked')
      this.#fail(new Error(`an answer that cannot be framed:\n${text}`));
    return { status, text, bytes: end + HEAD_END.length, contentLength };
  }

  #isWhole(head: { bytes: number; contentLength: number }, last: Buffer): boolean {
    if (head.contentLength >= 0) return this.#receivedBytes >= head.bytes + head.contentLength;
    if (this.#receivedBytes - head.bytes < LAST_CHUNK.length) return false;
    if (last.length >= LAST_CHUNK.length) return last.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
    return Buffer.concat(this.#received).subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  }
}

/** Undefined where the answer has no such header. */
export function headerOf(head: string, name: string): string | undefined {
  const lower = `\r\n${name}: `;
  let at = head.indexOf(lower);
  if (at < 0) at = head.toLowerCase().indexOf(lower);
  if (at < 0) return undefined;
  const from = at + lower.length;
  const end = head.indexOf('\r\n', from);
  return head.slice(from, end < 0 ? undefined : end);
}

/** The JSON text of an answer. */
export function bodyText({ body, chunked }: Answer): string {
  if (!chunked) return body.toString('utf8');
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts).toString('utf8');
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

export async function openConnection(url: URL, onFailure: (error: Error) => void): Promise<HttpConnection> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return new HttpConnection(socket, onFailure);
}
