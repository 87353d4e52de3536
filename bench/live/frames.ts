/**
 * As much of RFC 6455 as a generator needs: whole frames out of what the network cut, and frames to send.
 *
 * It reads what servers send: unmasked and unfragmented frames; it throws on any other. Payloads are not copied.
 */

export const OPCODES = { text: 1, close: 8, ping: 9, pong: 10 } as const;

const FINAL = 0x80;
const MASKED = 0x80;
const OPCODE = 0x0f;
const LENGTH = 0x7f;
/** Section 5.2: these two lengths say that the length follows, in 2 or in 8 bytes. */
const LENGTH_IN_2_BYTES = 126;
const LENGTH_IN_8_BYTES = 127;
const MASKING_KEY_BYTES = 4;
const NO_BYTES = Buffer.alloc(0);

/** @param payload is overwritten once the call has returned. */
export type OnFrame = (opcode: number, payload: Buffer) => void;

export class FrameReader {
  readonly #onFrame: OnFrame;
  /** A frame that has not come in whole. */
  #held = NO_BYTES;

  constructor(onFrame: OnFrame) {
    this.#onFrame = onFrame;
  }

  take(bytes: Buffer): void {
    const received = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    let at = 0;
    for (let end = this.#frameAt(received, at); end !== null; end = this.#frameAt(received, at)) at = end;
    this.#held = at === received.length ? NO_BYTES : Buffer.from(received.subarray(at));
  }

  /** Tells of the frame at an offset, and returns where it ends; null where it has not come in whole. */
  #frameAt(bytes: Buffer, at: number): number | null {
    const first = bytes[at];
    const second = bytes[at + 1];
    if (first === undefined || second === undefined) return null;
    if ((first & FINAL) === 0) throw new Error('a fragmented message');
    if ((second & MASKED) !== 0) throw new Error('a masked frame of a server');
    let start = at + 2;
    let length = second & LENGTH;
    if (length === LENGTH_IN_2_BYTES) {
      if (bytes.length < start + 2) return null;
      length = bytes.readUInt16BE(start);
      start += 2;
    } else if (length === LENGTH_IN_8_BYTES) {
      if (bytes.length < start + 8) return null;
      length = Number(bytes.readBigUInt64BE(start));
      start += 8;
    }
    if (bytes.length < start + length) return null;
    this.#onFrame(first & OPCODE, bytes.subarray(start, start + length));
    return start + length;
  }
}

/** A client's frame. Its masking key is zero, which masks nothing, and which servers take like any other. */
export function clientFrame(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const length = payload.length;
  if (length > 0xffff) throw new Error(`${length} bytes are more than a generator sends in a frame`);
  const long = length >= LENGTH_IN_2_BYTES;
  const head = Buffer.alloc((long ? 4 : 2) + MASKING_KEY_BYTES);
  head[0] = FINAL | opcode;
  head[1] = MASKED | (long ? LENGTH_IN_2_BYTES : length);
  if (long) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}
