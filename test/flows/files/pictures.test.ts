/** Uploaded pictures as Cloudflare Images makes them anew: locally that is sharp. */
import { env } from 'cloudflare:workers';
import { expect, test, vi } from 'vitest';
import { byteTypeOf } from '../../../src/files/byte-type.ts';
import { createPictures, type PictureUse } from '../../../src/files/pictures.ts';
import { joinedBytes } from '../../../src/storage/joined-bytes.ts';
import * as hostile from '../../support/files/hostile-files.ts';
import { imagesError, imagesThatSend } from '../../support/files/images-that-send.ts';
import * as sample from '../../support/files/sample-files.ts';

const NO_PICTURE = { ok: false, reason: 'not a picture' };
const TOO_LARGE = { ok: false, reason: 'too many pixels' };

const pictures = createPictures({ images: env.IMAGES });

const remade = (bytes: Uint8Array, contentType: string, as: PictureUse = 'attachment', of = pictures) =>
  of.remade(streamOf(bytes), as, contentType);

async function taken(bytes: Uint8Array, contentType: string, as: PictureUse = 'attachment', of = pictures) {
  const result = await remade(bytes, contentType, as, of);
  if (!result.ok) throw new Error(`refused: ${result.reason}`);
  return result;
}

/** In pieces of an odd size, so that no part of a file is in one of them. */
function streamOf(bytes: Uint8Array, pieceBytes = 1_001): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.byteLength) return controller.close();
      controller.enqueue(bytes.slice(at, at + pieceBytes));
      at += pieceBytes;
    },
  });
}

const KINDS: [string, Uint8Array][] = [
  ['image/png', sample.PNG],
  ['image/png', sample.PALETTE_PNG],
  ['image/jpeg', sample.JPEG],
  ['image/jpeg', sample.PROGRESSIVE_JPEG],
  ['image/webp', sample.WEBP],
  ['image/webp', sample.LOSSLESS_WEBP],
  ['image/webp', sample.TRANSPARENT_WEBP],
];

test('an attachment keeps its type and size, an avatar becomes WebP', async () => {
  for (const [type, bytes] of KINDS) {
    const attachment = await taken(bytes, type);
    expect(attachment).toMatchObject({ contentType: type, width: 24, height: 12 });
    expect(byteTypeOf(attachment.bytes)).toBe(type);
    const avatar = await taken(bytes, type, 'avatar');
    expect(avatar).toMatchObject({ contentType: 'image/webp', width: 24, height: 12 });
    expect(byteTypeOf(avatar.bytes)).toBe('image/webp');
  }
});

test('the result is a picture that can be read', async () => {
  for (const [type, bytes] of KINDS) {
    const { bytes: result } = await taken(bytes, type);
    expect(await env.IMAGES.info(streamOf(result))).toMatchObject({ format: type, width: 24, height: 12 });
  }
});

test('a photo comes out without its place, and upright', async () => {
  const placed: [string, Uint8Array][] = [
    ['image/jpeg', hostile.photo()],
    ['image/png', hostile.placedPng()],
    ['image/webp', hostile.placedWebp()],
  ];
  for (const [type, bytes] of placed)
    for (const as of ['avatar', 'attachment'] as const) {
      const { bytes: result, width, height } = await taken(bytes, type, as);
      expect(isPlaced(bytes)).toBe(true);
      expect([type, as, isPlaced(result)]).toEqual([type, as, false]);
      for (const name of ['Exif', 'EXIF', 'xmp', 'Photoshop', 'tEXt', 'iTXt'])
        expect([name, hostile.hasText(result, name)]).toEqual([name, false]);
      if (type === 'image/jpeg') expect([width, height]).toEqual([12, 24]);
    }
});

const isPlaced = (bytes: Uint8Array) =>
  hostile.hasText(bytes, hostile.PLACE) || hostile.hasBytes(bytes, hostile.EXIF_PLACE);

test('what hides behind a picture is gone', async () => {
  for (const [type, bytes] of KINDS) {
    const { bytes: result } = await taken(hostile.withTail(joinedBytes([bytes])), type);
    expect(hostile.hasText(result, hostile.ZIP_START) || hostile.hasText(result, hostile.SCRIPT)).toBe(false);
  }
});

test('a photo with megabytes of metadata before its frame is taken', async () => {
  const segments = Array.from({ length: 40 }, () => hostile.jpegSegment(0xe2, new Uint8Array(65_000)));
  const bytes = joinedBytes([sample.JPEG.subarray(0, 2), ...segments, sample.JPEG.subarray(2)]);
  const { bytes: result, width } = await taken(bytes, 'image/jpeg');
  expect([width, result.byteLength < 2_000]).toEqual([24, true]);
});

test('an avatar has 512 pixels at most, and keeps its shape', async () => {
  const bytes = await hostile.pngBomb(1_600);
  expect(await taken(bytes, 'image/png', 'avatar')).toMatchObject({ width: 512, height: 512 });
  expect(await taken(bytes, 'image/png')).toMatchObject({ width: 1_600, height: 1_600 });
});

test('a picture of one pixel stays one, and an animation is its first frame', async () => {
  for (const [type, bytes] of [
    ['image/png', sample.PIXEL_PNG],
    ['image/jpeg', sample.PIXEL_JPEG],
    ['image/webp', sample.PIXEL_WEBP],
  ] as const)
    for (const as of ['avatar', 'attachment'] as const)
      expect(await taken(bytes, type, as)).toMatchObject({ width: 1, height: 1 });
  const still = await taken(sample.ANIMATED_WEBP, 'image/webp');
  expect([still.width, still.height, hostile.hasText(still.bytes, 'ANMF')]).toEqual([24, 12, false]);
  const png = await taken(sample.ANIMATED_PNG, 'image/png');
  expect([png.width, png.height, hostile.hasText(png.bytes, 'fdAT')]).toEqual([24, 12, false]);
});

test('a picture that would not fit into memory is refused, and Images never sees it', async () => {
  const { counted, images } = imagesThatSend(() => Promise.reject(new Error('asked')));
  const guarded = createPictures({ images });
  const bomb = await hostile.pngBomb(12_800);
  expect(bomb.byteLength).toBeLessThan(30_000);
  const small = hostile.pngOfSize(50_000, 50_000);
  expect(small.byteLength).toBeLessThan(4_096);
  for (const [bytes, type] of [
    [bomb, 'image/png'],
    [small, 'image/png'],
    [hostile.pngOfSize(12_001, 1), 'image/png'],
    [hostile.pngOfSize(0xffffffff, 0xffffffff), 'image/png'],
    [hostile.pngOfSize(12_000, 8_334), 'image/png'],
    [hostile.jpegOfSize(0xffff, 0xffff), 'image/jpeg'],
    [hostile.webpOfSize(0x1000000, 0x1000000), 'image/webp'],
  ] as const)
    expect(await remade(bytes, type, 'avatar', guarded)).toEqual(TOO_LARGE);
  expect(counted.calls).toBe(0);
});

test('a file that is no picture, or another than announced, is refused, and Images never sees it', async () => {
  const { counted, images } = imagesThatSend(() => Promise.reject(new Error('asked')));
  const guarded = createPictures({ images });
  const { GIF, PDF, SVG, MP4, AVIF, PNG, JPEG, WEBP } = sample;
  const others = [hostile.GIF_AND_SCRIPT, hostile.HTML, hostile.HTML_THEN_PDF, hostile.SCRIPTED_SVG];
  for (const type of [
    'image/png',
    'image/jpeg',
    'image/webp',
    'image/svg+xml',
    'application/pdf',
    'image/gif',
    '',
  ])
    for (const bytes of [GIF, PDF, SVG, MP4, AVIF, ...others, new Uint8Array(), hostile.pngOfSize(0, 1)])
      expect(await remade(bytes, type, 'attachment', guarded)).toEqual(NO_PICTURE);
  for (const [bytes, type] of [
    [PNG, 'image/jpeg'],
    [JPEG, 'image/webp'],
    [WEBP, 'image/png'],
    [JPEG.subarray(0, 20), 'image/jpeg'],
    [joinedBytes([Uint8Array.of(10), PNG]), 'image/png'],
  ] as const)
    expect(await remade(bytes, type, 'attachment', guarded)).toEqual(NO_PICTURE);
  expect(counted.calls).toBe(0);
});

test('a picture that is cut or damaged is no picture', async () => {
  for (const [type, bytes] of KINDS) {
    const cut = bytes.slice(0, Math.floor(bytes.byteLength / 2));
    const result = await remade(cut, type);
    if (result.ok) expect([result.width, result.height]).toEqual([24, 12]);
    else expect(result).toEqual(NO_PICTURE);
  }
  expect(await remade(sample.PNG.slice(0, 50), 'image/png')).toEqual(NO_PICTURE);
  expect(await remade(sample.WEBP.slice(0, 60), 'image/webp')).toEqual(NO_PICTURE);
  expect(await remade(hostile.pngOfSize(9, 9).fill(0x55, 41), 'image/png')).toEqual(NO_PICTURE);
});

test('a fault of Images is no fault of the picture', async () => {
  for (const error of [new Error('down'), imagesError(9423), imagesError(9523), imagesError(9402)]) {
    const { images } = imagesThatSend(() => Promise.reject(error));
    await expect(remade(sample.PNG, 'image/png', 'avatar', createPictures({ images }))).rejects.toThrow(
      error,
    );
  }
  for (const [code, refusal] of [
    [9412, NO_PICTURE],
    [9413, TOO_LARGE],
    [9520, NO_PICTURE],
  ] as const) {
    const { images } = imagesThatSend(() => Promise.reject(imagesError(code)));
    expect(await remade(sample.PNG, 'image/png', 'avatar', createPictures({ images }))).toEqual(refusal);
  }
});

test('an unclear fault is the fault of the picture if Images makes another one', async () => {
  for (const [code, refusal] of [
    [9402, TOO_LARGE],
    [9522, TOO_LARGE],
    [9523, NO_PICTURE],
  ] as const) {
    const { counted, images } = imagesThatSend(() =>
      counted.calls === 1 ? Promise.reject(imagesError(code)) : streamOf(sample.PNG),
    );
    expect(await remade(sample.PNG, 'image/png', 'avatar', createPictures({ images }))).toEqual(refusal);
    expect(counted.calls).toBe(2);
  }
});

test('without Images no picture is taken', async () => {
  const unbound = createPictures({ images: undefined });
  await expect(remade(sample.PNG, 'image/png', 'avatar', unbound)).rejects.toThrow('not bound');
});

test('an upload that breaks off is no refusal', async () => {
  for (const atByte of [0, 5_000]) {
    let sent = 0;
    const breaking = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent >= atByte) return controller.error(new Error('R2 failed'));
        controller.enqueue(hostile.withTail(joinedBytes([sample.PNG, new Uint8Array(5_000)])));
        sent += 5_000;
      },
    });
    await expect(pictures.remade(breaking, 'avatar', 'image/png')).rejects.toThrow('R2 failed');
  }
});

test('a result that Images has not made anew loses what does not show it, or is refused', async () => {
  const sends = (bytes: Uint8Array) =>
    createPictures({ images: imagesThatSend(() => streamOf(bytes)).images });
  const jpeg = await taken(sample.JPEG, 'image/jpeg', 'attachment', sends(hostile.withTail(hostile.photo())));
  expect(jpeg.bytes).toEqual(sample.JPEG);
  const png = await taken(sample.PNG, 'image/png', 'attachment', sends(hostile.placedPng()));
  expect(isPlaced(png.bytes)).toBe(false);
  expect(await env.IMAGES.info(streamOf(png.bytes))).toMatchObject({ width: 24, height: 12 });
  const webp = await taken(sample.WEBP, 'image/webp', 'avatar', sends(hostile.placedWebp()));
  expect(isPlaced(webp.bytes)).toBe(false);
  expect(await env.IMAGES.info(streamOf(webp.bytes))).toMatchObject({ width: 24, height: 12 });
  expect(await remade(sample.WEBP, 'image/webp', 'avatar', sends(hostile.webpOfSize(513, 1)))).toEqual(
    TOO_LARGE,
  );
  expect(await remade(sample.WEBP, 'image/webp', 'avatar', sends(sample.ANIMATED_WEBP))).toEqual(TOO_LARGE);
  await expect(remade(sample.WEBP, 'image/webp', 'avatar', sends(hostile.HTML))).rejects.toThrow(
    'image/webp',
  );
});

const MIB = 1024 * 1024;

/** Pieces of a mebibyte; the last one waits for `end`. */
function largeResult(pieces: number, end: Promise<void> = Promise.resolve()) {
  let sent = 0;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (sent === pieces) {
        await end;
        return controller.close();
      }
      sent += 1;
      controller.enqueue(new Uint8Array(MIB));
    },
  });
  return { stream, sent: () => sent };
}

test('a result that would not fit into memory is refused', async () => {
  const endless = largeResult(Number.POSITIVE_INFINITY);
  const { images } = imagesThatSend(() => endless.stream);
  expect(await remade(sample.PNG, 'image/png', 'attachment', createPictures({ images }))).toEqual(TOO_LARGE);
  expect(endless.sent()).toBeLessThan(24);
});

test('pictures that would not fit into memory together are made one after another', async () => {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const first = largeResult(19, end);
  const results = [first.stream, largeResult(19).stream, streamOf(sample.PNG)];
  const busy = createPictures({
    images: imagesThatSend(() => results.shift() ?? streamOf(sample.PNG)).images,
  });
  const waiting = remade(sample.PNG, 'image/png', 'attachment', busy);
  await vi.waitUntil(() => first.sent() === 19);
  await expect(remade(sample.PNG, 'image/png', 'attachment', busy)).rejects.toThrow('Too many pictures');
  await taken(sample.PNG, 'image/png', 'attachment', busy);
  resolve();
  await expect(waiting).rejects.toThrow('unknown type');
  await taken(sample.PNG, 'image/png', 'attachment', busy);
});

test('a photo whose size stands behind more metadata than is held is refused', async () => {
  const segments = Array.from({ length: 90 }, () => hostile.jpegSegment(0xe2, new Uint8Array(65_000)));
  const bytes = joinedBytes([sample.JPEG.subarray(0, 2), ...segments, sample.JPEG.subarray(2)]);
  expect(await remade(bytes, 'image/jpeg')).toEqual(NO_PICTURE);
});
