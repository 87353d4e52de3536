/**
 * Files under AES-256-GCM in chunks of 1 MB, by the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015): the
 * nonce of a chunk has its number and the mark of the last one, and its additional data name the file.
 *
 * Guarantees: each chunk comes out whole and in its place, or the stream fails. So no chunk can be cut, dropped, swapped,
 * repeated, appended or taken from another file. A file that was cut at its end fails at its end: only a stream that has
 * ended well was the whole file. A stream holds one chunk, and the bytes that are written to it at once; nothing comes out of
 * `seal` before a first chunk is full, or the file has ended.
 *
 * A sealed file is a version (1 byte), a salt (32 bytes), and the chunks, each with its tag (16 bytes). The salt gives each
 * file a key of its own (HKDF, RFC 5869), so nonces never repeat under a key, however many files it seals.
 */
import { hkdfSync } from 'node:crypto';

/** Bytes of a chunk before it is sealed. */
export const CHUNK_BYTES = 1024 * 1024;
export const SEALING_KEY_BYTES = 32;

const VERSION = 1;
const SALT_BYTES = 32;
const HEADER_BYTES = 1 + SALT_BYTES;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;

type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes are not what was sealed, or were sealed by another key or for another file. */
export class SealBroken extends Error {
  override name = 'SealBroken';
}

/** Bytes of a sealed file. An empty file has one chunk, too. */
export const sealedSize = (bytes: number): number =>
  HEADER_BYTES + bytes + TAG_BYTES * Math.max(1, Math.ceil(bytes / CHUNK_BYTES));

/** Bytes that a sealed file of this size is opened to. */
export function openedSize(bytes: number): number {
  const chunks = bytes - HEADER_BYTES;
  return chunks - TAG_BYTES * Math.ceil(chunks / SEALED_CHUNK_BYTES);
}

/**
 * @param key of 32 random bytes
 * @param context names the file: `open` needs the same. Two files with one context could take each other's place.
 */
export function seal(key: Uint8Array, context: string): TransformStream<Uint8Array, Uint8Array> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const chunks = new Chunks(CHUNK_BYTES);
  let cipher: Cipher | undefined;
  async function begin(controller: TransformStreamDefaultController<Uint8Array>): Promise<Cipher> {
    if (cipher !== undefined) return cipher;
    cipher = await Cipher.of(key, salt, context);
    const header = new Uint8Array(HEADER_BYTES);
    header[0] = VERSION;
    header.set(salt, 1);
    controller.enqueue(header);
    return cipher;
  }
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(bytes, controller) {
      for (const chunk of chunks.fill(bytes))
        controller.enqueue(await (await begin(controller)).seal(chunk, false));
    },
    async flush(controller) {
      controller.enqueue(await (await begin(controller)).seal(chunks.rest(), true));
    },
  });
}

/** The bytes that `seal` was given. Its readable side fails with `SealBroken` where they are not. */
export function open(key: Uint8Array, context: string): TransformStream<Uint8Array, Uint8Array> {
  const header = new Uint8Array(HEADER_BYTES);
  const chunks = new Chunks(SEALED_CHUNK_BYTES);
  let headerBytes = 0;
  let cipher: Cipher | undefined;
  return new TransformStream<Uint8Array, Uint8Array>({
    async transform(bytes, controller) {
      const ofHeader = bytes.subarray(0, HEADER_BYTES - headerBytes);
      header.set(ofHeader, headerBytes);
      headerBytes += ofHeader.byteLength;
      if (headerBytes < HEADER_BYTES) return;
      if (header[0] !== VERSION) throw new SealBroken('not a sealed file');
      cipher ??= await Cipher.of(key, header.subarray(1), context);
      for (const chunk of chunks.fill(bytes.subarray(ofHeader.byteLength)))
        controller.enqueue(await cipher.open(chunk, false));
    },
    async flush(controller) {
      if (cipher === undefined) throw new SealBroken('not a sealed file');
      controller.enqueue(await cipher.open(chunks.rest(), true));
    },
  });
}

/** Gathers bytes into chunks of one size. A full chunk waits for the byte behind it: without one it is the last. */
class Chunks {
  readonly #chunk: Bytes;
  #filled = 0;

  constructor(size: number) {
    this.#chunk = new Uint8Array(size);
  }

  /** Full chunks that are not the last; each is valid until the next one is asked for. */
  *fill(bytes: Uint8Array): Generator<Bytes> {
    let from = 0;
    while (from < bytes.byteLength) {
      if (this.#filled === this.#chunk.byteLength) {
        yield this.#chunk;
        this.#filled = 0;
      }
      const part = bytes.subarray(from, from + this.#chunk.byteLength - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.byteLength;
      from += part.byteLength;
    }
  }

  rest(): Bytes {
    return this.#chunk.subarray(0, this.#filled);
  }
}

/** Seals or opens the chunks of one file, one after another. */
class Cipher {
  readonly #key: CryptoKey;
  readonly #file: Bytes;
  #number = 0n;

  private constructor(key: CryptoKey, file: Bytes) {
    this.#key = key;
    this.#file = file;
  }

  static async of(key: Uint8Array, salt: Uint8Array, context: string): Promise<Cipher> {
    if (key.byteLength !== SEALING_KEY_BYTES) throw new RangeError('a key has 32 bytes');
    const ofFile = new Uint8Array(hkdfSync('sha256', key, salt, 'com2000 sealed file', SEALING_KEY_BYTES));
    const imported = await crypto.subtle.importKey('raw', ofFile, 'AES-GCM', false, ['encrypt', 'decrypt']);
    return new Cipher(imported, new TextEncoder().encode(context));
  }

  async seal(chunk: Bytes, isLast: boolean): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.encrypt(this.#next(isLast), this.#key, chunk));
  }

  async open(chunk: Bytes, isLast: boolean): Promise<Bytes> {
    const parameters = this.#next(isLast);
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters, this.#key, chunk));
    } catch (cause) {
      throw new SealBroken('a chunk is not the one that was sealed here', { cause });
    }
  }

  #next(isLast: boolean): AesGcmParams {
    const iv = new Uint8Array(NONCE_BYTES);
    new DataView(iv.buffer).setBigUint64(3, this.#number);
    iv[NONCE_BYTES - 1] = isLast ? 1 : 0;
    this.#number += 1n;
    return { name: 'AES-GCM', iv, additionalData: this.#file, tagLength: TAG_BYTES * 8 };
  }
}
