/**
 * The body of a response that goes on for as long as there are events.
 *
 * Holds no more than so many bytes that the client has not read: beyond them it forgets them and ends, and the client
 * may come back and resume. While nothing happens, a comment now and then keeps proxies from closing it.
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
  /** Somebody waits for more. */
  #wake: () => void = () => undefined;

  /** @param onGone is called at most once, and not where `end` was: nobody is there to be told anything any more. */
  constructor(onGone: (reason: 'left' | 'unread') => void) {
    this.#onGone = onGone;
    this.body = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#gone('left') },
      // What is not read stays here, where it can be counted and forgotten.
      { highWaterMark: 0 },
    );
    // At once: some clients see no headers before the first byte.
    this.#write(KEEP_ALIVE_COMMENT);
    this.#comments = setInterval(() => this.#write(KEEP_ALIVE_COMMENT), EVENT_STREAM_COMMENT_MS);
  }

  send(event: ServerSentEvent): void {
    this.#write(formatEvent(event));
  }

  /** What was sent is still read. */
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
