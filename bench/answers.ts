/** What right answers look like. A benchmark of wrong ones measures nothing. */
import assert from 'node:assert/strict';
import * as z from 'zod';
import type { List } from './stage.ts';

const PROJECTS_PER_PAGE = 20;
const HOURS_OF_A_WEEK = 7 * 24;

const listSchema = z.object({
  errors: z.never().optional(),
  data: z.object({
    projects: z.object({
      totalCount: z.number(),
      pageInfo: z.object({ hasNextPage: z.literal(true) }),
      nodes: z
        .array(
          z.object({
            marketCapRank: z.number(),
            price: z.object({ price: z.number(), history: z.array(z.unknown()) }),
          }),
        )
        .length(PROJECTS_PER_PAGE),
    }),
  }),
});

/** The first page of the market list: the twenty largest, each with its price. */
export const isMarketList = (list: List) => (text: string) => {
  const { totalCount, nodes } = listSchema.parse(JSON.parse(text)).data.projects;
  assert.equal(totalCount, 250);
  assert.equal(nodes[0]?.marketCapRank, 1);
  for (const { price } of nodes) {
    const { length } = price.history;
    if (list === 'prices') assert.ok(length <= 1, `${length} hourly closes before the first night`);
    else assert.ok(length >= HOURS_OF_A_WEEK - 1, `${length} hourly closes after the first night`);
  }
};

const refusalSchema = z.object({
  errors: z.array(z.object({ extensions: z.object({ code: z.string() }) })).length(1),
  data: z.never().optional(),
});

export const isUnknownId = (text: string) => {
  const { errors } = refusalSchema.parse(JSON.parse(text));
  assert.equal(errors[0]?.extensions.code, 'PERSISTED_QUERY_NOT_IN_LIST');
};
