/**
 * Finds the events of a server-sent event stream in the bytes of an answer, by the line that begins each event. It parses
 * nothing, so that it costs a generator little.
 */

const EVENT_LINE = Buffer.from('event: next');
const NO_BYTES = Buffer.alloc(0);

export class EventStreamReader {
  readonly #onEvent: (bytes: Buffer) => void;
  /** The end of what has come, where an event's line may have begun. */
  #held = NO_BYTES;

  /** @param onEvent is given what has come from the event's line on; the bytes are overwritten afterwards. */
  constructor(onEvent: (bytes: Buffer) => void) {
    this.#onEvent = onEvent;
  }

  take(bytes: Buffer): void {
    const received = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    let at = 0;
    for (let found = received.indexOf(EVENT_LINE); found >= 0; found = received.indexOf(EVENT_LINE, at)) {
      this.#onEvent(received.subarray(found));
      at = found + EVENT_LINE.length;
    }
    // One byte short of the line: a line that was found is not found again.
    const held = Math.max(0, received.length - EVENT_LINE.length + 1);
    this.#held = Buffer.from(received.subarray(held));
  }
}
