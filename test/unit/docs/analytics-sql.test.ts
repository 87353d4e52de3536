import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { documentedQueries } from '../../support/documented-queries.ts';

/**
 * The functions that Analytics Engine documents, of those in use.
 * https://developers.cloudflare.com/analytics/analytics-engine/sql-reference/aggregate-functions/ and
 * …/date-time-functions/; `sumIf`: https://developers.cloudflare.com/changelog/post/2025-11-12-analytics-engine-further-sql-enhancements/
 */
const FUNCTIONS = ['sum', 'sumIf', 'quantileExactWeighted', 'NOW', 'toStartOfInterval'];

/**
 * https://developers.cloudflare.com/analytics/analytics-engine/sql-reference/statements/ and …/operators/: there is neither
 * JOIN nor UNION, WITH nor OVER.
 */
const WORDS = [
  ...['SELECT', 'AS', 'FROM', 'WHERE', 'GROUP', 'ORDER', 'BY', 'DESC', 'LIMIT', 'AND', 'IN'],
  ...['INTERVAL', 'HOUR', 'DAY'],
];

/** Of a table: https://developers.cloudflare.com/analytics/analytics-engine/sql-api/#table-structure */
const COLUMN = /^(timestamp|_sample_interval|index1|blob([1-9]|1\d|20)|double([1-9]|1\d|20))$/;

const sql = readFileSync(path.resolve(import.meta.dirname, '../../../docs/analytics.sql'), 'utf8');
const queries = documentedQueries(sql);

test('every statement of docs/analytics.sql has a name of its own', () => {
  expect(Object.keys(queries)).toHaveLength(sql.match(/^SELECT/gm)?.length ?? 0);
  expect(Object.keys(queries).length).toBeGreaterThan(5);
});

test.each(Object.entries(queries))('%s uses only what Analytics Engine documents', (_name, query) => {
  const text = query.replaceAll(/'[^']*'/g, "''");
  const functions = [...text.matchAll(/(\w+)\(/g)].map(([, name]) => name).filter((name) => name !== 'IN');
  expect(functions.filter((name) => !FUNCTIONS.includes(name ?? ''))).toEqual([]);
  const aliases = new Set([...text.matchAll(/ AS (\w+)/g)].map(([, alias]) => alias));
  const words = [...text.matchAll(/[A-Za-z_]\w*/g)].map(([word]) => word);
  const unknown = words.filter(
    (word) =>
      !(FUNCTIONS.includes(word) || WORDS.includes(word) || COLUMN.test(word)) &&
      !aliases.has(word) &&
      word !== 'com2000_edge_production',
  );
  expect(unknown).toEqual([]);
});

test.each(Object.entries(queries))('%s counts requests by what a row stands for', (_name, query) => {
  expect(query).not.toMatch(/\bcount\b|\bavg\b/i);
  const sums = [...query.matchAll(/\bsum(If)?\(([^,)]*)/g)].map(([, , value]) => value ?? '');
  expect(sums.filter((value) => !value.includes('_sample_interval'))).toEqual([]);
  const quantiles = [...query.matchAll(/quantileExactWeighted\([\d.]+\)\(([^)]*)\)/g)].map(
    ([, value]) => value,
  );
  expect(quantiles.filter((value) => !value?.endsWith(', _sample_interval'))).toEqual([]);
});
