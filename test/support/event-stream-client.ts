/** A client's end of an event stream of the gateway, and what came over it, in order. */
import { EventStreamParser, type ReadEvent } from './event-stream-parser.ts';

export class EventStreamClient {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser = new EventStreamParser();
  readonly #decoder = new TextDecoder();

  constructor({ status, headers, body }: Response) {
    const type = headers.get('content-type');
    if (type !== 'text/event-stream' || body === null) throw new Error(`no stream, but ${status} ${type}`);
    this.#reader = body.getReader();
  }

  get comments(): readonly string[] {
    return this.#parser.comments;
  }

  /** The next event; null where the stream has ended. */
  async next(): Promise<ReadEvent | null> {
    while (this.#parser.events.length === 0) if (!(await this.#read())) return null;
    return this.#parser.events.shift() ?? null;
  }

  /** What `next` has not given out yet, to the end. */
  async rest(): Promise<ReadEvent[]> {
    while (await this.#read());
    return this.#parser.events.splice(0);
  }

  /** Waits for so many comments since the beginning. */
  async commented(count: number): Promise<void> {
    while (this.#parser.comments.length < count) await this.#read();
  }

  async leave(): Promise<void> {
    await this.#reader.cancel();
  }

  async #read(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (!done) this.#parser.push(this.#decoder.decode(value, { stream: true }));
    return !done;
  }
}
