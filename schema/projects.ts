import { PROJECT_DOCUMENTS_MAX, PROJECT_MEDIA_MAX } from '../src/config.ts';
import type {
  ProjectDetailRecord,
  ProjectRow,
  ProjectStatus as ProjectStatusCode,
  SocialRecord,
} from '../src/graphql/context.ts';
import { listCost, listSize, parseArgument } from './arguments.ts';
import { builder } from './builder.ts';
import { Candle, CandleInterval, candleCount, lastCandlesCost } from './candles.ts';
import { projectGlobalId } from './global-ids.ts';
import { IdoPool, Project } from './node.ts';
import { Currency, Price, resolvePrice } from './prices.ts';
import { ProjectDocument, ProjectMedia } from './project-files.ts';

export const ProjectStatus = builder.enumType('ProjectStatus', {
  description: 'Where a project stands on the platform.',
  values: {
    UPCOMING: { value: 'upcoming', description: 'Announced, not listed yet.' },
    LIVE: { value: 'live', description: 'Listed and traded.' },
    PAUSED: { value: 'paused', description: 'Listed, held back for now.' },
    DELISTED: { value: 'delisted', description: 'No longer listed.' },
  } as const satisfies Record<string, { value: ProjectStatusCode; description: string }>,
});

const ProjectLinks = builder.objectRef<ProjectRow>('ProjectLinks').implement({
  description: 'Where a project is found on the web.',
  fields: (t) => ({
    website: t.exposeString('website_url', { nullable: true, description: 'Its own site.' }),
    twitter: t.exposeString('twitter_url', { nullable: true, description: 'Its Twitter profile.' }),
    telegram: t.exposeString('telegram_url', { nullable: true, description: 'Its Telegram channel.' }),
    github: t.exposeString('github_url', { nullable: true, description: 'Its source code.' }),
  }),
});

const SocialMetrics = builder.objectRef<SocialRecord>('SocialMetrics').implement({
  description: 'How many people follow a project, as of the last project sync.',
  fields: (t) => ({
    twitterFollowers: t.exposeInt('twitter_followers', {
      nullable: true,
      description: 'Followers on Twitter.',
    }),
    telegramMembers: t.exposeInt('telegram_members', { nullable: true, description: 'Members on Telegram.' }),
    discordMembers: t.exposeInt('discord_members', { nullable: true, description: 'Members on Discord.' }),
    githubStars: t.exposeInt('github_stars', { nullable: true, description: 'Stars on GitHub.' }),
    redditSubscribers: t.exposeInt('reddit_subscribers', {
      nullable: true,
      description: 'Subscribers on Reddit.',
    }),
  }),
});

const ProjectMarket = builder.objectRef<ProjectRow>('ProjectMarket').implement({
  description: 'Market figures as of the last project sync. All amounts in US dollars; changes in percent.',
  fields: (t) => ({
    currentPrice: t.exposeFloat('current_price', { nullable: true, description: 'The price of one token.' }),
    priceChange24h: t.exposeFloat('price_change_24h', { nullable: true, description: 'Over 24 hours.' }),
    priceChange7d: t.exposeFloat('price_change_7d', { nullable: true, description: 'Over seven days.' }),
    priceChange30d: t.exposeFloat('price_change_30d', { nullable: true, description: 'Over thirty days.' }),
    marketCap: t.exposeFloat('market_cap', {
      nullable: true,
      description: 'Price times circulating supply.',
    }),
    volume24h: t.exposeFloat('volume_24h', { nullable: true, description: 'What was traded in 24 hours.' }),
    circulatingSupply: t.exposeFloat('circulating_supply', {
      nullable: true,
      description: 'Tokens in the market.',
    }),
    totalSupply: t.exposeFloat('total_supply', { nullable: true, description: 'Tokens that exist.' }),
    maxSupply: t.exposeFloat('max_supply', { nullable: true, description: 'Tokens that can ever exist.' }),
  }),
});

const TeamMember = builder.objectRef<ProjectDetailRecord['team'][number]>('TeamMember').implement({
  description: 'Somebody who works on a project.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As they call themselves.' }),
    role: t.exposeString('role', { description: 'What they do in the project.' }),
  }),
});

const RoadmapItem = builder.objectRef<ProjectDetailRecord['roadmap'][number]>('RoadmapItem').implement({
  description: 'A step a project plans or has taken.',
  fields: (t) => ({
    title: t.exposeString('title', { description: 'What the step is.' }),
    targetDate: t.expose('target_date', { type: 'DateTime', nullable: true, description: 'When it is due.' }),
    done: t.exposeBoolean('done', { description: 'Whether it has been taken.' }),
  }),
});

const TokenAllocation = builder
  .objectRef<ProjectDetailRecord['tokenomics'][number]>('TokenAllocation')
  .implement({
    description: 'A share of the token supply.',
    fields: (t) => ({
      label: t.exposeString('label', { description: 'Who or what holds it.' }),
      percent: t.exposeFloat('percent', { description: 'Of the total supply.' }),
    }),
  });

const ProjectDetail = builder.objectRef<ProjectDetailRecord>('ProjectDetail').implement({
  description: 'What only the main API holds of a project.',
  fields: (t) => ({
    about: t.exposeString('about', { nullable: true, description: 'The project in its own words.' }),
    team: t.expose('team', { type: [TeamMember], description: 'Who works on it.' }),
    roadmap: t.expose('roadmap', { type: [RoadmapItem], description: 'What it plans.' }),
    tokenomics: t.expose('tokenomics', {
      type: [TokenAllocation],
      description: 'How its tokens are shared out.',
    }),
  }),
});

Project.implement({
  description: 'A crypto project that the platform lists.',
  interfaces: [builder.nodeInterfaceRef()],
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: ({ id }) => projectGlobalId(id) }),
    slug: t.exposeString('slug', { description: 'Its name in addresses.' }),
    name: t.exposeString('name', { description: 'Its full name.' }),
    symbol: t.exposeString('symbol', { description: "Its token's symbol, in upper case." }),
    tagline: t.exposeString('tagline', { nullable: true, description: 'The project in a sentence.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'The project in a few sentences.',
    }),
    category: t.exposeString('category', { description: 'The one category it is listed under.' }),
    subcategory: t.exposeString('subcategory', { nullable: true, description: 'Within its category.' }),
    tags: t.stringList({ description: 'Free labels.', resolve: (row) => JSON.parse(row.tags) as string[] }),
    blockchains: t.stringList({
      description: 'Where its token lives.',
      resolve: (row) => JSON.parse(row.blockchain) as string[],
    }),
    status: t.expose('status', { type: ProjectStatus, description: 'Where it stands.' }),
    logoUrl: t.string({
      nullable: true,
      description: "A square picture: the gateway's copy, or until that is there the platform's own.",
      resolve: (row, _args, context) =>
        row.logo_file === null ? row.logo_url : context.fileUrl(row.logo_file),
    }),
    bannerUrl: t.string({
      nullable: true,
      description: "A wide picture: the gateway's copy, or until that is there the platform's own.",
      resolve: (row, _args, context) =>
        row.banner_file === null ? row.banner_url : context.fileUrl(row.banner_file),
    }),
    links: t.field({
      type: ProjectLinks,
      description: 'Where it is found on the web.',
      resolve: (row) => row,
    }),
    social: t.field({
      type: SocialMetrics,
      nullable: true,
      description: 'How many people follow it.',
      resolve: (row) => (row.social === null ? null : (JSON.parse(row.social) as SocialRecord)),
    }),
    marketCapRank: t.exposeInt('market_cap_rank', {
      nullable: true,
      description: 'Its place by market cap, from 1.',
    }),
    trendingRank: t.exposeInt('trending_rank', {
      nullable: true,
      description: 'Its place among what trends, from 1.',
    }),
    trendingScore: t.exposeFloat('trending_score', {
      nullable: true,
      description: 'What its place is made from.',
    }),
    market: t.field({
      type: ProjectMarket,
      description: 'Market figures as of the last project sync; `price` is the live one.',
      resolve: (row) => row,
    }),
    price: t.field({
      type: Price,
      nullable: true,
      description:
        "The live price of the project's symbol. Null where the symbol means another project: of several projects " +
        'with one symbol, it means the live one with the greatest market cap, and ids break ties.',
      args: { currency: t.arg({ type: Currency, defaultValue: 'USD', description: 'What to price it in.' }) },
      resolve: (row, args, context) =>
        row.owns_symbol === 1 ? resolvePrice(context, row.symbol, args.currency) : null,
    }),
    candles: t.field({
      type: [Candle],
      nullable: true,
      description:
        "The last candles of the project's symbol, oldest first, 1 to 1000. Empty where none are held, and where the " +
        'symbol means another project, as for `price`.',
      complexity: ({ last }) => lastCandlesCost(last, 24),
      args: {
        interval: t.arg({ type: CandleInterval, defaultValue: '1h', description: 'How long each lasts.' }),
        last: t.arg.int({ defaultValue: 24, description: 'How many, 1 to 1000.' }),
      },
      resolve: (row, args, { candles }) => {
        const last = parseArgument('last', candleCount, args.last ?? 24);
        return row.owns_symbol === 1 ? candles.last(row.symbol, args.interval ?? '1h', last) : [];
      },
    }),
    detail: t.field({
      type: ProjectDetail,
      nullable: true,
      description:
        'What only the main API holds: team, roadmap, tokenomics. Null while that API cannot be reached and ' +
        'nothing is cached; one request asks that API for five projects at most, and the rest are null until cached.',
      resolve: (row, _args, context) => context.projectDetails.byProjectId(row.id),
    }),
    documents: t.field({
      type: [ProjectDocument],
      nullable: true,
      description: 'Whitepaper, tokenomics, roadmap, audit report: those that the gateway has copied.',
      complexity: { field: 1, multiplier: PROJECT_DOCUMENTS_MAX },
      resolve: ({ id }, _args, { projectFiles }) => projectFiles.documents(id),
    }),
    media: t.field({
      type: [ProjectMedia],
      nullable: true,
      description: 'Screenshots, videos, presentations: those that the gateway has copied, at most 20.',
      complexity: { field: 1, multiplier: PROJECT_MEDIA_MAX },
      resolve: ({ id }, _args, { projectFiles }) => projectFiles.media(id),
    }),
    idoPools: t.field({
      type: [IdoPool],
      nullable: true,
      description: 'Its pools, by sale start, the newest first.',
      complexity: ({ first }) => listCost(first, 10),
      args: { first: t.arg.int({ defaultValue: 10, description: 'How many, 1 to 100.' }) },
      resolve: (row, args, context) =>
        context.idoPools.ofProject(row.id, parseArgument('first', listSize, args.first ?? 10)),
    }),
    launchDate: t.expose('launch_date', {
      type: 'DateTime',
      nullable: true,
      description: 'When its network began.',
    }),
    listedAt: t.expose('listing_date', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was listed here.',
    }),
    updatedAt: t.expose('updated_at', {
      type: 'DateTime',
      description: 'When the platform last changed it.',
    }),
  }),
});
