/** Sales as a feed: pools by their own topics, and each user's investments by one. One Durable Object for all of them. */
import type { GatewayContext, IdoPoolRow, InvestmentRow } from '../graphql/context.ts';
import { type Feed, type LoadOptions, notFound, type Watch } from './feed.ts';
import { investmentEntity, investorTopic, poolTopic, type SaleRow } from './sale-feed.ts';

/** After a gap an investor is sent this many investments, the newest. */
const INVESTMENTS_MAX = 100;

export const saleFeedObject = (env: Env) => env.SALE_FEED.getByName('sales');

export const saleFeed = {
  name: 'sales',
  subscriptions: { idoPool: watchPool, investments: watchInvestments },
  watch: (env, { hubId, topics, number }) => saleFeedObject(env).watch(hubId, topics, number),
} as const satisfies Feed<SaleRow>;

/** A pool by its own id, as its sale moves or its status changes. */
function watchPool(id: string): Watch<IdoPoolRow> {
  const load = async ({ idoPools }: GatewayContext) => {
    const row = await idoPools.byId(id);
    if (row === null) throw notFound('There is no such pool.', 'id');
    return { topics: [poolTopic(id)], state: new Map([[poolTopic(id), row]]) };
  };
  return { beginsWithState: true, load };
}

/** A user's own investments, as their status changes. */
function watchInvestments(userId: string): Watch<InvestmentRow> {
  const load = async ({ investments }: GatewayContext, { isResuming }: LoadOptions<InvestmentRow>) => {
    const rows = isResuming ? await investments.page({ userId, after: null, limit: INVESTMENTS_MAX }) : [];
    return {
      topics: [investorTopic(userId)],
      state: new Map(rows.map((row): [string, InvestmentRow] => [investmentEntity(row.id), row])),
    };
  };
  return { beginsWithState: false, load };
}
