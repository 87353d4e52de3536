import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientFrame, FrameReader, OPCODES } from '../../../../bench/live/frames.ts';

/** As a server sends it. */
function serverFrame(opcode: number, payload: Buffer): Buffer {
  const head =
    payload.length < 126
      ? Buffer.from([0x80 | opcode, payload.length])
      : payload.length < 65_536
        ? Buffer.from([0x80 | opcode, 126, payload.length >> 8, payload.length & 0xff])
        : Buffer.from([
            0x80 | opcode,
            127,
            0,
            0,
            0,
            0,
            0,
            payload.length >> 16,
            (payload.length >> 8) & 0xff,
            payload.length & 0xff,
          ]);
  return Buffer.concat([head, payload]);
}

/** What a reader tells of bytes that come in such pieces. */
function framesIn(bytes: Buffer, cuts: readonly number[] = []): [number, string][] {
  const frames: [number, string][] = [];
  const reader = new FrameReader((opcode, payload) => frames.push([opcode, payload.toString()]));
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  let at = 0;
  for (const end of ends) {
    // One buffer for every read, as a generator has it.
    const piece = Buffer.from(bytes.subarray(at, end));
    reader.take(piece);
    piece.fill(0);
    at = end;
  }
  return frames;
}

test('frames come out whole and in order wherever the network cuts them', () => {
  const frame = fc.record({
    opcode: fc.constantFrom(...Object.values(OPCODES)),
    text: fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.constantFrom(125, 126, 65_535, 65_536).map((length) => 'x'.repeat(length)),
    ),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.array(fc.nat()), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(({ opcode, text }) => serverFrame(opcode, Buffer.from(text))));
      expect(framesIn(bytes, cuts)).toEqual(sent.map(({ opcode, text }) => [opcode, text]));
    }),
  );
});

test('a fragmented message and a masked frame are refused', () => {
  expect(() => framesIn(Buffer.from([0x01, 0x01, 0x61]))).toThrow('fragmented');
  expect(() => framesIn(clientFrame(OPCODES.text, 'a'))).toThrow('masked');
});

test('a client frame says its opcode and length, and is masked by nothing', () => {
  expect([...clientFrame(OPCODES.text, 'ab')]).toEqual([0x81, 0x82, 0, 0, 0, 0, 0x61, 0x62]);
  const long = clientFrame(OPCODES.pong, 'x'.repeat(126));
  expect([...long.subarray(0, 9)]).toEqual([0x8a, 0xfe, 0, 126, 0, 0, 0, 0, 0x78]);
  expect(long.length).toBe(8 + 126);
  expect(() => clientFrame(OPCODES.text, 'x'.repeat(65_536))).toThrow('65536 bytes');
});
