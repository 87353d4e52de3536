/** A small market whose records are drawn, and the selections that show all of a record. */
import * as fc from 'fast-check';
import { drawnRecords, type Fields } from './drawn-records.ts';

export const VIEWER = 'viewer';

// Upstream's name of a field before the colon, where the API has another.
const PROJECT_NAMES = `name symbol slug status category description tagline subcategory tags blockchain: blockchains
  logo_url: logoUrl banner_url: bannerUrl
  links { website_url: website twitter_url: twitter telegram_url: telegram github_url: github }
  market { current_price: currentPrice price_change_24h: priceChange24h price_change_7d: priceChange7d
    price_change_30d: priceChange30d market_cap: marketCap volume_24h: volume24h
    circulating_supply: circulatingSupply total_supply: totalSupply max_supply: maxSupply }
  market_cap_rank: marketCapRank trending_rank: trendingRank trending_score: trendingScore
  launch_date: launchDate listing_date: listedAt updated_at: updatedAt
  social { twitter_followers: twitterFollowers telegram_members: telegramMembers discord_members: discordMembers
    github_stars: githubStars reddit_subscribers: redditSubscribers }`;
const POOL_NAMES = `pool_name: name pool_type: type description token_price: tokenPrice total_tokens: totalTokens
  sold_tokens: soldTokens total_raised: totalRaised min_allocation: minAllocation max_allocation: maxAllocation
  max_participants: maxParticipants participant_count: participantCount payment_token: paymentToken blockchain
  contract_address: contractAddress registration_start: registrationStart registration_end: registrationEnd
  sale_start: saleStart sale_end: saleEnd status updated_at: updatedAt progressPercent`;
const INVESTMENT_NAMES = `investment_amount: amount token_amount: tokenAmount token_price: tokenPrice
  payment_token: paymentToken status total_claimed: totalClaimed claimable_amount: claimableAmount
  next_claim_date: nextClaimDate transaction_hash: transactionHash block_number: blockNumber
  invested_at: investedAt confirmed_at: confirmedAt updated_at: updatedAt`;
export const PRICE = `symbol price priceUsd change changePercent(period: WEEK) volume24h marketCap circulatingSupply totalSupply
  rank exchanges { exchange price volume24h updatedAt } updatedAt history { time price }
  indicators { rsi macd { value signal histogram } movingAverages { ma7 ma200 } support resistance }`;
export const DETAIL = `detail { about team { name role } roadmap { title targetDate done } tokenomics { label percent } }`;

const fieldsOf = (selection: string) =>
  selection
    .replaceAll(/: \w+(\(.*?\))?/g, '')
    .split(/[\s{}]+/)
    .filter((name) => !['', 'links', 'market', 'social', 'progressPercent'].includes(name));
const SOCIAL = [
  'twitter_followers',
  'telegram_members',
  'discord_members',
  'github_stars',
  'reddit_subscribers',
];
const PROJECT_FIELDS = [
  ...fieldsOf(PROJECT_NAMES).filter((name) => !SOCIAL.includes(name)),
  ...SOCIAL.map((name) => `social.${name}`),
  'social',
];

/** The selection without upstream's names: a document may have 30 aliases. */
const selectionOf = (names: string) => names.replaceAll(/\w+: (\w+)/g, '$1');
export const PROJECT = selectionOf(PROJECT_NAMES);
export const POOL = selectionOf(POOL_NAMES);
export const INVESTMENT = selectionOf(INVESTMENT_NAMES);

const upstreamNames = (names: string) =>
  new Map([...names.matchAll(/(\w+): (\w+)/g)].map(([, upstream = '', shown = '']) => [shown, upstream]));
const UPSTREAM_NAMES = {
  Project: upstreamNames(PROJECT_NAMES),
  IdoPool: upstreamNames(POOL_NAMES),
  Investment: upstreamNames(INVESTMENT_NAMES),
};

/** A node of the API under upstream's names, without the objects that upstream does not have. */
export function asSent(type: keyof typeof UPSTREAM_NAMES, node: Fields): Fields {
  const sent = Object.entries(node).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'links' || name === 'market') return Object.entries(asSent(type, Object(value)));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [[UPSTREAM_NAMES[type].get(name) ?? name, isObject ? asSent(type, value as Fields) : value]];
  });
  return Object.fromEntries(sent);
}

export const INDEXES = [0, 1, 2, 3, 4];
const START = 1_708_263_277;
export const project = (index: number) => ({
  ...{
    id: `p-${index}`,
    name: `Project ${index}`,
    symbol: `SYM${index}`,
    slug: `project-${index}`,
    status: 'live',
  },
  ...{
    category: 'defi',
    tags: ['a'],
    blockchain: ['b'],
    updated_at: START,
    market_cap: 10,
    trending_rank: index,
  },
  social: { twitter_followers: 1 },
});
export const pool = (index: number) => ({
  ...{
    id: `pool-${index}`,
    project_id: `p-${index}`,
    pool_name: 'Round',
    pool_type: 'public',
    token_price: '1',
  },
  ...{ total_tokens: '10', sold_tokens: '5', total_raised: '5', min_allocation: '1', participant_count: 1 },
  ...{ payment_token: 'USDT', blockchain: 'b', sale_start: START, sale_end: START + 1e9, status: 'active' },
  updated_at: START,
});
export const investment = (index: number) => ({
  ...{
    id: `inv-${index}`,
    user_id: VIEWER,
    pool_id: `pool-${index}`,
    investment_amount: '1',
    token_amount: '1',
  },
  ...{
    token_price: '1',
    payment_token: 'USDT',
    status: 'pending',
    total_claimed: '0',
    claimable_amount: '0',
  },
  ...{ invested_at: START, updated_at: START },
});
export const price = (index: number) => ({
  ...{
    id: index,
    symbol: index === 0 ? 'BTC' : `SYM${index}`,
    price: 2,
    priceUsd: 2,
    lastUpdate: START,
    rank: 1,
  },
  exchanges: [{ exchange: 'Here', price: 1, lastUpdate: START }],
  technicalIndicators: { rsi: 1, macd: { value: 1, signal: 1, histogram: 1 }, movingAverages: { ma7: 1 } },
});
const PRICE_FIELDS = [
  ...[
    'symbol',
    'price',
    'priceUsd',
    'change24h',
    'changePercent7d',
    'volume24h',
    'marketCap',
    'circulatingSupply',
  ],
  ...[
    'totalSupply',
    'rank',
    'lastUpdate',
    'exchanges',
    'exchanges.0',
    'exchanges.0.exchange',
    'exchanges.0.price',
  ],
  ...['exchanges.0.lastUpdate', 'technicalIndicators', 'technicalIndicators.rsi', 'technicalIndicators.macd'],
  ...[
    'technicalIndicators.macd.signal',
    'technicalIndicators.movingAverages',
    'technicalIndicators.movingAverages.ma7',
  ],
];
const DAY = Math.floor(START / 86_400) * 86_400;
export const candle = (index: number) => ({
  time: DAY - (index + 2) * 86_400,
  open: 2,
  high: 3,
  low: 1,
  close: 2,
  volume: 1,
});
export const detail = () => ({
  ...{ about: 'About', team: [{ name: 'Ada', role: 'CTO' }], tokenomics: [{ label: 'All', percent: 100 }] },
  roadmap: [{ title: 'Next', target_date: START, done: true }],
});

/** The records with one more text, which is taken whatever the others are. */
const changed = (recordOf: (index: number) => Fields, field: string) =>
  INDEXES.map((index) => ({ ...recordOf(index), [field]: 'Changed' }));

export const draws = fc.record({
  projects: drawnRecords(changed(project, 'tagline'), PROJECT_FIELDS),
  pools: drawnRecords(changed(pool, 'description'), [...fieldsOf(POOL_NAMES), 'project_id']),
  investments: drawnRecords(changed(investment, 'transaction_hash'), [
    ...fieldsOf(INVESTMENT_NAMES),
    'pool_id',
    'user_id',
  ]),
  prices: drawnRecords(INDEXES.map(price), PRICE_FIELDS),
  candles: drawnRecords(INDEXES.map(candle), ['time', 'open', 'high', 'low', 'close', 'volume']),
  details: drawnRecords(
    [detail()],
    ['about', 'team', 'team.0.name', 'roadmap.0.target_date', 'tokenomics.0.percent'],
  ),
});
