/** The form of an answer by `Accept`, as RFC 9110 (section 12.5.1) has it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AcceptedForms, MediaTypes } from '../../../src/http/media-types.ts';
import { BoundedMemory } from '../../../src/storage/bounded-memory.ts';

const JSON_TYPE = 'application/json';
const RESPONSE = 'application/graphql-response+json';
const EVENTS = 'text/event-stream';

const acceptedBy = (accept: string | null): AcceptedForms =>
  new MediaTypes(new BoundedMemory(10_000)).accepted(accept);

const CHROME =
  'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7';

/** By header: the media type of JSON, of a query's answer as events, of a subscription as events, of a page. */
const CASES: [accept: string | null, json: string | null, more?: Partial<AcceptedForms>][] = [
  [null, JSON_TYPE],
  ['', JSON_TYPE],
  ['*/*', JSON_TYPE],
  ['application/*', JSON_TYPE],
  [JSON_TYPE, JSON_TYPE],
  [RESPONSE, RESPONSE],
  ['application/json;q=0.5, application/graphql-response+json', RESPONSE],
  // Apollo Client 4, and 3.
  ['application/graphql-response+json,application/json;q=0.9', RESPONSE],
  ['multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9', RESPONSE],
  // graphql-request, axios.
  ['application/graphql-response+json, application/json', RESPONSE],
  ['application/json, text/plain, */*', JSON_TYPE],
  // urql, which takes subscriptions over the same fetch.
  [
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    RESPONSE,
    { takesEvents: true },
  ],
  ['application/json, text/event-stream', JSON_TYPE, { takesEvents: true }],
  ['text/event-stream, application/json', JSON_TYPE, { takesEvents: true }],
  ['text/event-stream, application/json;q=0.9', JSON_TYPE, { prefersEvents: true, takesEvents: true }],
  ['text/event-stream;q=0.1, application/json', JSON_TYPE, { takesEvents: true }],
  ['text/event-stream;q=0, application/json', JSON_TYPE],
  ['text/event-stream;q=0, */*', JSON_TYPE],
  [EVENTS, null, { prefersEvents: true, takesEvents: true }],
  ['text/*', null, { prefersEvents: true, takesEvents: true, prefersPage: true }],
  ['*/*, application/*;q=0', null, { prefersEvents: true, takesEvents: true, prefersPage: true }],
  ['application/json;q=0', null],
  ['*/*;q=0', null],
  ['application/json;q=0, application/*', RESPONSE],
  ['*/*, application/json;q=0', RESPONSE],
  ['application/json;Q=0.000', null],
  ['application/json ; q=0.5 , application/graphql-response+json ; q=0.25', JSON_TYPE],
  ['application/json; charset="utf-8"', JSON_TYPE],
  ['application/json; charset=UTF-8', JSON_TYPE],
  ['application/json; charset=iso-8859-1', null],
  ['application/json; charset=iso-8859-1, */*;q=0.1', JSON_TYPE],
  ['application/json; version=1', JSON_TYPE],
  ['text/plain; note="a, application/json; q=1, \\" "', null],
  ['application/json; note=";q=0, application/json;q=0"', JSON_TYPE],
  ['APPLICATION/JSON', JSON_TYPE],
  [',, application/json,', JSON_TYPE],
  ['image/png', null],
  ['text/plain;q=0.5', null],
  ['json', null],
  ['*', null],
  ['text/html', null, { prefersPage: true }],
  [CHROME, JSON_TYPE, { prefersPage: true }],
  ['text/html, */*', JSON_TYPE, { prefersPage: true }],
  ['application/json, text/html;q=0.9', JSON_TYPE],
  ['text/html;q=0, */*', JSON_TYPE],
];

test.each(CASES)('%j', (accept, json, more) => {
  const none = { prefersEvents: false, takesEvents: false, prefersPage: false };
  expect(acceptedBy(accept)).toEqual({ json, ...none, ...more });
});

interface Range {
  type: string;
  subtype: string;
  /** Thousandths; null is left out. */
  weight: number | null;
  isForeignCharset: boolean;
}

const range: fc.Arbitrary<Range> = fc.record({
  type: fc.constantFrom('application', 'application', 'text', 'image'),
  subtype: fc.constantFrom('json', 'graphql-response+json', 'event-stream', 'html', '*'),
  weight: fc.option(fc.constantFrom(0, 1, 250, 500, 999, 1000), { nil: null }),
  isForeignCharset: fc.integer({ min: 0, max: 7 }).map((drawn) => drawn === 0),
});
const anything: fc.Arbitrary<Range> = range.map((drawn) => ({ ...drawn, type: '*', subtype: '*' }));
const space = fc.constantFrom('', ' ', '\t', ' \t ');
const quoted = fc
  .array(fc.constantFrom('a', ',', ';', '=', ' ', '\\"', '\\\\', 'q=0', '*/*', 'application/json'))
  .map((parts) => `"${parts.join('')}"`);
const noise = fc
  .constantFrom('', '', 'note', 'v')
  .chain((name) =>
    name === '' ? fc.constant('') : fc.oneof(fc.constant('1'), quoted).map((value) => `;${name}=${value}`),
  );

const written = (drawn: Range) =>
  fc.tuple(space, space, noise, noise, fc.boolean()).map(([before, after, first, second, isUpper]) => {
    const charset = drawn.isForeignCharset ? ';charset=utf-16' : '';
    const weight = drawn.weight === null ? '' : `${before};${after}q=${drawn.weight / 1000}`;
    const mediaRange = `${drawn.type}/${drawn.subtype}`;
    return `${before}${isUpper ? mediaRange.toUpperCase() : mediaRange}${first}${charset}${weight}${second}${after}`;
  });

const header = fc
  .array(fc.oneof({ weight: 5, arbitrary: range }, anything), { minLength: 1, maxLength: 6 })
  .chain((ranges) => fc.tuple(...ranges.map(written)).map((texts) => ({ ranges, accept: texts.join(',') })));

/** Thousandths: the weight of the most precise range, and the greatest of equally precise ones. */
function weightOf(mediaType: string, ranges: readonly Range[]): number {
  const [type, subtype] = mediaType.split('/');
  const levels = [
    (sent: Range) => sent.type === type && sent.subtype === subtype,
    (sent: Range) => sent.type === type && sent.subtype === '*',
    (sent: Range) => sent.type === '*',
  ];
  for (const isOf of levels) {
    const weights = ranges
      .filter((sent) => isOf(sent) && !sent.isForeignCharset)
      .map(({ weight }) => weight ?? 1000);
    if (weights.length > 0) return Math.max(...weights);
  }
  return 0;
}

describe('for every header', () => {
  test('what the client weighs more is chosen, and nothing that it refuses', () => {
    fc.assert(
      fc.property(header, ({ ranges, accept }) => {
        const forms = acceptedBy(accept);
        const weights: Record<string, number> = {
          [JSON_TYPE]: weightOf(JSON_TYPE, ranges),
          [RESPONSE]: weightOf(RESPONSE, ranges),
        };
        const best = Math.max(...Object.values(weights));
        expect(forms.json === null ? 0 : weights[forms.json]).toBe(best);
        expect(forms.json === null).toBe(best === 0);
        expect(forms.prefersEvents).toBe(weightOf(EVENTS, ranges) > best);
        if (weightOf(EVENTS, ranges) === 0) expect(forms.takesEvents).toBe(false);
        const namesText = ranges.some(
          ({ type, subtype, isForeignCharset }) =>
            type === 'text' && (subtype === 'event-stream' || subtype === '*') && !isForeignCharset,
        );
        if (namesText) expect(forms.takesEvents).toBe(weightOf(EVENTS, ranges) > 0);
        if (weightOf('text/html', ranges) !== best)
          expect(forms.prefersPage).toBe(weightOf('text/html', ranges) > best);
      }),
      { numRuns: 2_000 },
    );
  });

  test('no text, however long or broken, is an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'";,=\\/* qj') })), (accept) => {
        expect([null, JSON_TYPE, RESPONSE]).toContain(acceptedBy(accept).json);
      }),
    );
  });
});
