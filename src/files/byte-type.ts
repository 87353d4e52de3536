/**
 * The media type of a file by its first bytes, never by its name or by what a client says.
 *
 * Strict: the signature stands at byte 0, and the fields behind it are those of a real file. A file that begins as something
 * else is of no type, also if a signature follows. HTML and scripts are of no type. Later bytes of the file are not looked at:
 * pictures are made anew (`pictures.ts`), and PDF and SVG are sent as attachments that run nothing (`file-type.ts`).
 */

/** Those that the gateway takes from users or upstream. */
export type ByteType = PictureType | ContainedType;
export type PictureType = 'image/jpeg' | 'image/png' | 'image/webp';
type ContainedType =
  | 'application/pdf'
  | 'image/avif'
  | 'image/gif'
  | 'image/svg+xml'
  | 'video/mp4'
  | 'video/webm';

export const FILE_EXTENSIONS: Readonly<Record<ByteType, string>> = {
  'application/pdf': 'pdf',
  'image/avif': 'avif',
  'image/gif': 'gif',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'image/webp': 'webp',
  'video/mp4': 'mp4',
  'video/webm': 'webm',
};

const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** The length of the header chunk is always 13. */
const PNG_HEADER = [0, 0, 0, 13, ...ascii('IHDR')];
const JPEG = [0xff, 0xd8, 0xff];
const EBML = [0x1a, 0x45, 0xdf, 0xa3];
/** The element DocType with `webm`: https://www.rfc-editor.org/rfc/rfc8794.html#section-11.2.5 */
const WEBM_DOCTYPE = [0x42, 0x82, 0x84, ...ascii('webm')];
const EBML_HEADER_MAX_BYTES = 64;
/** Tables, application data, comments and the frame may follow the start of a JPEG (ITU-T T.81, table B.1). */
const JPEG_FIRST_MARKERS = /[\xc0-\xc7\xc9-\xcf\xdb-\xdd\xe0-\xef\xfe]/;
/** Brands of ISO base media files (ISO/IEC 14496-12, section 4.3): https://mp4ra.org/registered-types/brands */
const MP4_BRAND = /^(iso[m2-9]|mp4[12]|avc1|M4V |dash|MSNV)$/;
const AVIF_BRAND = /^avi[fs]$/;
/** The box with the brands is that of a file, and no text. */
const FILE_TYPE_BOX_MAX_BYTES = 512;
const WEBP_FIRST_CHUNK = /^VP8[ LX]$/;
const PDF_OBJECT = /^\d{1,10} \d{1,5} obj\b/;
const SVG_NAMESPACE = /\sxmlns\s*=\s*(["'])http:\/\/www\.w3\.org\/2000\/svg\1/;

/**
 * @param start the first `FILE_TYPE_PREFIX_BYTES` of the file, or all of it
 * @returns null for every other type, and if it cannot be known
 */
export function byteTypeOf(start: Uint8Array): ByteType | null {
  if (hasAt(start, 0, PNG)) return hasAt(start, 8, PNG_HEADER) ? 'image/png' : null;
  if (hasAt(start, 0, JPEG)) return JPEG_FIRST_MARKERS.test(textAt(start, 3, 1)) ? 'image/jpeg' : null;
  if (/^GIF8[79]a$/.test(textAt(start, 0, 6))) return isGif(start) ? 'image/gif' : null;
  if (textAt(start, 0, 4) === 'RIFF' && textAt(start, 8, 4) === 'WEBP')
    return WEBP_FIRST_CHUNK.test(textAt(start, 12, 4)) ? 'image/webp' : null;
  if (hasAt(start, 0, EBML)) return isWebm(start) ? 'video/webm' : null;
  if (textAt(start, 4, 4) === 'ftyp') return isoMediaTypeOf(start);
  if (isPdf(start)) return 'application/pdf';
  return isSvg(start) ? 'image/svg+xml' : null;
}

export const isPictureType = (type: string | null): type is PictureType =>
  type === 'image/jpeg' || type === 'image/png' || type === 'image/webp';

/** A block follows the header and its table of colours (GIF89a, section 17): a script that begins as a GIF has none there. */
function isGif(start: Uint8Array): boolean {
  const [flags = 0] = start.subarray(10, 11);
  const colours = flags & 0x80 ? 2 ** ((flags & 7) + 1) : 0;
  return /^[!,]$/.test(textAt(start, 13 + 3 * colours, 1));
}

const isWebm = (start: Uint8Array) => textAt(start, 0, EBML_HEADER_MAX_BYTES).includes(textOf(WEBM_DOCTYPE));

/** By the brand that the file is of first of all; QuickTime, HEIC and audio are others. */
function isoMediaTypeOf(start: Uint8Array): ByteType | null {
  const size = new DataView(start.buffer, start.byteOffset, start.byteLength).getUint32(0);
  if (size < 16 || size > FILE_TYPE_BOX_MAX_BYTES || size % 4 !== 0) return null;
  const brand = textAt(start, 8, 4);
  if (AVIF_BRAND.test(brand)) return 'image/avif';
  return MP4_BRAND.test(brand) ? 'video/mp4' : null;
}

/** Comments at most come between the header and the first object, and no markup is among them. */
function isPdf(start: Uint8Array): boolean {
  const [header = '', ...lines] = textOf(start).split(/\r\n?|\n/);
  if (!/^%PDF-[12]\.\d[\t ]*$/.test(header)) return false;
  const first = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('%'));
  if (first < 0 || lines.slice(0, first).some((line) => line.includes('<'))) return false;
  return PDF_OBJECT.test(lines[first] ?? '');
}

/**
 * By its root element, in the namespace of SVG. A document type that defines entities is refused (they can grow without end),
 * and so is each processing instruction but the declaration: a style sheet may be a program.
 */
function isSvg(start: Uint8Array): boolean {
  let rest = new TextDecoder().decode(start);
  rest = rest.replace(/^<\?xml\s[^>]*\?>/, '').trimStart();
  while (rest.startsWith('<!--')) {
    const end = rest.indexOf('-->');
    if (end < 0) return false;
    rest = rest.slice(end + 3).trimStart();
  }
  rest = rest.replace(/^<!DOCTYPE\s+svg(?:\s[^>[]*)?>/, '').trimStart();
  const [root = ''] = /^<svg\s[^>]*>?/.exec(rest) ?? [];
  return SVG_NAMESPACE.test(root);
}

const hasAt = (bytes: Uint8Array, offset: number, expected: number[]) =>
  expected.every((byte, at) => bytes[offset + at] === byte);

const textAt = (bytes: Uint8Array, offset: number, length: number) =>
  textOf(bytes.subarray(offset, offset + length));

/** One character for each byte. */
const textOf = (bytes: Uint8Array | number[]) => String.fromCharCode(...bytes);

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
