import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FILE_TYPE_PREFIX_BYTES } from '../../../src/config.ts';
import { byteTypeOf } from '../../../src/files/byte-type.ts';
import { joinedBytes } from '../../../src/storage/joined-bytes.ts';
import * as hostile from '../../support/files/hostile-files.ts';
import * as sample from '../../support/files/sample-files.ts';

const SAMPLES: [string, Uint8Array][] = [
  ['image/png', sample.PNG],
  ['image/png', sample.PALETTE_PNG],
  ['image/png', sample.ANIMATED_PNG],
  ['image/jpeg', sample.JPEG],
  ['image/jpeg', sample.PROGRESSIVE_JPEG],
  ['image/jpeg', hostile.photo()],
  ['image/webp', sample.WEBP],
  ['image/webp', sample.LOSSLESS_WEBP],
  ['image/webp', sample.TRANSPARENT_WEBP],
  ['image/webp', sample.ANIMATED_WEBP],
  ['image/avif', sample.AVIF],
  ['image/gif', sample.GIF],
  ['video/mp4', sample.MP4],
  ['video/webm', sample.WEBM],
  ['application/pdf', sample.PDF],
  ['image/svg+xml', sample.SVG],
];
const sampled = fc.constantFrom(...SAMPLES);

const FOREIGN = [
  ...[
    'MZ',
    'PK\u0003\u0004',
    '\x7fELF',
    '\u0000asm',
    '#!/bin/sh\n',
    '%!PS-Adobe',
    'GIF90a',
    'BM',
    'ID3',
    'Rar!',
  ],
  ...[
    '<html>',
    '<!DOCTYPE html>',
    '<script>',
    '<?php ',
    '<?xml version="1.0"?><feed>',
    '{"a":1}',
    '//',
    '/*',
  ],
  ...[
    '%PDF-9.9\n',
    '%pdf-1.4\n',
    '%PDF-1.4<script>\n',
    'RIFF\u0024\u0000\u0000\u0000WAVE',
    ' ',
    '\n',
    '\ufeff%PDF-1.4\n',
  ],
  ...['\u0000\u0000\u0000\u0018ftypheic', '\u0000\u0000\u0000\u0014ftypqt  ', 'GIF89 ', 'wOF2', '<svg>'],
].map(sample.textBytes);

test('a file of each type is recognised', () => {
  for (const [type, bytes] of SAMPLES) expect([type, byteTypeOf(bytes)]).toEqual([type, type]);
});

test('the first bytes are enough, and nothing behind them matters', () => {
  fc.assert(
    fc.property(sampled, fc.uint8Array({ maxLength: 500 }), ([type, bytes], tail) => {
      expect(byteTypeOf(joinedBytes([bytes, tail]).subarray(0, FILE_TYPE_PREFIX_BYTES))).toBe(type);
    }),
  );
});

test('bytes behind a foreign signature are of no type, whatever they are', () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    sampled.map(([, bytes]) => bytes),
  );
  fc.assert(
    fc.property(fc.constantFrom(...FOREIGN), anything, (signature, rest) => {
      expect(byteTypeOf(joinedBytes([signature, rest]))).toBeNull();
    }),
    { numRuns: 2_000 },
  );
});

test('a file that does not begin at byte 0 is of no type', () => {
  const junk = fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .filter((bytes) => bytes.some((byte) => byte > 32));
  fc.assert(
    fc.property(sampled, junk, ([, bytes], before) => {
      expect(byteTypeOf(joinedBytes([before, bytes]))).toBeNull();
    }),
    { numRuns: 2_000 },
  );
});

test('arbitrary bytes are of no type', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(byteTypeOf(bytes)).toBeNull();
    }),
    { numRuns: 2_000 },
  );
});

test('a file that is cut is of its own type or of none', () => {
  fc.assert(
    fc.property(sampled, fc.nat({ max: 200 }), ([type, bytes], length) => {
      expect([type, null]).toContain(byteTypeOf(bytes.subarray(0, length)));
    }),
  );
  expect(byteTypeOf(new Uint8Array())).toBeNull();
});

test('one changed byte of a signature makes it none', () => {
  const binary = SAMPLES.filter(([type]) => !['image/svg+xml', 'application/pdf'].includes(type));
  fc.assert(
    fc.property(
      fc.constantFrom(...binary),
      fc.nat({ max: 2 }),
      fc.integer({ min: 1, max: 255 }),
      ([type, bytes], at, by) => {
        const isBox = type === 'video/mp4' || type === 'image/avif';
        const changed = new Uint8Array(bytes);
        const place = isBox ? at + 4 : at;
        changed[place] = (changed[place] ?? 0) ^ by;
        expect(byteTypeOf(changed)).toBeNull();
      },
    ),
  );
});

test('documents and scripts in disguise are of no type', () => {
  const { HTML, HTML_THEN_PDF, PDF_WITH_HTML, HTML_WITH_SVG, XML, ENTITY_BOMB, STYLED_SVG } = hostile;
  for (const bytes of [
    hostile.GIF_AND_SCRIPT,
    HTML,
    HTML_THEN_PDF,
    PDF_WITH_HTML,
    HTML_WITH_SVG,
    XML,
    ENTITY_BOMB,
    STYLED_SVG,
  ])
    expect(byteTypeOf(bytes)).toBeNull();
  expect(byteTypeOf(sample.textBytes('<svg onload="x()">'))).toBeNull();
  const emptySubset = sample.textBytes('<!DOCTYPE svg []><svg xmlns="http://www.w3.org/2000/svg"/>');
  expect(byteTypeOf(emptySubset)).toBeNull();
});

test('a signature without the header that belongs to it is none', () => {
  const { PNG, JPEG, WEBP, AVIF } = sample;
  for (const [bytes, length] of [
    [PNG, 8],
    [PNG, 11],
    [JPEG, 3],
    [WEBP, 12],
    [AVIF, 8],
  ] as const)
    expect(byteTypeOf(joinedBytes([bytes.subarray(0, length), hostile.HTML]))).toBeNull();
});

test('an SVG is known by its root, with comments and a document type before it', () => {
  const root = '<svg width="1"\n  xmlns = \'http://www.w3.org/2000/svg\'';
  const type =
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">';
  for (const text of [
    `${root}/>`,
    `\ufeff${root}>`,
    `<?xml version="1.0"?>\n<!-- a -->\n<!-- b -->${type}\n${root}>`,
  ])
    expect([text, byteTypeOf(sample.textBytes(text))]).toEqual([text, 'image/svg+xml']);
  expect(byteTypeOf(sample.textBytes(`<!-- ${root}>`))).toBeNull();
  expect(byteTypeOf(hostile.SCRIPTED_SVG)).toBe('image/svg+xml');
});

test('a PDF is known with any line ends, and with comments before its first object', () => {
  for (const text of [
    '%PDF-1.7\r%\u00e2\r\n148 0 obj\r<<',
    '%PDF-2.0\n\n%a\n%b\n1 0 obj',
    '%PDF-1.4 \n1 0 obj',
  ])
    expect([text, byteTypeOf(sample.textBytes(text))]).toEqual([text, 'application/pdf']);
  for (const text of [
    '%PDF-1.4',
    '%PDF-1.4\n',
    '%PDF-1.4\n<html>1 0 obj',
    '%PDF-1.4\nalert(1)',
    ' %PDF-1.4\n1 0 obj',
  ])
    expect([text, byteTypeOf(sample.textBytes(text))]).toEqual([text, null]);
});
