import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventStreamReader } from '../../../../bench/live/event-stream.ts';

const EVENT = 'event: next\ndata: {"data":{"price":1}}\n\n';

test('each event of a chunked stream is told once, wherever the network cuts it', () => {
  const part = fc.constantFrom(EVENT, ':\n\n', '\r\n2a\r\n', 'event: complete\ndata:\n\n');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.array(fc.nat()), (parts, cuts) => {
      const bytes = Buffer.from(parts.join(''));
      let told = 0;
      const reader = new EventStreamReader((event) => {
        expect(event.toString()).toMatch(/^event: next/);
        told += 1;
      });
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      let at = 0;
      for (const end of ends) {
        reader.take(Buffer.from(bytes.subarray(at, end)));
        at = end;
      }
      expect(told).toBe(parts.filter((each) => each === EVENT).length);
    }),
  );
});
