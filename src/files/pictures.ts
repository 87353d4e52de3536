/**
 * Pictures of users are made anew by Cloudflare Images: the pixels go through a decoder and an encoder, and nothing else of
 * the upload is left. A place in the metadata, a script or an archive behind the picture are gone; the orientation in EXIF is
 * applied, and an animation becomes its first frame.
 *
 * Images alone is not enough. It may keep the copyright of a JPEG, and sends large animations and some pictures back as they
 * are. So its result is checked like an upload, and reduced to the parts that show the picture.
 *
 * The header is read before anything decodes: a picture that would need too much memory goes nowhere. Images counts each call
 * as a transformation. A picture is one call, and one that Images cannot decode two.
 */
import {
  AVATAR_MAX_SIDE_PIXELS,
  FILE_TYPE_PREFIX_BYTES,
  PICTURE_MAX_BYTES,
  PICTURE_MAX_SIDE_PIXELS,
  PICTURES_HELD_MAX_BYTES,
} from '../config.ts';
import { byteTypeOf, type PictureType } from './byte-type.ts';
import { createHeldBytes, type HeldBytes } from './held-bytes.ts';
import {
  isWithin,
  NO_PICTURE,
  type OpenedPicture,
  openPicture,
  type PictureRefusal,
  readMore,
  TOO_LARGE,
} from './open-picture.ts';
import { type PictureSize, pictureSizeOf, shownPartsOf } from './picture-parts.ts';

export interface Pictures {
  /**
   * Throws if Images is not bound or fails, if the stream fails, or if the isolate makes too many pictures anew already.
   *
   * @param stream the upload, bounded in bytes. It is read once, and not to its end if it is refused.
   * @param as an avatar is WebP of `AVATAR_MAX_SIDE_PIXELS` at most; an attachment keeps its type and size
   * @param contentType as announced: the bytes must be of it
   */
  remade(stream: ReadableStream<Uint8Array>, as: PictureUse, contentType: string): Promise<RemadePicture>;
}

export type PictureUse = 'avatar' | 'attachment';

export type RemadePicture =
  | ({ ok: true; bytes: Uint8Array<ArrayBuffer>; contentType: PictureType } & PictureSize)
  | PictureRefusal;

export function createPictures({ images }: { images: ImagesBinding | undefined }): Pictures {
  const openHeld = createHeldBytes(PICTURES_HELD_MAX_BYTES);
  return {
    async remade(stream, as, contentType) {
      if (images === undefined) {
        await stream.cancel();
        throw new Error('Cloudflare Images is not bound: no picture is taken');
      }
      const held = openHeld();
      try {
        return await remade(images, { stream, as, contentType, held });
      } finally {
        held.release();
      }
    },
  };
}

interface Upload {
  stream: ReadableStream<Uint8Array>;
  as: PictureUse;
  contentType: string;
  held: HeldBytes;
}

async function remade(images: ImagesBinding, { stream, as, contentType, held }: Upload) {
  const opened = await openPicture(stream, contentType, held);
  if ('ok' in opened) return opened;
  const type = as === 'avatar' ? 'image/webp' : opened.type;
  const maxSide = as === 'avatar' ? AVATAR_MAX_SIDE_PIXELS : PICTURE_MAX_SIDE_PIXELS;
  const result = await transformed(images, opened, { type, maxSide, held });
  return result instanceof Uint8Array ? checkedResult(result, type, maxSide) : result;
}

/** https://developers.cloudflare.com/images/reference/troubleshooting/ */
const REFUSED_BY_IMAGES = new Map([
  [9412, NO_PICTURE],
  [9413, TOO_LARGE],
  [9520, NO_PICTURE],
]);
/** Images has these codes for a picture that is malformed or too large, and for its own faults. */
const UNCLEAR = new Map([
  [9402, TOO_LARGE],
  [9522, TOO_LARGE],
  [9523, NO_PICTURE],
]);

interface Wanted {
  type: PictureType;
  maxSide: number;
  held: HeldBytes;
}

async function transformed(
  images: ImagesBinding,
  { stream, failure }: OpenedPicture,
  { type, maxSide, held }: Wanted,
): Promise<Uint8Array | PictureRefusal> {
  try {
    const result = await images
      .input(stream)
      .transform({ width: maxSide, height: maxSide, fit: 'scale-down' })
      .output({ format: type, anim: false });
    // Images has read them to the end.
    held.release();
    return await boundedBytes(result.image(), held);
  } catch (error) {
    if (failure() !== undefined) throw failure();
    const code = error instanceof Error && 'code' in error ? Number(error.code) : Number.NaN;
    const refusal = REFUSED_BY_IMAGES.get(code);
    if (refusal !== undefined) return refusal;
    const unclear = UNCLEAR.get(code);
    if (unclear !== undefined && (await works(images))) return unclear;
    throw error;
  }
}

/** A GIF of one pixel: https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
const PIXEL = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';

/** True if Images can make a picture that has no fault. */
async function works(images: ImagesBinding): Promise<boolean> {
  const pixel = Uint8Array.from(atob(PIXEL), (character) => character.charCodeAt(0));
  try {
    const result = await images.input(new Blob([pixel]).stream()).output({ format: 'image/png' });
    await result.image().cancel();
    return true;
  } catch {
    return false;
  }
}

async function boundedBytes(
  stream: ReadableStream<Uint8Array>,
  held: HeldBytes,
): Promise<Uint8Array | PictureRefusal> {
  const reader = stream.getReader();
  const { bytes, isEnd } = await readMore(reader, new Uint8Array(), PICTURE_MAX_BYTES, held);
  if (isEnd) return bytes;
  await reader.cancel();
  return TOO_LARGE;
}

function checkedResult(bytes: Uint8Array, type: PictureType, maxSide: number): RemadePicture {
  const sent = byteTypeOf(bytes.subarray(0, FILE_TYPE_PREFIX_BYTES));
  if (sent !== type) throw new Error(`Images made ${sent ?? 'an unknown type'} where ${type} was asked for`);
  const shown = shownPartsOf(bytes, type);
  const size = shown && pictureSizeOf(shown, type);
  // An animation that is too large for Images comes back as it was.
  return shown && size && isWithin(size, maxSide)
    ? { ok: true, bytes: shown, contentType: type, ...size }
    : TOO_LARGE;
}
