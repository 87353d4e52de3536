/** Two projects may have one symbol. Its live price is that of the project which the symbol means. */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { CRONS } from '../support/gateway.ts';
import { type Serving, startServing } from '../support/serving-bench.ts';

type Fields = Record<string, unknown>;
interface Priced {
  slug: string;
  price: { priceUsd: number; history: unknown[] } | null;
}

/** A project, a list of projects, or a connection. */
type Shown = Priced | Priced[] | { nodes: Priced[] } | null;

let serving: Serving;
beforeEach(async () => {
  serving = await startServing();
});

const IDS = { giant: 'prj_shared_b', dwarf: 'prj_shared_c', ghost: 'prj_shared_a' } as const;
type Name = keyof typeof IDS;
const globalId = (id: string) => btoa(`Project:${id}`).replace(/=+$/, '');

/** Changes projects with the symbol SAME, and syncs. */
async function put(changes: Partial<Record<Name, Fields>>): Promise<void> {
  const { projects } = await serving.market.records();
  await serving.gateway.advance(900);
  for (const [name, fields] of Object.entries(changes) as [Name, Fields][]) {
    const record = {
      ...projects[0],
      ...{ id: IDS[name], slug: name, name: `${name} coin`, symbol: 'SAME', status: 'live' },
      ...{ current_price: 100, trending_rank: 1, updated_at: Math.floor(Date.now() / 1000) },
      ...fields,
    };
    await serving.market.putProject(IDS[name], record);
  }
  await serving.gateway.scheduled(CRONS.projects);
  await serving.gateway.scheduled(CRONS.prices);
}

/** The names of the projects that show a live price, wherever the API shows projects. */
async function priced(): Promise<Name[]> {
  const shown = '{ slug price { priceUsd history { price } } }';
  const ids = Object.values(IDS).map((id) => `"${globalId(id)}"`);
  const { data, errors } = await serving.gateway.query<Record<string, Shown>>(`{
    projects(first: 100, orderBy: { field: CURRENT_PRICE, direction: DESC }) { nodes ${shown} }
    paused: projects(first: 100, filter: { status: PAUSED }) { nodes ${shown} }
    filtered: projects(first: 100, filter: { search: "coin" }) { nodes ${shown} }
    searchProjects(query: "same") ${shown}
    trendingProjects(first: 100) ${shown}
    nodes(ids: [${ids}]) { ... on Project ${shown} }
    giant: project(by: { slug: "giant" }) ${shown}
    dwarf: project(by: { slug: "dwarf" }) ${shown}
    ghost: project(by: { slug: "ghost" }) ${shown}
  }`);
  expect(errors).toBeUndefined();
  const bySlug = new Map<string, Set<boolean>>();
  const visit = (project: Priced | null) => {
    if (project === null || !Object.hasOwn(IDS, project.slug)) return;
    bySlug.set(project.slug, (bySlug.get(project.slug) ?? new Set()).add(project.price !== null));
  };
  for (const field of Object.values(data)) {
    const items = field !== null && 'nodes' in field ? field.nodes : [field].flat();
    for (const item of items) visit(item);
  }
  // One place of the API never says another thing than the others.
  for (const answers of bySlug.values()) expect(answers.size).toBe(1);
  return [...bySlug].flatMap(([slug, answers]) => (answers.has(true) ? [slug as Name] : [])).sort();
}

test('only the live project with the greatest market cap shows the live price of a shared symbol', async () => {
  await put({ giant: { market_cap: 1e9 }, dwarf: { market_cap: 1e3, current_price: 0.001 } });
  expect(await priced()).toEqual(['giant']);
  await put({ dwarf: { market_cap: 2e9 } });
  expect(await priced()).toEqual(['dwarf']);
  await put({ dwarf: { market_cap: null } });
  expect(await priced()).toEqual(['giant']);
});

test('a live project goes before a greater one that is not, and ids break ties', async () => {
  await put({ giant: { market_cap: 1e9, status: 'paused' }, dwarf: { market_cap: 1e3 } });
  expect(await priced()).toEqual(['dwarf']);
  await put({ dwarf: { market_cap: 1e3, status: 'paused' } });
  expect(await priced()).toEqual(['giant']);
  await put({ ghost: { market_cap: 1e9, status: 'paused' } });
  expect(await priced()).toEqual(['ghost']);
});

test('a project that takes another symbol leaves the old one to the next', async () => {
  await put({ giant: { market_cap: 1e9 }, dwarf: { market_cap: 1e3 } });
  await put({ giant: { market_cap: 1e9, symbol: 'other' } });
  expect(await priced()).toEqual(['dwarf', 'giant']);
});

test('the symbol finds the project that it means, and prices by symbol stay', async () => {
  await put({ giant: { market_cap: 1e9 }, dwarf: { market_cap: 1e3 } });
  const { data } = await serving.gateway.query(`{
    project(by: { symbol: "same" }) { slug price { symbol } }
    price(symbol: "SAME") { symbol project { slug price { project { slug } } } }
    comparePrices(symbols: ["SAME", "BTC"]) { unknownSymbols }
  }`);
  expect(data).toEqual({
    project: { slug: 'giant', price: { symbol: 'SAME' } },
    price: { symbol: 'SAME', project: { slug: 'giant', price: { project: { slug: 'giant' } } } },
    comparePrices: { unknownSymbols: [] },
  });
});

test('only the project that the symbol means shows its candles', async () => {
  await put({ giant: { market_cap: 1e9 }, dwarf: { market_cap: 1e3 } });
  await env.DB.prepare("INSERT INTO candle VALUES ('SAME', '1h', 3600, 1, 1, 1, 1, NULL)").run();
  const shown = async () =>
    (
      await serving.gateway.query(`{
        giant: project(by: { slug: "giant" }) { candles { close } }
        dwarf: project(by: { slug: "dwarf" }) { candles { close } }
      }`)
    ).data;
  expect(await shown()).toEqual({ giant: { candles: [{ close: 1 }] }, dwarf: { candles: [] } });
  await put({ dwarf: { market_cap: 2e9 } });
  expect(await shown()).toEqual({ giant: { candles: [] }, dwarf: { candles: [{ close: 1 }] } });
});

test('a pool of the project that the symbol does not mean shows no live price', async () => {
  await put({ giant: { market_cap: 1e9 }, dwarf: { market_cap: 1e3 } });
  const { pools } = await serving.market.records();
  for (const name of ['giant', 'dwarf'] as const)
    await serving.market.putPool(`pool-${name}`, { ...pools[0], id: `pool-${name}`, project_id: IDS[name] });
  await serving.gateway.scheduled(CRONS.pools);
  const { data } = await serving.gateway.query<{ idoPools: { nodes: { project: Priced }[] } }>(
    '{ idoPools(first: 100) { nodes { project { slug price { priceUsd } } } } }',
  );
  const shown = data.idoPools.nodes.flatMap(({ project }) =>
    Object.hasOwn(IDS, project?.slug ?? '') ? [[project.slug, project.price === null]] : [],
  );
  expect(shown.sort()).toEqual([
    ['dwarf', true],
    ['giant', false],
  ]);
});

test('the sync writes only the rows whose symbol changed hands', async () => {
  await put({ giant: { market_cap: 1e9 }, dwarf: { market_cap: 1e3 } });
  await env.DB.exec(
    'CREATE TABLE symbol_owner_write (id TEXT); ' +
      'CREATE TRIGGER symbol_owner_written AFTER UPDATE OF owns_symbol ON project_cache ' +
      'BEGIN INSERT INTO symbol_owner_write VALUES (new.id); END;',
  );
  try {
    await put({ dwarf: { market_cap: 2e9 } });
    const { results } = await env.DB.prepare('SELECT id FROM symbol_owner_write ORDER BY id').all();
    expect(results).toEqual([{ id: IDS.giant }, { id: IDS.dwarf }]);
  } finally {
    await env.DB.exec('DROP TRIGGER symbol_owner_written; DROP TABLE symbol_owner_write;');
  }
});
