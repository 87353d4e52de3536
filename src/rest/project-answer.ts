import type {
  RestPriceHistoryQuery,
  RestProjectFragment,
  RestProjectQuery,
} from '../../operations/generated/graphql.ts';
import { localId } from '../../schema/global-ids.ts';
import type { ListedProject, PriceHistory, Project } from './answers/project.ts';
import { lowerCase } from './lower-case.ts';
import { secondsOf } from './time.ts';

/** A project with the columns of the platform's table. */
export function listedProject(project: RestProjectFragment): ListedProject {
  const { links, market, social } = project;
  return {
    id: localId('Project', project.id) ?? project.id,
    name: project.name,
    symbol: project.symbol,
    slug: project.slug,
    status: lowerCase(project.status),
    category: project.category,
    subcategory: project.subcategory,
    description: project.description,
    tagline: project.tagline,
    tags: project.tags,
    blockchain: project.blockchains,
    logo_url: project.logoUrl,
    banner_url: project.bannerUrl,
    website_url: links.website,
    twitter_url: links.twitter,
    telegram_url: links.telegram,
    github_url: links.github,
    current_price: market.currentPrice,
    price_change_24h: market.priceChange24h,
    price_change_7d: market.priceChange7d,
    price_change_30d: market.priceChange30d,
    market_cap: market.marketCap,
    volume_24h: market.volume24h,
    circulating_supply: market.circulatingSupply,
    total_supply: market.totalSupply,
    max_supply: market.maxSupply,
    market_cap_rank: project.marketCapRank,
    trending_rank: project.trendingRank,
    trending_score: project.trendingScore,
    launch_date: secondsOf(project.launchDate),
    listing_date: secondsOf(project.listedAt),
    social: social && {
      twitter_followers: social.twitterFollowers,
      telegram_members: social.telegramMembers,
      discord_members: social.discordMembers,
      github_stars: social.githubStars,
      reddit_subscribers: social.redditSubscribers,
    },
    updated_at: secondsOf(project.updatedAt),
  };
}

type SelectedProject = NonNullable<RestProjectQuery['project']>;

/** With what the main API adds; null while it cannot be had. */
export function wholeProject(project: SelectedProject): Project {
  const { detail } = project;
  return {
    ...listedProject(project),
    about: detail?.about ?? null,
    team: detail?.team ?? null,
    roadmap:
      detail?.roadmap.map(({ title, targetDate, done }) => ({
        title,
        target_date: secondsOf(targetDate),
        done,
      })) ?? null,
    tokenomics: detail?.tokenomics ?? null,
  };
}

type SelectedCandles = NonNullable<NonNullable<RestPriceHistoryQuery['project']>['candles']>;

export const candles = (selected: SelectedCandles): PriceHistory['candles'] =>
  selected.map(({ time, open, high, low, close, volume }) => ({
    time: secondsOf(time),
    open,
    high,
    low,
    close,
    volume,
  }));
