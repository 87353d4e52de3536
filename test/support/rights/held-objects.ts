/** A project, a pool and a price of the market, with a value for each field that upstream may leave out. */
import { env } from 'cloudflare:workers';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { sha256Hex } from '../../../src/storage/sha256-hex.ts';
import type { TestGateway } from '../gateway.ts';
import type { TestMarket } from '../market.ts';
import type { Held } from './field-arguments.ts';

export async function holdOneOfEach(
  market: TestMarket,
): Promise<Pick<Held, 'projectId' | 'poolId' | 'saleId' | 'registrationId'>> {
  const { projects, pools } = await market.records();
  const project = projects.find(({ status }) => status === 'live');
  const [pool] = pools;
  if (project === undefined || pool === undefined) throw new Error('the market is empty');
  const link = 'https://project.example/';
  await market.patchProject(project.id, {
    ...{ banner_url: link, logo_url: link, website_url: link, twitter_url: link, telegram_url: link },
    ...{ github_url: link, trending_rank: 1, trending_score: 99, tagline: 'Fast', subcategory: 'Fast' },
    ...{ max_supply: 1_000, total_supply: 1_000 },
    social: {
      ...{ twitter_followers: 1, telegram_members: 2, discord_members: 3 },
      ...{ github_stars: 4, reddit_subscribers: 5 },
    },
  });
  await market.patchPool(pool.id, {
    ...{ max_participants: 100, max_allocation: '100', description: 'A sale', contract_address: '0x1' },
    ...{ registration_start: pool.sale_start - 20, registration_end: pool.sale_start - 10 },
  });
  const saleStart = Math.floor(Date.now() / 1000) - 60;
  const open = {
    ...pool,
    ...{ pool_type: 'public', status: undefined, registration_start: null, registration_end: null },
    ...{ sale_start: saleStart, sale_end: saleStart + 86_400, token_price: '1', total_tokens: '1000' },
    ...{ sold_tokens: '0', min_allocation: '1', max_allocation: '100', payment_decimals: 6 },
  };
  await market.putPool('open-sale', { ...open, id: 'open-sale' });
  await market.putPool('open-registration', {
    ...{ ...open, id: 'open-registration', registration_start: saleStart },
    ...{ registration_end: saleStart + 3_600, sale_start: saleStart + 3_600 },
  });
  const { documents, media } = await holdFiles(project.id, link);
  await market.writeAnswer(
    'project-detail',
    JSON.stringify({
      about: 'A project',
      team: [{ name: 'Ann', role: 'engineer' }],
      roadmap: [{ title: 'Begin', target_date: market.startAt, done: true }],
      tokenomics: [{ label: 'Team', percent: 10 }],
      ...{ documents, media },
    }),
  );
  return {
    projectId: encodeGlobalId('Project', project.id),
    poolId: encodeGlobalId('IdoPool', pool.id),
    saleId: encodeGlobalId('IdoPool', 'open-sale'),
    registrationId: encodeGlobalId('IdoPool', 'open-registration'),
  };
}

/** Copies of a document and of a picture, which upstream goes on naming. */
async function holdFiles(projectId: string, url: string) {
  const picture = await sha256Hex(url, 16);
  const insert = env.DB.prepare(
    `INSERT INTO project_file (project_id, name, kind, source_url, source_updated_at, position, object_key, etag,
       content_type, size_bytes, copied_updated_at) VALUES (?1, ?2, ?3, ?4, 1, 0, ?2, 'etag', 'image/png', 1, 1)`,
  );
  await env.DB.batch([
    insert.bind(projectId, 'whitepaper', 'whitepaper', url),
    insert.bind(projectId, picture, 'screenshot', url),
  ]);
  const named = { url, updated_at: 1 };
  return { documents: [{ kind: 'whitepaper', ...named }], media: [{ kind: 'screenshot', ...named }] };
}

/** The price API gives the prices at single exchanges for some symbols only. */
export async function symbolWithExchanges(gateway: TestGateway): Promise<string> {
  interface Listed {
    projects: { nodes: { symbol: string; price: { exchanges: unknown[] } | null }[] };
  }
  const listed = await gateway.query<Listed>(
    '{ projects(first: 20) { nodes { symbol price { exchanges { exchange } } } } }',
  );
  const found = listed.data.projects.nodes.find(({ price }) => (price?.exchanges.length ?? 0) > 0);
  if (found === undefined) throw new Error('no price has exchanges');
  return found.symbol;
}

/** Makes the user's pending investment an open reservation in a pool. @param poolId its global id */
export async function reserveIn(poolId: string, userId: string): Promise<void> {
  await env.DB.prepare(
    `UPDATE user_investment_cache SET pool_id = ?1, reservation_expires_at = ?3
     WHERE user_id = ?2 AND status = 'pending'`,
  )
    .bind(localId('IdoPool', poolId), userId, Math.floor(Date.now() / 1000) + 1_800)
    .run();
}
