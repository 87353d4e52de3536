import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatEvent,
  KEEP_ALIVE_COMMENT,
  type ServerSentEvent,
} from '../../../src/http/server-sent-events.ts';
import { EventStreamParser } from '../../support/event-stream-parser.ts';

const oneLine = fc.string({ unit: 'binary' }).filter((text) => !/[\r\n\0]/.test(text));
/** Rich in what the format is made of. */
const text = fc
  .array(
    fc.oneof(fc.constantFrom('\n', '\r', '\r\n', ' ', ':', 'data:', 'id: 1', '\0', '\uFEFF'), fc.string()),
  )
  .map((parts) => parts.join(''));
const event: fc.Arbitrary<ServerSentEvent> = fc.record(
  { event: oneLine.filter((name) => name !== ''), data: text, id: oneLine },
  { requiredKeys: ['event', 'data'] },
);

const linesOf = (data: string) => data.split(/\r\n|\r|\n/).join('\n');

test('a client reads back what was written, with comments between, in whatever chunks it comes', () => {
  fc.assert(
    fc.property(fc.array(event), fc.integer({ min: 1, max: 7 }), (events, size) => {
      const parser = new EventStreamParser();
      const written = events.map((one) => formatEvent(one) + KEEP_ALIVE_COMMENT).join('');
      for (let at = 0; at < written.length; at += size) parser.push(written.slice(at, at + size));
      let lastEventId = '';
      const expected = events.map(({ event: type, data, id }) => {
        lastEventId = id ?? lastEventId;
        return { type, data: linesOf(data), lastEventId };
      });
      expect(parser.events).toEqual(expected);
      expect(parser.comments).toHaveLength(events.length);
    }),
  );
});

test('an event without data is dispatched all the same', () => {
  const parser = new EventStreamParser();
  parser.push(formatEvent({ event: 'complete', data: '' }));
  expect(parser.events).toEqual([{ type: 'complete', data: '', lastEventId: '' }]);
});

test.each(['\r', '\n', '\0'])('a name or an id with %j in it is not written', (character) => {
  const broken = `a${character}b`;
  expect(() => formatEvent({ event: broken, data: '' })).toThrow(RangeError);
  expect(() => formatEvent({ event: 'next', data: '', id: broken })).toThrow(RangeError);
});
