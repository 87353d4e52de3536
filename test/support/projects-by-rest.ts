/** Projects as GraphQL gives them, and the same ones as `/api` must show them. */
import { localId } from '../../schema/global-ids.ts';

export const seconds = (instant: string | null) => (instant === null ? null : Date.parse(instant) / 1000);
/** In Unix milliseconds. */
export const newest = (instants: string[]) => Math.max(...instants.map((instant) => Date.parse(instant)));

export const PROJECT = `id name symbol slug status category subcategory description tagline tags blockchains logoUrl bannerUrl
  marketCapRank trendingRank trendingScore launchDate listedAt updatedAt
  links { website twitter telegram github }
  market { currentPrice priceChange24h priceChange7d priceChange30d marketCap volume24h circulatingSupply totalSupply maxSupply }
  social { twitterFollowers telegramMembers discordMembers githubStars redditSubscribers }`;

export interface SelectedProject extends Record<string, unknown> {
  id: string;
  status: string;
  blockchains: string[];
  launchDate: string | null;
  listedAt: string | null;
  updatedAt: string;
  links: Record<string, string | null>;
  market: Record<string, number | null>;
  social: Record<string, number | null> | null;
}

const snakeCase = (name: string) => name.replace(/([a-z])([A-Z0-9])/g, '$1_$2').toLowerCase();
const inSnakeCase = (fields: object) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [snakeCase(name), value]));

export function asColumns({ links, market, social, blockchains, listedAt, ...fields }: SelectedProject) {
  return {
    ...inSnakeCase({ ...fields, ...market }),
    ...Object.fromEntries(Object.entries(links).map(([name, url]) => [`${name}_url`, url])),
    id: localId('Project', fields.id),
    status: fields.status.toLowerCase(),
    blockchain: blockchains,
    launch_date: seconds(fields.launchDate),
    listing_date: seconds(listedAt),
    updated_at: seconds(fields.updatedAt),
    social: social && inSnakeCase(social),
  };
}
