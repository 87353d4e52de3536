/**
 * The media type that a file is sent as. It comes from the metadata of the object, which the gateway writes once it has looked
 * at the bytes, and only if it is one of the types below. Browsers open the passive ones; all others are attachments.
 */

/** They run nothing. No script is among them: a page that allows scripts of this origin would run an upload. */
const PASSIVE = new Map(
  [
    ...['image/avif', 'image/gif', 'image/jpeg', 'image/png', 'image/webp'],
    ...['video/mp4', 'video/webm', 'font/woff2', 'text/css; charset=utf-8'],
  ].map((type) => [essenceOf(type), type]),
);
/** Documents with scripts. Pages still show an SVG as a picture, where its scripts do not run. */
const ACTIVE = ['application/pdf', 'image/svg+xml'];
const UNKNOWN = 'application/octet-stream';

export interface FileType {
  contentType: string;
  isAttachment: boolean;
}

/** Encoded bytes are not of the type that they decode to. */
export function fileTypeOf({ contentType = '', contentEncoding }: R2HTTPMetadata): FileType {
  const essence = contentEncoding === undefined ? essenceOf(contentType) : UNKNOWN;
  const passive = PASSIVE.get(essence);
  if (passive !== undefined) return { contentType: passive, isAttachment: false };
  return { contentType: ACTIVE.includes(essence) ? essence : UNKNOWN, isAttachment: true };
}

/** Without parameters, in lower case (RFC 9110, section 8.3.1). */
function essenceOf(mediaType: string): string {
  const [essence = ''] = mediaType.split(';', 1);
  return essence.trim().toLowerCase();
}

/**
 * RFC 6266, section 4.1. Clients that do not know `filename*` (RFC 8187) get an underscore for each character outside of ASCII.
 *
 * @param key of a public file, so its last segment has neither quotes, backslashes nor control characters
 */
export function attachmentOf(key: string): string {
  const name = key.slice(key.lastIndexOf('/') + 1);
  const ascii = name.replace(/[^ -~]/gu, '_');
  if (ascii === name) return `attachment; filename="${name}"`;
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
