/**
 * The parts that JPEG, PNG and WebP files are made of. They tell how large a picture is, and which of its bytes show it.
 * Nothing is decoded for that.
 *
 * Parts that may be kept are listed, and all others are dropped: places, cameras, comments, thumbnails, colour profiles and
 * whatever else a picture carries. Bytes behind the end of the picture are no part of it.
 */
import { PICTURE_PARTS_MAX } from '../config.ts';
import { joinedBytes } from '../storage/joined-bytes.ts';
import type { PictureType } from './byte-type.ts';

export interface PictureSize {
  width: number;
  height: number;
}

interface Part {
  /** Its marker in hexadecimal (JPEG), or four characters. */
  name: string;
  /** All of it. */
  bytes: Uint8Array;
  /** Without its name and length. */
  content: Uint8Array;
}

interface Format {
  /** In their order. Bytes before the first one are no part. */
  parts(bytes: Uint8Array): Generator<Part>;
  sizeOf(part: Part): PictureSize | null;
  isShown(part: Part): boolean;
  /** The pieces of a file. Null if the picture is cut, or has no still frame. */
  fileOf(shown: Part[]): Uint8Array[] | null;
}

/**
 * @param start of a file of this type
 * @returns null if these bytes do not tell it: more of them may
 */
export function pictureSizeOf(start: Uint8Array, type: PictureType): PictureSize | null {
  const { parts, sizeOf } = FORMATS[type];
  let count = 0;
  for (const part of parts(start)) {
    count += 1;
    if (count > PICTURE_PARTS_MAX) return null;
    const size = sizeOf(part);
    if (size !== null) return size.width > 0 && size.height > 0 ? size : null;
  }
  return null;
}

/** @returns the same picture, without all that does not show it; null if it is cut, has too many parts, or is animated WebP */
export function shownPartsOf(picture: Uint8Array, type: PictureType): Uint8Array<ArrayBuffer> | null {
  const { parts, isShown, fileOf } = FORMATS[type];
  const shown: Part[] = [];
  let count = 0;
  for (const part of parts(picture)) {
    count += 1;
    if (count > PICTURE_PARTS_MAX) return null;
    if (isShown(part)) shown.push(part);
  }
  const pieces = fileOf(shown);
  return pieces && joinedBytes(pieces);
}

/** ITU-T T.81, annex B. */
const JPEG: Format = {
  *parts(bytes) {
    let at = 2;
    for (;;) {
      const start = bytes.indexOf(0xff, at);
      const marker = start < 0 ? undefined : bytes[start + 1];
      if (marker === undefined) return;
      at = start + 2;
      const name = marker.toString(16);
      if (marker === 0xff) at = start + 1;
      else if (isJpegEnd(name)) return yield { name, bytes: bytes.subarray(start, at), content: NOTHING };
      else if (!isAlone(marker)) {
        const contentStart = at + 2;
        at += uint(bytes, at, 2);
        if (at < contentStart || at > bytes.byteLength) return;
        const content = bytes.subarray(contentStart, at);
        if (isJpegScan(name)) at = endOfScan(bytes, at);
        yield { name, bytes: bytes.subarray(start, at), content };
      }
    }
  },
  sizeOf: ({ name, content }) =>
    /^c[0-35-79-bd-f]$/.test(name) && content.byteLength >= 5
      ? { height: uint(content, 1, 2), width: uint(content, 3, 2) }
      : null,
  // Frames, tables, scans, the end, and Adobe's segment: it names the colour space, and has no place for anything else.
  isShown: ({ name, content }) =>
    /^(c[0-79a-f]|d[9a-d])$/.test(name) || (name === 'ee' && content.byteLength === 12),
  fileOf: (shown) =>
    isJpegEnd(shown.at(-1)?.name) && shown.some(({ name }) => isJpegScan(name))
      ? [Uint8Array.of(0xff, 0xd8), ...shown.map(({ bytes }) => bytes)]
      : null,
};

const NOTHING = new Uint8Array();
const isJpegEnd = (name: string | undefined) => name === 'd9';
const isJpegScan = (name: string) => name === 'da';
/** A stuffed zero, or a marker without a length. */
const isAlone = (marker: number) => marker <= 1 || (marker >= 0xd0 && marker <= 0xd8);

/** At the next marker that belongs to no scan. */
function endOfScan(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && at + 1 < bytes.byteLength && isAlone(bytes[at + 1] ?? 0))
    at = bytes.indexOf(0xff, at + 2);
  return at < 0 ? bytes.byteLength : at;
}

/** https://www.w3.org/TR/png-3/#5DataRep */
const PNG: Format = {
  *parts(bytes) {
    let at = 8;
    while (at + 12 <= bytes.byteLength) {
      const end = at + 12 + uint(bytes, at, 4);
      if (end > bytes.byteLength) return;
      const name = textAt(bytes, at + 4);
      yield { name, bytes: bytes.subarray(at, end), content: bytes.subarray(at + 8, end - 4) };
      if (name === 'IEND') return;
      at = end;
    }
  },
  sizeOf: ({ name, content }) =>
    name === 'IHDR' && content.byteLength === 13
      ? { width: uint(content, 0, 4), height: uint(content, 4, 4) }
      : null,
  isShown: ({ name }) => ['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND'].includes(name),
  fileOf: (shown) =>
    shown.at(0)?.name === 'IHDR' && shown.at(-1)?.name === 'IEND'
      ? [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), ...shown.map(({ bytes }) => bytes)]
      : null,
};

/** https://developers.google.com/speed/webp/docs/riff_container */
const WEBP: Format = {
  // The last one may be cut: the size of a picture stands at its beginning.
  *parts(bytes) {
    const file = bytes.subarray(0, 8 + littleUint(bytes, 4, 4));
    let at = 12;
    while (at + 8 <= file.byteLength) {
      const size = littleUint(file, at + 4, 4);
      const chunk = file.subarray(at, at + 8 + size + (size % 2));
      yield { name: textAt(file, at), bytes: chunk, content: chunk.subarray(8) };
      at += 8 + size + (size % 2);
    }
  },
  // RFC 9649, section 2.7 and 3.4; RFC 6386, section 9.1.
  sizeOf({ name, content }) {
    if (content.byteLength < (name === 'VP8L' ? 5 : 10)) return null;
    if (name === 'VP8X')
      return { width: littleUint(content, 4, 3) + 1, height: littleUint(content, 7, 3) + 1 };
    if (name === 'VP8 ')
      return { width: littleUint(content, 6, 2) & 0x3fff, height: littleUint(content, 8, 2) & 0x3fff };
    const packed = littleUint(content, 1, 4);
    return name === 'VP8L' ? { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 } : null;
  },
  isShown: ({ name }) => ['VP8X', 'ALPH', 'VP8 ', 'VP8L'].includes(name),
  fileOf(shown) {
    const isCut = shown.some(({ bytes }) => bytes.byteLength < 8 + littleUint(bytes, 4, 4));
    if (isCut || !shown.some(({ name }) => name === 'VP8 ' || name === 'VP8L')) return null;
    const chunks = shown.map((part) =>
      part.name === 'VP8X' ? withTransparencyAlone(part.bytes) : part.bytes,
    );
    const header = new Uint8Array([...'RIFF\0\0\0\0WEBP'].map((character) => character.charCodeAt(0)));
    const size = chunks.reduce((sum, { byteLength }) => sum + byteLength, 4);
    new DataView(header.buffer).setUint32(4, size, true);
    return [header, ...chunks];
  },
};

/** Its flags name the chunks of the file. */
function withTransparencyAlone(extendedHeader: Uint8Array): Uint8Array {
  const header = new Uint8Array(extendedHeader);
  header[8] = (header[8] ?? 0) & 0x10;
  return header;
}

const FORMATS: Record<PictureType, Format> = { 'image/jpeg': JPEG, 'image/png': PNG, 'image/webp': WEBP };

/** Big-endian. Bytes beyond the end count as 0. */
function uint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let byte = 0; byte < length; byte += 1) value = value * 256 + (bytes[at + byte] ?? 0);
  return value;
}

const littleUint = (bytes: Uint8Array, at: number, length: number) =>
  uint(bytes.slice(at, at + length).reverse(), 0, length);

const textAt = (bytes: Uint8Array, at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
