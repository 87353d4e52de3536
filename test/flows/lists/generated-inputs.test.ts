import * as fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { startGateway, syncAll, type TestGateway } from '../../support/gateway.ts';
import { drawn, listSizes, poolFilters, projectFilters, searchTexts } from '../../support/list-inputs.ts';
import {
  globalProjectId,
  type ListRequest,
  readPage,
  readPages,
  walkPages,
} from '../../support/list-pages.ts';
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

/** Places in an unfiltered list: its missing keys come last, and most filters leave few of them. */
const WHOLE_LISTS = [0.3, 0.9, 0.97].map(
  (place): [{ place: number; first: number; values: Record<string, never>; fields: [] }] => [
    { place, first: 20, values: {}, fields: [] },
  ],
);

/** A place in a list, also behind its end. */
const places = fc.constantFrom<number[]>(0, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95, 1, 1.2);

/** More filters leave few rows, if any. */
const fewOf = <Field extends string>(fields: readonly Field[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...fields.map((field) => [field])) },
    { weight: 1, arbitrary: fc.constantFrom(...subsets(fields)) },
  );

/** Each page by offset is the page by cursor at the same place, to its cursors, which go on behind it. */
async function expectOffsets(
  lists: readonly { request: ListRequest; ids: readonly string[] }[],
  { place, first }: { place: number; first: number },
): Promise<void> {
  const requests = lists.map(({ request }) => request);
  const counted = (request: ListRequest, args: object): ListRequest => ({
    ...request,
    args: { ...request.args, first, ...args },
    withTotalCount: true,
  });
  const walks = await walkPages(
    gateway,
    requests.map((request) => ({ ...request, args: { ...request.args, first: 100 } })),
  );
  const offsets = lists.map(({ ids }) => Math.floor(place * ids.length));
  const byOffset = await readPages(
    gateway,
    requests.map((request, index) => counted(request, { offset: offsets[index] })),
  );
  const byCursor = await readPages(
    gateway,
    requests.map((request, index) => {
      const cursors = walks[index]?.flatMap((page) => page.cursors) ?? [];
      const offset = offsets[index] ?? 0;
      return counted(request, { after: offset === 0 ? null : (cursors[offset - 1] ?? cursors.at(-1)) });
    }),
  );
  const behind = await readPages(
    gateway,
    requests.map((request, index) => counted(request, { after: byOffset[index]?.endCursor })),
  );
  for (const [index, { request, ids }] of lists.entries()) {
    const [offset = 0, page] = [offsets[index], byOffset[index]];
    const asked = JSON.stringify({ ...request, first, offset });
    expect(page, asked).toEqual(byCursor[index]);
    expect(page?.ids, asked).toEqual(ids.slice(offset, offset + first));
    expect(page?.totalCount, asked).toBe(ids.length);
    if (page?.ids.length)
      expect(behind[index]?.ids, asked).toEqual(ids.slice(offset + first, offset + 2 * first));
  }
}

it('gives at an offset the page of projects that cursors lead to, of any filter in every order', async () => {
  const runs = fc.record({
    values: projectFilters(projects),
    fields: fewOf(PROJECT_FILTER_FIELDS),
    place: places,
    first: listSizes,
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ values, fields, ...page }) => {
      const filter = only(values, fields);
      const lists = orders(PROJECT_ORDER_FIELDS).map((orderBy) => ({
        request: { list: 'projects', args: { filter, orderBy } } as const,
        ids: listProjects(projects, filter, orderBy),
      }));
      await expectOffsets(lists, page);
    }),
    { ...drawn(11), examples: WHOLE_LISTS },
  );
});

it('gives at an offset the page of pools that cursors lead to, of any filter in every order', async () => {
  const runs = fc.record({
    values: poolFilters(pools, projects),
    fields: fewOf(POOL_FILTER_FIELDS),
    place: places,
    first: listSizes,
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ values, fields, ...page }) => {
      const filter = only(values, fields);
      const asked = filter.projectId ? { ...filter, projectId: globalProjectId(filter.projectId) } : filter;
      const lists = orders(POOL_ORDER_FIELDS).map((orderBy) => ({
        request: { list: 'idoPools', args: { filter: asked, orderBy } } as const,
        ids: listPools(pools, filter, orderBy, projects),
      }));
      await expectOffsets(lists, page);
    }),
    { ...drawn(11), examples: WHOLE_LISTS },
  );
});
