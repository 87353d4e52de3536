/**
 * The body of an event stream.
 *
 * It holds a bounded number of bytes that the client has not read. Beyond the bound it drops them and ends; the client
 * may reconnect and resume. Comments keep proxies from closing a silent stream.
 */
import { EVENT_STREAM_COMMENT_MS, EVENT_STREAM_UNREAD_MAX_BYTES } from '../config.ts';
import { formatEvent, KEEP_ALIVE_COMMENT, type ServerSentEvent } from './server-sent-events.ts';

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #utf8 = new TextEncoder();
  readonly #onGone: (reason: 'left' | 'unread') => void;
  readonly #comments: ReturnType<typeof setInterval>;
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #isOver = false;
  /** Resolves the reader's wait for the next bytes. */
  #wake: () => void = () => undefined;

  /** @param onGone is called at most once when the client is gone, and never after `end`. */
  constructor(onGone: (reason: 'left' | 'unread') => void) {
    this.#onGone = onGone;
    this.body = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#gone('left') },
      // Unread bytes stay in this object, which counts them and can drop them.
      { highWaterMark: 0 },
    );
    // Some clients see no headers before the first byte.
    this.#write(KEEP_ALIVE_COMMENT);
    this.#comments = setInterval(() => this.#write(KEEP_ALIVE_COMMENT), EVENT_STREAM_COMMENT_MS);
  }

  send(event: ServerSentEvent): void {
    this.#write(formatEvent(event));
  }

  /** The client still reads what was sent. */
  end(): void {
    this.#isOver = true;
    clearInterval(this.#comments);
    this.#wake();
  }

  #write(text: string): void {
    if (this.#isOver) return;
    const bytes = this.#utf8.encode(text);
    this.#unreadBytes += bytes.byteLength;
    if (this.#unreadBytes > EVENT_STREAM_UNREAD_MAX_BYTES) {
      this.#gone('unread');
      return;
    }
    this.#unread.push(bytes);
    this.#wake();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (this.#unread.length === 0 && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const next = this.#unread.shift();
    if (next === undefined) return controller.close();
    this.#unreadBytes -= next.byteLength;
    controller.enqueue(next);
  }

  #gone(reason: 'left' | 'unread'): void {
    if (this.#isOver) return;
    this.#unread = [];
    this.end();
    this.#onGone(reason);
  }
}
