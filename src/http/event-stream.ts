/**
 * The body of a response that goes on for as long as there are events.
 *
 * Holds no more than so many bytes that the client has not read: beyond them the stream is aborted, and the client may
 * come back and resume. While nothing happens, a comment now and then keeps proxies from closing it.
 */
import { EVENT_STREAM_COMMENT_MS, EVENT_STREAM_UNREAD_MAX_BYTES } from '../config.ts';
import { formatEvent, KEEP_ALIVE_COMMENT, type ServerSentEvent } from './server-sent-events.ts';

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #utf8 = new TextEncoder();
  readonly #onGone: (reason: 'left' | 'unread') => void;
  readonly #comments: ReturnType<typeof setInterval>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** @param onGone is called at most once, and not where `end` was: nobody is there to be told anything any more. */
  constructor(onGone: (reason: 'left' | 'unread') => void) {
    this.#onGone = onGone;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        cancel: () => this.#gone('left'),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: EVENT_STREAM_UNREAD_MAX_BYTES }),
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
    this.#release()?.close();
  }

  #write(text: string): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    const bytes = this.#utf8.encode(text);
    if (bytes.byteLength <= (controller.desiredSize ?? 0)) {
      controller.enqueue(bytes);
      return;
    }
    // Takes what was not read out of memory; a stream that is closed would keep it.
    controller.error(new Error('The client does not read what it is sent.'));
    this.#gone('unread');
  }

  #gone(reason: 'left' | 'unread'): void {
    if (this.#release() !== undefined) this.#onGone(reason);
  }

  #release(): ReadableStreamDefaultController<Uint8Array> | undefined {
    const controller = this.#controller;
    this.#controller = undefined;
    clearInterval(this.#comments);
    return controller;
  }
}
