import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PICTURE_MAX_BYTES, PICTURE_PARTS_MAX } from '../../../src/config.ts';
import type { PictureType } from '../../../src/files/byte-type.ts';
import { pictureSizeOf, shownPartsOf } from '../../../src/files/picture-parts.ts';
import { joinedBytes } from '../../../src/storage/joined-bytes.ts';
import * as hostile from '../../support/files/hostile-files.ts';
import * as sample from '../../support/files/sample-files.ts';

const STILL: [PictureType, Uint8Array<ArrayBuffer>][] = [
  ['image/png', sample.PNG],
  ['image/png', sample.PALETTE_PNG],
  ['image/jpeg', sample.JPEG],
  ['image/jpeg', sample.PROGRESSIVE_JPEG],
  ['image/webp', sample.WEBP],
  ['image/webp', sample.LOSSLESS_WEBP],
  ['image/webp', sample.TRANSPARENT_WEBP],
];
const PIXELS: [PictureType, Uint8Array<ArrayBuffer>][] = [
  ['image/png', sample.PIXEL_PNG],
  ['image/jpeg', sample.PIXEL_JPEG],
  ['image/webp', sample.PIXEL_WEBP],
];
const still = fc.constantFrom(...STILL);

test('the size of a picture is read from its header', () => {
  for (const [type, bytes] of STILL)
    expect([type, pictureSizeOf(bytes, type)]).toEqual([type, { width: 24, height: 12 }]);
  for (const [type, bytes] of PIXELS) expect(pictureSizeOf(bytes, type)).toEqual({ width: 1, height: 1 });
  expect(pictureSizeOf(hostile.photo(), 'image/jpeg')).toEqual({ width: 24, height: 12 });
  expect(pictureSizeOf(sample.ANIMATED_WEBP, 'image/webp')).toEqual({ width: 24, height: 12 });
});

test('any size that a header can say is read', () => {
  const side = fc.integer({ min: 1, max: 0xffff });
  fc.assert(
    fc.property(side, side, (width, height) => {
      const size = { width, height };
      expect(pictureSizeOf(hostile.pngOfSize(width * 9, height), 'image/png')).toEqual({
        ...size,
        width: width * 9,
      });
      expect(pictureSizeOf(hostile.jpegOfSize(width, height), 'image/jpeg')).toEqual(size);
      expect(pictureSizeOf(hostile.webpOfSize(width, height), 'image/webp')).toEqual(size);
    }),
  );
});

test('a side of no pixels is no size', () => {
  expect(pictureSizeOf(hostile.pngOfSize(0, 9), 'image/png')).toBeNull();
  expect(pictureSizeOf(hostile.jpegOfSize(9, 0), 'image/jpeg')).toBeNull();
});

test('a part of a picture says the size of the whole, or none', () => {
  fc.assert(
    fc.property(still, fc.nat({ max: 700 }), ([type, bytes], length) => {
      expect([{ width: 24, height: 12 }, null]).toContainEqual(
        pictureSizeOf(bytes.subarray(0, length), type),
      );
    }),
  );
});

test('metadata of each kind is dropped, and the pixels stay as they were', () => {
  for (const [type, bytes, plain] of [
    ['image/jpeg', hostile.photo(), sample.JPEG],
    ['image/png', hostile.placedPng(), sample.PNG],
    ['image/webp', hostile.placedWebp(), sample.WEBP],
  ] as const) {
    expect(hostile.hasText(bytes, hostile.PLACE) && hostile.hasBytes(bytes, hostile.EXIF_PLACE)).toBe(true);
    const shown = shownPartsOf(bytes, type);
    if (shown === null) throw new Error(`${type} has no parts`);
    expect(hostile.hasText(shown, hostile.PLACE) || hostile.hasBytes(shown, hostile.EXIF_PLACE)).toBe(false);
    expect(pictureSizeOf(shown, type)).toEqual({ width: 24, height: 12 });
    expect(shown.byteLength).toBeLessThanOrEqual(plain.byteLength + 18);
  }
});

test('bytes behind the end of a picture are dropped', () => {
  fc.assert(
    fc.property(still, fc.uint8Array({ maxLength: 300 }), ([type, bytes], tail) => {
      const shown = shownPartsOf(bytes, type);
      expect(shown).not.toBeNull();
      expect(shownPartsOf(joinedBytes([bytes, tail]), type)).toEqual(shown);
    }),
  );
});

test('a part of a known name behind the end is dropped too', () => {
  const script = sample.textBytes(hostile.SCRIPT);
  const chunks: [PictureType, Uint8Array, Uint8Array][] = [
    ['image/png', sample.PNG, hostile.pngChunk('IDAT', script)],
    ['image/jpeg', sample.JPEG, hostile.jpegSegment(0xdb, script)],
    ['image/webp', sample.WEBP, hostile.webpChunk('ALPH', script)],
  ];
  for (const [type, bytes, chunk] of chunks)
    expect(shownPartsOf(joinedBytes([bytes, chunk]), type)).toEqual(shownPartsOf(bytes, type));
});

test('the header of WebP names no chunk that is gone', () => {
  const shown = shownPartsOf(hostile.placedWebp(), 'image/webp');
  expect(shown && [...shown.subarray(12, 22)]).toEqual([...sample.textBytes('VP8X'), 10, 0, 0, 0, 0, 0]);
});

test('the parts of a picture that has its parts alone are all of it', () => {
  for (const [type, bytes] of STILL) {
    const shown = shownPartsOf(bytes, type);
    expect(shown && shownPartsOf(shown, type)).toEqual(shown);
  }
  expect(shownPartsOf(sample.JPEG, 'image/jpeg')).toEqual(sample.JPEG);
  expect(shownPartsOf(sample.TRANSPARENT_WEBP, 'image/webp')).toEqual(sample.TRANSPARENT_WEBP);
});

test('a segment or chunk of any other name is dropped, wherever it stands', () => {
  const marker = fc.constantFrom(...[0xe0, 0xe1, 0xe2, 0xeb, 0xed, 0xef, 0xf0, 0xfe, 0x02, 0xc8]);
  const content = fc.uint8Array({ maxLength: 60 });
  fc.assert(
    fc.property(marker, content, (name, bytes) => {
      const { JPEG } = sample;
      const with_ = joinedBytes([JPEG.subarray(0, 2), hostile.jpegSegment(name, bytes), JPEG.subarray(2)]);
      expect(shownPartsOf(with_, 'image/jpeg')).toEqual(JPEG);
    }),
  );
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'acEXmtpD'), minLength: 4, maxLength: 4 }),
      content,
      (name, bytes) => {
        const { PALETTE_PNG } = sample;
        const at = PALETTE_PNG.byteLength - 12;
        const with_ = joinedBytes([
          PALETTE_PNG.subarray(0, at),
          hostile.pngChunk(name, bytes),
          PALETTE_PNG.subarray(at),
        ]);
        expect(shownPartsOf(with_, 'image/png')).toEqual(shownPartsOf(PALETTE_PNG, 'image/png'));
      },
    ),
  );
});

test('an animation keeps its still picture, and one without is none', () => {
  const shown = shownPartsOf(sample.ANIMATED_PNG, 'image/png');
  expect(shown && hostile.hasText(shown, 'fdAT')).toBe(false);
  expect(shownPartsOf(sample.ANIMATED_WEBP, 'image/webp')).toBeNull();
});

test('a picture that is cut is none', () => {
  fc.assert(
    fc.property(still, fc.nat({ max: 590 }), ([type, bytes], length) => {
      fc.pre(length < bytes.byteLength - 1);
      expect(shownPartsOf(bytes.subarray(0, length), type)).toBeNull();
    }),
  );
});

/** A JPEG with so many comments of no bytes before its first table. */
function commentedJpeg(comments: number): Uint8Array<ArrayBuffer> {
  const segments = new Uint8Array(4 * comments);
  new Uint32Array(segments.buffer).fill(
    new DataView(Uint8Array.of(0xff, 0xfe, 0, 2).buffer).getUint32(0, true),
  );
  return joinedBytes([sample.JPEG.subarray(0, 2), segments, sample.JPEG.subarray(2)]);
}

test('a picture of more parts than any encoder writes is none, however many they are', () => {
  const few = commentedJpeg(PICTURE_PARTS_MAX - 100);
  expect(shownPartsOf(few, 'image/jpeg')).toEqual(sample.JPEG);
  expect(pictureSizeOf(few, 'image/jpeg')).toEqual({ width: 24, height: 12 });
  for (const comments of [PICTURE_PARTS_MAX, PICTURE_MAX_BYTES / 4]) {
    const many = commentedJpeg(comments);
    expect(shownPartsOf(many, 'image/jpeg')).toBeNull();
    expect(pictureSizeOf(many, 'image/jpeg')).toBeNull();
  }
});

test('arbitrary bytes neither throw nor hang', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<PictureType>('image/jpeg', 'image/png', 'image/webp'),
      fc.uint8Array({ maxLength: 300 }),
      (type, bytes) => {
        const [[, start = bytes] = []] = STILL.filter(([stillType]) => stillType === type);
        for (const file of [bytes, joinedBytes([start.subarray(0, 12), bytes])]) {
          pictureSizeOf(file, type);
          shownPartsOf(file, type);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
