import * as z from 'zod';
import {
  boolean,
  descriptionOf,
  lastUpdate,
  number,
  optional,
  optionalSeconds,
  PLATFORM_ID,
  page,
  seconds,
  string,
  strings,
} from './fields.ts';

const columns = {
  id: z.string().describe(PLATFORM_ID),
  name: string('Project.name'),
  symbol: string('Project.symbol'),
  slug: string('Project.slug'),
  status: z.enum(['live', 'upcoming', 'paused', 'delisted']).describe(descriptionOf('Project.status')),
  category: string('Project.category'),
  subcategory: optional.string('Project.subcategory'),
  description: optional.string('Project.description'),
  tagline: optional.string('Project.tagline'),
  tags: strings('Project.tags'),
  blockchain: strings('Project.blockchains'),
  logo_url: optional.string('Project.logoUrl'),
  banner_url: optional.string('Project.bannerUrl'),
  website_url: optional.string('ProjectLinks.website'),
  twitter_url: optional.string('ProjectLinks.twitter'),
  telegram_url: optional.string('ProjectLinks.telegram'),
  github_url: optional.string('ProjectLinks.github'),
  current_price: optional.number('ProjectMarket.currentPrice'),
  price_change_24h: optional.number('ProjectMarket.priceChange24h'),
  price_change_7d: optional.number('ProjectMarket.priceChange7d'),
  price_change_30d: optional.number('ProjectMarket.priceChange30d'),
  market_cap: optional.number('ProjectMarket.marketCap'),
  volume_24h: optional.number('ProjectMarket.volume24h'),
  circulating_supply: optional.number('ProjectMarket.circulatingSupply'),
  total_supply: optional.number('ProjectMarket.totalSupply'),
  max_supply: optional.number('ProjectMarket.maxSupply'),
  market_cap_rank: optional.integer('Project.marketCapRank'),
  trending_rank: optional.integer('Project.trendingRank'),
  trending_score: optional.number('Project.trendingScore'),
  launch_date: optionalSeconds('Project.launchDate'),
  listing_date: optionalSeconds('Project.listedAt'),
  social: z
    .strictObject({
      twitter_followers: optional.integer('SocialMetrics.twitterFollowers'),
      telegram_members: optional.integer('SocialMetrics.telegramMembers'),
      discord_members: optional.integer('SocialMetrics.discordMembers'),
      github_stars: optional.integer('SocialMetrics.githubStars'),
      reddit_subscribers: optional.integer('SocialMetrics.redditSubscribers'),
    })
    .nullable()
    .describe(descriptionOf('Project.social')),
  updated_at: seconds('Project.updatedAt'),
};

export const listedProject = z.strictObject(columns).meta({ id: 'ListedProject' });
export type ListedProject = z.infer<typeof listedProject>;

export const project = z
  .strictObject({
    ...columns,
    about: optional.string('ProjectDetail.about'),
    team: z
      .array(z.strictObject({ name: string('TeamMember.name'), role: string('TeamMember.role') }))
      .nullable()
      .describe(descriptionOf('ProjectDetail.team')),
    roadmap: z
      .array(
        z.strictObject({
          title: string('RoadmapItem.title'),
          target_date: optionalSeconds('RoadmapItem.targetDate'),
          done: boolean('RoadmapItem.done'),
        }),
      )
      .nullable()
      .describe(descriptionOf('ProjectDetail.roadmap')),
    tokenomics: z
      .array(
        z.strictObject({
          label: string('TokenAllocation.label'),
          percent: number('TokenAllocation.percent'),
        }),
      )
      .nullable()
      .describe(descriptionOf('ProjectDetail.tokenomics')),
  })
  .meta({ id: 'Project' });
export type Project = z.infer<typeof project>;

export const projectList = z.strictObject({
  ...page(listedProject),
  filters: z.strictObject({
    category: z.string().nullable(),
    status: z.string(),
    search: z.string().nullable(),
  }),
  sorting: z.strictObject({ sortBy: z.string(), sortOrder: z.enum(['asc', 'desc']) }),
});
export type ProjectList = z.infer<typeof projectList>;

const totalCount = z.int().min(0).describe('The projects of this answer.');

export const trendingProjects = z.strictObject({
  category: z.string().describe('As asked; `all` for no filter.'),
  projects: z.array(listedProject),
  lastUpdate: lastUpdate(),
  totalCount,
});
export type TrendingProjects = z.infer<typeof trendingProjects>;

export const foundProjects = z.strictObject({
  query: z.string().describe('The text, as asked.'),
  results: z.array(listedProject),
  totalCount,
  searchTime: z.int().describe('When the search was made, in Unix milliseconds.'),
});
export type FoundProjects = z.infer<typeof foundProjects>;

export const priceHistory = z.strictObject({
  symbol: string('Project.symbol'),
  period: z.enum(['24h', '7d', '30d', '365d']),
  interval: z.enum(['1h', '1d']).describe('How long each candle lasts.'),
  candles: z
    .array(
      z.strictObject({
        time: seconds('Candle.time'),
        open: number('Candle.open'),
        high: number('Candle.high'),
        low: number('Candle.low'),
        close: number('Candle.close'),
        volume: optional.number('Candle.volume'),
      }),
    )
    .describe(descriptionOf('Project.candles')),
});
export type PriceHistory = z.infer<typeof priceHistory>;

export const ANSWERS = {
  RestProjectList: { 200: projectList },
  RestTrendingProjects: { 200: trendingProjects },
  RestSearchProjects: { 200: foundProjects },
  RestProject: { 200: project },
  RestPriceHistory: { 200: priceHistory },
};
