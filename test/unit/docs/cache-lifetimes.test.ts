import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CACHE_HINTS } from '../../../schema/cache-hints.ts';

/** A field that has the lifetime of a row, by the words that begin it. */
const FIELD_OF_ROW: [beginning: string, field: string][] = [
  ['prices, trending', 'Price'],
  ['project lists, search, comparison, pools', 'Query.projects'],
  ['lists, search, comparisons, pools', 'Query.projects'],
  ["a pool's sale", 'IdoPool.status'],
  ['rooms', 'Query.chatRoom'],
  ['project detail', 'Query.project'],
  ['candles, categories', 'Query.candles'],
];

const SECONDS = { s: 1, h: 3600 } as const;

/** Rows of lifetimes, by the name of their field. */
function lifetimesOf(page: string): [string, number[]][] {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| ([^|]+) \|((?: \d+ [sh] \|){2,3})$/gm);
  return [...rows].map(([, name = '', cells = '']) => {
    const field = FIELD_OF_ROW.find(([beginning]) => name.startsWith(beginning))?.[1];
    if (field === undefined) throw new Error(`no field is known for the row "${name}" of ${page}`);
    const seconds = [...cells.matchAll(/(\d+) ([sh])/g)].map(
      ([, number, unit]) => Number(number) * SECONDS[unit as keyof typeof SECONDS],
    );
    return [field, seconds];
  });
}

test.each([
  ['test/contracts/http.md', 2],
  ['docs/operating.md', 3],
])('the lifetimes in %s are those of the schema', (page, columns) => {
  const rows = lifetimesOf(page);
  expect(rows.map(([field]) => field).sort()).toEqual(
    [
      ...['IdoPool.status', 'Price', 'Query.candles', 'Query.chatRoom', 'Query.project', 'Query.projects'],
    ].sort(),
  );
  for (const [field, seconds] of rows) {
    const lifetime = CACHE_HINTS[field]?.lifetime;
    const { maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds } = lifetime ?? {};
    expect(seconds, field).toEqual(
      [maxAgeSeconds, staleWhileRevalidateSeconds, staleIfErrorSeconds].slice(0, columns),
    );
  }
});

test('every lifetime of the schema is in the tables', () => {
  const inTables = new Set(lifetimesOf('docs/operating.md').map(([, seconds]) => seconds.join()));
  const inSchema = Object.values(CACHE_HINTS).flatMap(({ lifetime }) =>
    lifetime === null
      ? []
      : [lifetime.maxAgeSeconds, lifetime.staleWhileRevalidateSeconds, lifetime.staleIfErrorSeconds].join(),
  );
  expect([...new Set(inSchema)].sort()).toEqual([...inTables].sort());
});

test('an answer that may be kept has a tag, by which caches in front can drop it', () => {
  for (const [field, { lifetime, tags = [] }] of Object.entries(CACHE_HINTS))
    expect(lifetime === null || tags.length > 0, field).toBe(true);
});
