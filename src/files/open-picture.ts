/** The type and the size of a picture, by its first bytes: nothing decodes one that is too large. */
import {
  FILE_TYPE_PREFIX_BYTES,
  PICTURE_HEADER_MAX_BYTES,
  PICTURE_MAX_PIXELS,
  PICTURE_MAX_SIDE_PIXELS,
} from '../config.ts';
import { joinedBytes } from '../storage/joined-bytes.ts';
import { byteTypeOf, isPictureType, type PictureType } from './byte-type.ts';
import type { HeldBytes } from './held-bytes.ts';
import { type PictureSize, pictureSizeOf } from './picture-parts.ts';

export interface PictureRefusal {
  ok: false;
  reason: 'not a picture' | 'too many pixels';
}

export const NO_PICTURE: PictureRefusal = { ok: false, reason: 'not a picture' };
export const TOO_LARGE: PictureRefusal = { ok: false, reason: 'too many pixels' };

export interface OpenedPicture {
  type: PictureType;
  /** All of it. */
  stream: ReadableStream<Uint8Array>;
  /** The stream's. Images does not tell it from a picture that is malformed. */
  failure(): unknown;
}

/** Reads as much as tells the type and the size. A photo may have megabytes of metadata before its frame. */
export async function openPicture(
  stream: ReadableStream<Uint8Array>,
  contentType: string,
  held: HeldBytes,
): Promise<OpenedPicture | PictureRefusal> {
  const reader = stream.getReader();
  const refused = async (refusal: PictureRefusal) => {
    await reader.cancel();
    return refusal;
  };
  let start = new Uint8Array();
  let lookAtBytes = FILE_TYPE_PREFIX_BYTES;
  for (;;) {
    const { bytes, isEnd } = await readMore(reader, start, lookAtBytes, held);
    start = bytes;
    const type = byteTypeOf(start.subarray(0, FILE_TYPE_PREFIX_BYTES));
    if (type !== contentType || !isPictureType(type)) return refused(NO_PICTURE);
    const size = pictureSizeOf(start, type);
    if (size !== null)
      return isWithin(size, PICTURE_MAX_SIDE_PIXELS)
        ? { type, ...continued(start, reader) }
        : refused(TOO_LARGE);
    if (isEnd || start.byteLength >= PICTURE_HEADER_MAX_BYTES) return refused(NO_PICTURE);
    lookAtBytes = 2 * start.byteLength;
  }
}

/** @returns at least so many bytes, unless the stream ends. It rejects if they are more than may be held. */
export async function readMore(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  start: Uint8Array,
  atLeastBytes: number,
  held: HeldBytes,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; isEnd: boolean }> {
  const chunks = [start];
  let size = start.byteLength;
  while (size < atLeastBytes) {
    const { done, value } = await reader.read();
    if (done) return { bytes: joinedBytes(chunks), isEnd: true };
    if (!held.take(value.byteLength)) {
      await reader.cancel();
      throw new Error('Too many pictures are made anew at the same time');
    }
    chunks.push(value);
    size += value.byteLength;
  }
  return { bytes: joinedBytes(chunks), isEnd: false };
}

function continued(start: Uint8Array, reader: ReadableStreamDefaultReader<Uint8Array>) {
  let failure: unknown;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(start);
    },
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        failure = error;
        controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { stream, failure: () => failure };
}

export const isWithin = ({ width, height }: PictureSize, maxSide: number) =>
  Math.max(width, height) <= maxSide && width * height <= PICTURE_MAX_PIXELS;
