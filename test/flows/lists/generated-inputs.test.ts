import * as fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { drawn, listSizes, poolFilters, projectFilters, searchTexts } from '../../support/list-inputs.ts';
import { globalProjectId, type ListRequest, readPage, readPages } from '../../support/list-pages.ts';
import { createMarket } from '../../support/market.ts';
import {
  categoryCounts,
  DIRECTIONS,
  listPools,
  listProjects,
  POOL_ORDER_FIELDS,
  PROJECT_ORDER_FIELDS,
  searchProjects,
  trendingProjects,
} from '../../support/reference-market.ts';
import type { PoolRecord, ProjectRecord } from '../../support/upstream/records.ts';

const PROJECT_FILTER_FIELDS = ['status', 'category', 'blockchain', 'tag', 'search'] as const;
const POOL_FILTER_FIELDS = ['status', 'type', 'blockchain', 'projectId', 'projectSlug'] as const;

let gateway: TestGateway;
let projects: ProjectRecord[];
let pools: PoolRecord[];

beforeAll(async () => {
  const market = await createMarket({ projectCount: 600, poolCount: 120 });
  // Names that are another project's symbol, and symbols that are another's name.
  const listed = (await market.records()).projects;
  for (const [index, { id }] of listed.slice(100, 120).entries()) {
    const other = listed[index];
    await market.patchProject(id, index % 2 ? { name: other?.symbol } : { symbol: other?.name });
  }
  // Slugs that several projects with pools have.
  const withPools = new Set((await market.records()).pools.map(({ project_id }) => project_id));
  for (const [index, id] of [...withPools].entries())
    if (index % 2 === 1) await market.patchProject(id, { slug: `shared-${index % 3}` });
  gateway = startGateway(market);
  await syncAll(gateway);
  ({ projects, pools } = await market.records());
});

/** Every set of fields that a filter may be made of. */
function subsets<Field extends string>(fields: readonly Field[]): Field[][] {
  return Array.from({ length: 2 ** fields.length }, (_, bits) =>
    fields.filter((_field, index) => bits & (2 ** index)),
  );
}

function only<Filter extends object>(filter: Filter, fields: readonly (keyof Filter)[]): Filter {
  return Object.fromEntries(fields.map((field) => [field, filter[field]])) as Filter;
}

const orders = <Field extends string>(fields: readonly Field[]) =>
  fields.flatMap((field) => DIRECTIONS.map((direction) => ({ field, direction })));

/** Each answer beside its question, so that a difference says where it is. */
async function expectLists(
  questions: readonly { request: ListRequest; ids: readonly string[]; first: number }[],
): Promise<void> {
  const pages = await readPages(
    gateway,
    questions.map(({ request }) => request),
  );
  const answers = questions.map(({ request }, index) => {
    const page = pages[index];
    return { args: request.args, ids: page?.ids, total: page?.totalCount, more: page?.hasNextPage };
  });
  expect(answers).toEqual(
    questions.map(({ request, ids, first }) => ({
      args: request.args,
      ids: ids.slice(0, first),
      total: request.withTotalCount ? ids.length : undefined,
      more: request.withTotalCount ? ids.length > first : false,
    })),
  );
}

it('lists projects as the reference does, by every combination of filters in every order', async () => {
  for (const fields of subsets(PROJECT_FILTER_FIELDS)) {
    await fc.assert(
      fc.asyncProperty(projectFilters(projects), listSizes, async (values, first) => {
        const filter = only(values, fields);
        await expectLists(
          orders(PROJECT_ORDER_FIELDS).map((orderBy) => ({
            request: { list: 'projects', args: { filter, orderBy, first }, withTotalCount: true },
            ids: listProjects(projects, filter, orderBy),
            first,
          })),
        );
      }),
      drawn(2),
    );
  }
});

it('finds and ranks projects of every status as the reference does', async () => {
  const searches = fc.array(fc.tuple(searchTexts(projects), listSizes), { minLength: 15, maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(searches, (texts) =>
      expectLists(
        texts.map(([query, first]) => ({
          request: { list: 'searchProjects', args: { query, first } },
          ids: searchProjects(projects, query),
          first,
        })),
      ),
    ),
    drawn(20),
  );
});

it('finds projects by their whole names and by their symbols', async () => {
  const texts = projects.map(({ name, symbol }, index) => (index % 2 ? name : symbol));
  const searches = [...new Set(texts)].filter((text) => [...text].length >= 2 && [...text].length <= 64);
  expect(searches.length).toBeGreaterThan(500);
  for (let at = 0; at < searches.length; at += 100) {
    await expectLists(
      searches.slice(at, at + 100).map((query) => ({
        request: { list: 'searchProjects', args: { query, first: 5 } },
        ids: searchProjects(projects, query),
        first: 5,
      })),
    );
  }
});

it('ranks trending projects as the reference does, in all categories and in each', async () => {
  const categories = [null, 'No Such Category', ...new Set(projects.map((project) => project.category))];
  await expectLists(
    categories.flatMap((category) =>
      [1, 3, 100].map((first) => ({
        request: { list: 'trendingProjects' as const, args: { category, first } },
        ids: trendingProjects(projects, category),
        first,
      })),
    ),
  );
  expect((await readPage(gateway, { list: 'trendingProjects', args: {} })).ids).toHaveLength(10);
});

it('counts the live projects of each category', async () => {
  const { data } = await gateway.query<{ projectCategories: { name: string; projectCount: number }[] }>(
    '{ projectCategories { name projectCount } }',
  );
  const counts = data.projectCategories.map(({ name, projectCount }) => [name, projectCount]);
  expect(Object.fromEntries(counts)).toEqual(categoryCounts(projects));
  expect(counts).toHaveLength(Object.keys(categoryCounts(projects)).length);
});

it('lists pools as the reference does, by every combination of filters in every order', async () => {
  for (const fields of subsets(POOL_FILTER_FIELDS)) {
    await fc.assert(
      fc.asyncProperty(poolFilters(pools, projects), listSizes, async (values, first) => {
        const filter = only(values, fields);
        const { projectId } = filter;
        const asked = projectId ? { ...filter, projectId: globalProjectId(projectId) } : filter;
        await expectLists(
          orders(POOL_ORDER_FIELDS).map((orderBy) => ({
            request: { list: 'idoPools', args: { filter: asked, orderBy, first }, withTotalCount: true },
            ids: listPools(pools, filter, orderBy, projects),
            first,
          })),
        );
      }),
      drawn(3),
    );
  }
});
