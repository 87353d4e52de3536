/** The most rows that an anonymous client can make D1 read of projects, more of them than a search or an offset may pass. */
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import {
  DOCUMENT_MAX_ROOT_FIELDS,
  LIST_MAX_ITEMS,
  LIST_MAX_OFFSET_ROWS,
  SEARCH_MATCHES_MAX,
} from '../../../src/config.ts';
import { foldedTexts } from '../../../src/storage/d1/project-search.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';

let gateway: TestGateway;

const ROWS = 12_000;
const SEARCH_MAX_ROWS = 4 * (SEARCH_MATCHES_MAX + 2 * LIST_MAX_ITEMS);

/** All have the same words, and each a name of its own. */
beforeAll(async () => {
  gateway = startGateway(await createMarket({ projectCount: 0, poolCount: 0, investmentCount: 0 }));
  const rows = Array.from({ length: ROWS }, (_, at) => {
    const [name, symbol] = [`Inner Coin ${at}`, `IN${at}`];
    const folded = foldedTexts({ name, symbol, description: 'A coin in the market.' });
    return [`p${at}`, name, symbol, folded.name_folded, folded.symbol_folded, folded.search_text];
  });
  for (let start = 0; start < ROWS; start += 2_000) {
    await env.DB.prepare(
      `INSERT INTO project_cache (id, name, symbol, slug, status, category, tags, blockchain, updated_at,
         created_at, name_folded, symbol_folded, search_text)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 0, 'live', 'x', '[]', '[]', 1, 1, value ->> 3,
         value ->> 4, value ->> 5 FROM json_each(?1)`,
    )
      .bind(JSON.stringify(rows.slice(start, start + 2_000)))
      .run();
  }
});

test('a search reads a bounded number of rows, and twenty of them in one request read twenty times as many', async () => {
  for (const query of ['in', 'er', 'oi', 'coin', 'inner coin', 'the market']) {
    gateway.resetCounts();
    const answer = await gateway.query('query ($query: String!) { searchProjects(query: $query) { name } }', {
      query,
    });
    expect([query, answer.errors]).toEqual([query, undefined]);
    expect(gateway.counts.d1RowsRead, query).toBeLessThanOrEqual(SEARCH_MAX_ROWS);
  }
  const searches = (count: number) =>
    Array.from(
      { length: count },
      (_, at) => `s${at}: searchProjects(query: "in${at === 0 ? '' : at}") { id }`,
    );
  gateway.resetCounts();
  const most = await gateway.query(`{ ${searches(DOCUMENT_MAX_ROOT_FIELDS).join(' ')} }`);
  expect(most.errors).toBeUndefined();
  expect(gateway.counts.d1RowsRead).toBeLessThanOrEqual(DOCUMENT_MAX_ROOT_FIELDS * SEARCH_MAX_ROWS);
  const beyond = await gateway.query(`{ ${searches(DOCUMENT_MAX_ROOT_FIELDS + 1).join(' ')} }`);
  expect(beyond.errors?.[0]?.extensions.code).toBe('OPERATION_TOO_COMPLEX');
});

/** Rows of one page that is not at an offset: a filter by category reads and sorts all that meet it. */
const LISTS = [
  { filter: '', rowsWithoutOffset: 0 },
  { filter: 'search: "coin"', rowsWithoutOffset: SEARCH_MATCHES_MAX },
  { filter: 'category: "x"', rowsWithoutOffset: 2 * ROWS },
  { filter: 'category: "x", search: "coin"', rowsWithoutOffset: 2 * ROWS + SEARCH_MATCHES_MAX },
];

test.each(LISTS)(
  'a list with the filter {$filter} reads few rows more than an offset leaves out',
  async (list) => {
    const { filter, rowsWithoutOffset } = list;
    const listAt = (offset: number) =>
      `projects(filter: { ${filter} }, first: ${LIST_MAX_ITEMS}, offset: ${offset}) { nodes { id } }`;
    const lists = Array.from(
      { length: DOCUMENT_MAX_ROOT_FIELDS },
      (_, at) => `l${at}: ${listAt(LIST_MAX_OFFSET_ROWS - at)}`,
    );
    const most = LIST_MAX_OFFSET_ROWS + rowsWithoutOffset + 3 * (LIST_MAX_ITEMS + 1);
    for (const asked of [lists.slice(0, 1), lists]) {
      gateway.resetCounts();
      const { errors, data } = await gateway.query<Record<string, { nodes: unknown[] }>>(
        `{ ${asked.join(' ')} }`,
      );
      expect(errors).toBeUndefined();
      expect(Object.values(data).map(({ nodes }) => nodes.length)).toEqual(asked.map(() => LIST_MAX_ITEMS));
      expect(gateway.counts.d1RowsRead).toBeLessThanOrEqual(asked.length * most);
    }
    gateway.resetCounts();
    const beyond = await gateway.query(`{ ${listAt(LIST_MAX_OFFSET_ROWS + 1)} }`);
    expect(beyond.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(gateway.counts.d1RowsRead).toBe(0);
  },
);
