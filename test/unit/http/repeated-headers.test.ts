import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AnswerHeaders, commonHeaders } from '../../../src/http/answer.ts';
import { RepeatedHeaders } from '../../../src/http/repeated-headers.ts';
import { BoundedMemory } from '../../../src/storage/bounded-memory.ts';

const LISTED = 'https://app.example';
const options = { corsOrigins: [LISTED], strictTransport: true };

const requests = fc
  .record(
    {
      Origin: fc.constantFrom(LISTED, 'https://other.example'),
      Authorization: fc.constant('Bearer token'),
      Cookie: fc.constant('session=1'),
    },
    { requiredKeys: [] },
  )
  .map((headers) => new Request('https://gateway.example/graphql', { headers }));
const answers = fc.record(
  {
    'Content-Type': fc.constantFrom('application/json', 'application/graphql-response+json'),
    'X-Cache': fc.constant('MISS'),
    'Cache-Control': fc.constantFrom('public, max-age=5', 'private, max-age=5', 'no-store'),
    ETag: fc.constantFrom('"one"', '"two"', '"three"'),
    Vary: fc.constant('Accept'),
    'Cache-Tag': fc.constantFrom('projects', 'prices'),
    Deprecation: fc.constant('@1'),
  },
  { requiredKeys: ['X-Cache'] },
);

test('an answer has the headers of its own, the common ones and its ids, whatever was answered before', () => {
  const asked = fc.array(fc.tuple(requests, answers, fc.uuid()), { maxLength: 30 });
  fc.assert(
    fc.property(asked, (exchanges) => {
      const repeated = new RepeatedHeaders(new BoundedMemory(30_000), options);
      for (const [request, own, traceId] of exchanges) {
        const expected: AnswerHeaders = {
          ...own,
          ...commonHeaders(request, own, options),
          'x-trace-id': traceId,
        };
        const sent = new Response(null, { headers: repeated.of(request, own, traceId) }).headers;
        expect(Object.fromEntries(sent)).toEqual(Object.fromEntries(new Headers(expected)));
      }
    }),
  );
});

test('answers that differ in their entity tags and ids alone share their headers', () => {
  const repeated = new RepeatedHeaders(new BoundedMemory(30_000), options);
  const request = new Request('https://gateway.example/graphql');
  const own = { 'X-Cache': 'MISS', 'Cache-Control': 'public, max-age=5' };
  const first = repeated.of(request, { ...own, ETag: '"one"' }, 'trace one');
  expect(repeated.of(request, { ...own, ETag: '"two"' }, 'trace two')).toBe(first);
  expect(repeated.of(request, { ...own, 'Cache-Tag': 'prices', ETag: '"two"' }, 'trace two')).not.toBe(first);
});
