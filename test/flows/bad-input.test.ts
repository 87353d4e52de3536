import { beforeAll, describe, expect, test } from 'vitest';
import { type Serving, startServing } from '../support/serving-bench.ts';

let serving: Serving;
beforeAll(async () => {
  serving = await startServing();
});

const globalId = (text: string) => btoa(text).replaceAll('=', '');

/** The one error of a refused argument. */
async function refusedArgument(query: string, variables: Record<string, unknown> = {}) {
  const { errors, data } = await serving.gateway.query(query, variables);
  expect(errors).toHaveLength(1);
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect(errors?.[0]?.message).not.toBe('Unexpected error.');
  expect(Object.values(data ?? {}).every((value) => value === null)).toBe(true);
  return errors?.[0]?.extensions.argumentPath;
}

async function answered(query: string, variables: Record<string, unknown> = {}) {
  const { data, errors, status } = await serving.gateway.query(query, variables);
  expect(errors).toBeUndefined();
  expect(status).toBe(200);
  return data;
}

describe('unknown and malformed keys are null', () => {
  const keys = [
    '',
    ' ',
    'nothing',
    "'; DROP TABLE project_cache; --",
    '__proto__',
    'constructor',
    '\0',
    'é😀',
  ];
  test.each(keys)('the slug or symbol %j names no project', async (key) => {
    const query = `query ($key: String!) { slug: project(by: { slug: $key }) { id } symbol: project(by: { symbol: $key }) { id } }`;
    expect(await answered(query, { key })).toEqual({ slug: null, symbol: null });
  });

  const ids = {
    'no base64': '%%%',
    'no UTF-8': '_w',
    'an impossible length': 'A',
    empty: '',
    'without a colon': globalId('Project'),
    'without a type': globalId(':1'),
    'without an id': globalId('Project:'),
    'of an unknown type': globalId('Nothing:1'),
    'of a type named like a member of every object': globalId('constructor:1'),
    'of a project nobody has': globalId('Project:nobody'),
    'with a NUL after a real id': globalId('Project:prj_bitcoin\0'),
    'of 10 KB': globalId(`Project:${'x'.repeat(10_240)}`),
    'with padding': btoa('Project:prj_bitcoinx'),
  };
  test.each(Object.entries(ids))('an id that is %s', async (_, id) => {
    const query = `query ($id: ID!) {
      node(id: $id) { id } nodes(ids: [$id, $id]) { id } idoPool(id: $id) { id }
      project(by: { id: $id }) { id } idoPools(filter: { projectId: $id }) { totalCount nodes { id } }
    }`;
    expect(await answered(query, { id })).toEqual({
      node: null,
      nodes: [null, null],
      idoPool: null,
      project: null,
      idoPools: { totalCount: 0, nodes: [] },
    });
  });

  test('an id of another type', async () => {
    const { projects, idoPools } = (await answered(
      '{ projects(first: 1) { nodes { id } } idoPools(first: 1) { nodes { id } } }',
    )) as { projects: { nodes: [{ id: string }] }; idoPools: { nodes: [{ id: string }] } };
    const disguised = globalId('IdoPool:prj_bitcoin');
    expect(await answered('query ($id: ID!) { project(by: { id: $id }) { id } }', { id: disguised })).toEqual(
      {
        project: null,
      },
    );
    const ids = { project: projects.nodes[0].id, pool: idoPools.nodes[0].id };
    const query = `query ($project: ID!, $pool: ID!) {
      idoPool(id: $project) { id } project(by: { id: $pool }) { id }
      idoPools(filter: { projectId: $pool }) { totalCount }
    }`;
    expect(await answered(query, ids)).toEqual({ idoPool: null, project: null, idoPools: { totalCount: 0 } });
  });
});

describe('the size of a list is 1 to 100', () => {
  const fields = [
    'projects(first: $first) { totalCount }',
    'trendingProjects(first: $first) { id }',
    'searchProjects(query: "bit", first: $first) { id }',
    'idoPools(first: $first) { totalCount }',
    'project(by: { slug: "bitcoin" }) { idoPools(first: $first) { id } }',
  ];
  test.each(fields)('%s', async (field) => {
    for (const first of [0, -1, 101, 2_147_483_647]) {
      const inline = `{ ${field.replace('$first', String(first))} }`;
      for (const [query, variables] of [
        [inline, {}],
        [`query ($first: Int) { ${field} }`, { first }],
      ] as const) {
        const { errors, status } = await serving.gateway.query(query, variables);
        expect(errors?.map(({ extensions }) => extensions)).toEqual([
          { code: 'BAD_USER_INPUT', argumentPath: ['first'] },
        ]);
        expect(status).toBe(200);
      }
    }
    expect(await refusedArgument(`{ ${field.replace('$first', '2147483648')} }`)).toEqual(['first']);
    expect(await refusedArgument(`query ($first: Int) { ${field} }`, { first: 1.5 })).toEqual(['first']);
    for (const first of [1, 100, null]) await answered(`query ($first: Int) { ${field} }`, { first });
  });

  test('but 1 to 1000 for the last candles of a project', async () => {
    const field = (last: string) => `project(by: { slug: "bitcoin" }) { candles(last: ${last}) { time } }`;
    for (const last of [0, -1, 1001, 2_147_483_647]) {
      const { errors } = await serving.gateway.query(`query ($last: Int) { ${field('$last')} }`, { last });
      expect(errors?.map(({ extensions }) => extensions)).toEqual([
        { code: 'BAD_USER_INPUT', argumentPath: ['last'] },
      ]);
    }
    for (const last of ['1', '1000', 'null']) await answered(`{ ${field(last)} }`);
  });

  test('a bad size inside a list costs that field of each item', async () => {
    const { data, errors } = await serving.gateway.query<{ projects: { nodes: unknown[] } }>(
      '{ projects(first: 3) { nodes { symbol idoPools(first: 0) { id } } } }',
    );
    expect(data.projects.nodes).toHaveLength(3);
    expect(errors?.map(({ path, extensions }) => [path, extensions.argumentPath])).toEqual(
      [0, 1, 2].map((at) => [['projects', 'nodes', at, 'idoPools'], ['first']]),
    );
  });

  test('nodes takes 1 to 100 ids', async () => {
    for (const count of [0, 101]) {
      const ids = Array.from({ length: count }, () => globalId('Project:x'));
      expect(await refusedArgument('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })).toEqual([
        'ids',
      ]);
    }
  });
});

describe('a search is 2 to 64 characters', () => {
  const refused = ['', ' ', 'a', ' a ', '%', '"', '*', '😀', '\ud800', '\0'];
  const tooLong = { ascii: 'x'.repeat(65), emoji: '😀'.repeat(65), endless: 'x'.repeat(10_000) };
  test.each([...refused.map((text) => [JSON.stringify(text), text]), ...Object.entries(tooLong)])(
    '%s is refused',
    async (_, text) => {
      expect(
        await refusedArgument('query ($text: String!) { searchProjects(query: $text) { id } }', { text }),
      ).toEqual(['query']);
      expect(
        await refusedArgument(
          'query ($text: String) { projects(filter: { search: $text }) { totalCount } }',
          {
            text,
          },
        ),
      ).toEqual(['filter', 'search']);
    },
  );

  const odd = [
    '%%',
    '""',
    '**',
    '"*%_',
    "''",
    '😀😀',
    '\ud800\udbff',
    'a\0b',
    '\0\0\0',
    'NEAR(',
    'a OR',
    '^^^',
    '日本',
  ];
  test.each(odd)('%j finds what contains it, and breaks nothing', async (text) => {
    const data = await answered('query ($text: String!) { searchProjects(query: $text) { name } }', { text });
    expect(data).toEqual({ searchProjects: [] });
    await answered('query ($text: String) { projects(filter: { search: $text }) { totalCount } }', { text });
  });
});

test('a search of 64 characters is taken, however many bytes they are', async () => {
  const text = '😀'.repeat(64);
  expect(await answered('query ($text: String!) { searchProjects(query: $text) { id } }', { text })).toEqual({
    searchProjects: [],
  });
});

describe('a cursor that is none of this list', () => {
  const other = btoa(JSON.stringify(['NAME:ASC', 'x', 'y']));
  test.each(['', 'x', '%%%', btoa('[]'), btoa('{"a":1}'), btoa('["MARKET_CAP:DESC",{},"x"]'), other])(
    '%j',
    async (after) => {
      const query = (field: string) => `query ($after: String) { ${field}(after: $after) { totalCount } }`;
      expect(await refusedArgument(query('projects'), { after })).toEqual(['after']);
      expect(await refusedArgument(query('idoPools'), { after })).toEqual(['after']);
    },
  );
});

describe('instants', () => {
  const bad = [
    '2026-02-30T00:00:00Z',
    '2026-02-20T00:00:00',
    '2026-02-20',
    '+099999-01-01T00:00:00Z',
    '99999-01-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    'yesterday',
    '',
  ];
  test.each(bad)('%j is no instant', async (text) => {
    const fields = 'candles(symbol: "BTC", from: FROM) { time }';
    const inline = fields.replace('FROM', JSON.stringify(text));
    expect(await refusedArgument(`{ ${inline} }`)).toEqual(['from']);
    const query = `query ($since: DateTime) { ${fields.replace('FROM', '$since')} }`;
    expect(await refusedArgument(query, { since: text })).toEqual(['since']);
    expect(await refusedArgument(query, { since: 1_771_545_600 })).toEqual(['since']);
  });

  test('from after to is refused at from', async () => {
    const query =
      '{ candles(symbol: "BTC", from: "2024-02-18T00:00:01Z", to: "2024-02-18T00:00:00Z") { time } }';
    expect(await refusedArgument(query)).toEqual(['from']);
  });

  test('candles of a symbol that nobody knows are an empty list', async () => {
    expect(await answered('{ candles(symbol: "NOBODY") { time } }')).toEqual({ candles: [] });
  });
});

describe('a project key has exactly one of its keys', () => {
  test.each(['{}', '{ slug: null }', '{ slug: "a", symbol: "b" }', '{ slug: "a", id: null }'])(
    '%s',
    async (key) => {
      expect(await refusedArgument(`{ project(by: ${key}) { id } }`)).toEqual(['by']);
    },
  );

  test.each([{}, { slug: null }, { slug: 'a', symbol: 'b' }, null, 'bitcoin'])(
    '%j as a variable',
    async (by) => {
      expect(await refusedArgument('query ($by: ProjectKey!) { project(by: $by) { id } }', { by })).toEqual([
        'by',
      ]);
    },
  );

  test('a variable inside it that is null', async () => {
    const path = await refusedArgument('query ($slug: String) { project(by: { slug: $slug }) { id } }', {
      slug: null,
    });
    expect(path).toEqual(['by']);
  });
});

test('an error in a document names the argument and what is inside it', async () => {
  expect(await refusedArgument('{ projects(filter: { search: 5 }) { totalCount } }')).toEqual([
    'filter',
    'search',
  ]);
  expect(await refusedArgument('{ prices(symbols: ["BTC", 5]) { price } }')).toEqual(['symbols', 1]);
  expect(await refusedArgument('{ projects(nothing: 1) { totalCount } }')).toEqual(['nothing']);
  expect(await refusedArgument('{ price(symbol: "BTC", currency: DOGE) { price } }')).toEqual(['currency']);
  expect(
    await refusedArgument('query ($n: Int = "x") { projects(first: $n) { totalCount } }'),
  ).toBeUndefined();
});

test('a document nested too deeply, or too long, is the caller’s fault', async () => {
  const documents = [500, 2_000, 20_000].flatMap((depth) => [
    `${'{a'.repeat(depth)}${'}'.repeat(depth)}`,
    `{ prices(symbols: ${'['.repeat(depth)}${']'.repeat(depth)}) }`,
  ]);
  for (const query of [...documents, `{ ${'__typename '.repeat(2_000)} }`]) {
    const { data, errors } = await serving.gateway.query(query);
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.extensions.code).toMatch(/^(OPERATION_TOO_COMPLEX|BAD_USER_INPUT)$/);
  }
  expect(serving.complaints()).toEqual([]);
});
