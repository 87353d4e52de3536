/** Checks of answers. A benchmark of wrong ones measures nothing. */
import assert from 'node:assert/strict';
import * as z from 'zod';
import type { List } from './stage.ts';

const PROJECTS = 250;
const PROJECTS_PER_PAGE = 20;
const HOURS_OF_A_WEEK = 7 * 24;

const pricedProject = z.object({
  marketCapRank: z.number(),
  price: z.object({ price: z.number(), history: z.array(z.unknown()) }),
});
const page = z.array(pricedProject).length(PROJECTS_PER_PAGE);

const listSchema = z.object({
  errors: z.never().optional(),
  extensions: z.object({ responseCache: z.object({ hit: z.boolean() }) }).optional(),
  data: z.object({
    projects: z.object({
      totalCount: z.number(),
      pageInfo: z.object({ hasNextPage: z.literal(true) }),
      nodes: page,
    }),
  }),
});

/** The twenty largest projects, each with its price, and with as many closes as the list has. */
function assertPage(list: List, totalCount: number, projects: z.output<typeof page>): void {
  assert.equal(totalCount, PROJECTS);
  // Ranks are as old as upstream's last count, so neighbours may have changed places since.
  for (const { marketCapRank } of projects) assert.ok(marketCapRank <= PROJECTS_PER_PAGE + 5);
  for (const { price } of projects) {
    const { length } = price.history;
    if (list === 'prices') assert.ok(length <= 1, `${length} hourly closes before the first night`);
    else assert.ok(length >= HOURS_OF_A_WEEK - 1, `${length} hourly closes after the first night`);
  }
}

export const isMarketList = (list: List) => (text: string) => {
  const { totalCount, nodes } = listSchema.parse(JSON.parse(text)).data.projects;
  assertPage(list, totalCount, nodes);
};

export const isYogaList =
  (list: List, { hit }: { hit: boolean }) =>
  (text: string) => {
    const { data, extensions } = listSchema.parse(JSON.parse(text));
    assert.equal(extensions?.responseCache.hit, hit);
    assertPage(list, data.projects.totalCount, data.projects.nodes);
  };

const restProjects = z.array(z.object({ market_cap_rank: z.number(), current_price: z.number() }));
const restListSchema = z.object({
  warnings: z.never().optional(),
  data: restProjects.length(PROJECTS_PER_PAGE),
  pagination: z.object({ total: z.literal(PROJECTS), page: z.literal(1), hasNext: z.literal(true) }),
});

export const isRestList = (text: string) => void restListSchema.parse(JSON.parse(text));

const restProjectNode = z.object({
  marketCapRank: z.number(),
  market: z.object({ currentPrice: z.number() }),
});
const restOperationSchema = z.object({
  errors: z.never().optional(),
  data: z.object({
    projects: z.object({
      totalCount: z.literal(PROJECTS),
      nodes: z.array(restProjectNode).length(PROJECTS_PER_PAGE),
    }),
  }),
});

export const isRestOperation = (text: string) => void restOperationSchema.parse(JSON.parse(text));

export const nothing = (text: string) => assert.equal(text, '');

const refusalSchema = z.object({
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).length(1),
  data: z.never().optional(),
});

export const isUnknownId = (text: string) => {
  const { errors } = refusalSchema.parse(JSON.parse(text));
  assert.equal(errors[0]?.extensions.code, 'PERSISTED_QUERY_NOT_IN_LIST');
};
