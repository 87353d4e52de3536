/** A kept answer is labelled as one that is executed, whatever a client accepts. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { CATEGORIES, type Caching, requestOf, startCaching } from '../../support/cache-bench.ts';

let caching: Caching;
beforeAll(async () => {
  caching = await startCaching();
});

const labelled = async (query: string, method: 'GET' | 'POST', accept: string | null) => {
  const headers: Record<string, string> = accept === null ? {} : { Accept: accept };
  const response = await caching.gateway.fetch(...requestOf({ query, method, headers }));
  const body = new TextDecoder().decode(await response.arrayBuffer());
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    json: body.startsWith('{"data"'),
  };
};

const mediaType = fc.constantFrom(
  'application/json',
  'application/graphql-response+json',
  'application/graphql+json',
  'application/*',
  '*/*',
  'text/html',
  'text/*',
  'text/event-stream',
  'multipart/mixed',
  'image/png',
  'APPLICATION/JSON',
  'Application/GraphQL-Response+Json',
  '*',
  '',
  'json',
);
const parameter = fc.constantFrom(
  '',
  '',
  ';q=0.5',
  '; q=0',
  ';charset=utf-8',
  '; charset=UTF-8',
  ';charset="utf-8"',
  ';charset=iso-8859-1',
  ';charset=utf-16;q=1',
  ';q=0.1; charset=utf-8',
  ';version=1',
  '; deferSpec=20220824',
);
const range = fc.tuple(mediaType, parameter).map(([type, rest]) => `${type}${rest}`);
const accepted = fc.oneof(
  fc.constant(null),
  fc
    .array(range, { minLength: 1, maxLength: 4 })
    .chain((ranges) => fc.constantFrom(',', ', ', ' , ').map((separator) => ranges.join(separator))),
);

test.each(['GET', 'POST'] as const)('for every Accept, by %s', async (method) => {
  await labelled(CATEGORIES.query ?? '', method, null);
  await fc.assert(
    fc.asyncProperty(accepted, async (accept) => {
      const kept = await labelled(CATEGORIES.query ?? '', method, accept);
      const executed = await labelled('{ __typename }', method, accept);
      expect(kept).toEqual(executed);
    }),
    {
      numRuns: 250,
      examples: [
        [''],
        ['application/json;charset=utf-8, */*'],
        ['text/event-stream, application/json'],
        ['text/event-stream, application/json;q=0.9'],
        ['application/json;q=0.5, application/graphql-response+json'],
        ['application/json;q=0'],
      ],
    },
  );
});
