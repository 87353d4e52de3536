import { joinedBytes } from '../storage/joined-bytes.ts';

/** Compresses text as it comes, into memory: the caller bounds its bytes. */
export class GzipBuffer {
  readonly #utf8 = new TextEncoder();
  readonly #writer: WritableStreamDefaultWriter<BufferSource>;
  readonly #chunks: Uint8Array[] = [];
  readonly #collected: Promise<void>;
  /** Before compression. */
  writtenBytes = 0;

  /** @param transforms the compressed bytes go through them, for example through encryption */
  constructor(transforms: readonly ReadableWritablePair<Uint8Array, Uint8Array>[] = []) {
    const gzip = new CompressionStream('gzip');
    this.#writer = gzip.writable.getWriter();
    let readable = gzip.readable as ReadableStream<Uint8Array>;
    for (const transform of transforms) readable = readable.pipeThrough(transform);
    this.#collected = this.#collect(readable);
  }

  async write(text: string): Promise<void> {
    const bytes = this.#utf8.encode(text);
    this.writtenBytes += bytes.length;
    await this.#writer.write(bytes);
  }

  /** All bytes. Nothing can be written any more. */
  async end(): Promise<Uint8Array<ArrayBuffer>> {
    await this.#writer.close();
    await this.#collected;
    return joinedBytes(this.#chunks);
  }

  async #collect(readable: ReadableStream<Uint8Array>): Promise<void> {
    const reader = readable.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read())
      this.#chunks.push(read.value);
  }
}
