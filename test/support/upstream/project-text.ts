/** What a project says of itself: made up, but with everything real text has in it. */
import type { Coin } from './coins.ts';
import { Dice, type NonEmpty } from './random.ts';
import type { ProjectDetailRecord, ProjectRecord } from './records.ts';

export const CATEGORIES: NonEmpty<string> = [
  'Layer 1',
  'Layer 2',
  'DeFi',
  'Stablecoin',
  'Exchange Token',
  'Meme',
  'Gaming',
  'NFT & Metaverse',
  'AI & Data',
  'Oracle',
  'Privacy',
  'Infrastructure',
];

const CATEGORY_OF_SYMBOL: Record<string, string> = {
  BTC: 'Layer 1',
  ETH: 'Layer 1',
  SOL: 'Layer 1',
  ADA: 'Layer 1',
  AVAX: 'Layer 1',
  USDT: 'Stablecoin',
  USDC: 'Stablecoin',
  DAI: 'Stablecoin',
  BNB: 'Exchange Token',
  DOGE: 'Meme',
  SHIB: 'Meme',
  MATIC: 'Layer 2',
  OP: 'Layer 2',
  ARB: 'Layer 2',
  LINK: 'Oracle',
  UNI: 'DeFi',
  AAVE: 'DeFi',
  XMR: 'Privacy',
  SAND: 'NFT & Metaverse',
  GRT: 'AI & Data',
};

const SUBCATEGORIES: NonEmpty<string> = [
  'Payments',
  'Lending',
  'Staking',
  'Storage',
  'Identity',
  'Derivatives',
  'Bridges',
];
const TAGS = [
  'proof-of-work',
  'proof-of-stake',
  'staking',
  'governance',
  'payments',
  'zk',
  'évolutif',
  'web3',
  'rwa',
  'l2',
];
const BLOCKCHAINS = ['ethereum', 'bsc', 'polygon', 'solana', 'arbitrum', 'avalanche', 'optimism', 'base'];
const TAGLINES: NonEmpty<string> = [
  'Money that moves 🚀',
  "The people's ledger",
  'Settle in seconds, not days',
  'Чистая математика',
  'Built for everyone — tout le monde',
  '100% on-chain, 0% paperwork',
  'The "quiet" network',
  '去中心化的未来',
];
const SENTENCES: NonEmpty<string> = [
  'is a public network that settles payments without a middleman.',
  'lets holders vote on every change of the protocol.',
  'pays those who secure it & charges those who use it.',
  'connects chains that could not talk to one another before 🌉.',
  'keeps data where its owners are; naïve copies are never made.',
  'began as a weekend project and now runs on six continents.',
];
const ROLES: NonEmpty<string> = [
  'Founder',
  'Chief Executive',
  'Lead Engineer',
  'Research',
  'Community',
  'Legal',
];
const PEOPLE = [
  'Ana Souza',
  'Björn Lund',
  'Chen Wei',
  "Dara O'Neil",
  'Елена Орлова',
  'Farid Haddad',
  'Grace Okafor',
];
const MILESTONES = [
  'Test network',
  'Audit',
  'Main network',
  'Mobile wallet',
  'Governance vote',
  'Second layer',
];
const SHARES = ['Public sale', 'Team', 'Treasury', 'Ecosystem', 'Liquidity'];

type Text = Pick<
  ProjectRecord,
  'category' | 'subcategory' | 'description' | 'tagline' | 'tags' | 'blockchain' | 'banner_url' | 'social'
> &
  Pick<ProjectRecord, 'website_url' | 'twitter_url' | 'telegram_url' | 'github_url'>;

export function projectText(coin: Coin, dice: Dice): Text {
  const site = coin.slug;
  const maybe = <T>(topic: string, probability: number, value: T): T | null =>
    dice.chance(`has-${topic}`, probability) ? value : null;
  return {
    category: CATEGORY_OF_SYMBOL[coin.symbol] ?? dice.pick('category', CATEGORIES),
    subcategory: maybe('subcategory', 0.6, dice.pick('subcategory', SUBCATEGORIES)),
    description: maybe(
      'description',
      0.93,
      `${coin.name} ${dice.pick('sentence', SENTENCES)} ${closing(coin, dice)}`,
    ),
    tagline: maybe('tagline', 0.8, dice.pick('tagline', TAGLINES)),
    tags: dice.sample('tags', TAGS, dice.whole('tag-count', 0, 5)),
    blockchain: dice.sample('chains', BLOCKCHAINS, dice.whole('chain-count', 1, 4)),
    banner_url: maybe('banner', 0.4, `https://assets.com2000.example/banners/${site}.jpg`),
    website_url: maybe('website', 0.92, `https://${site}.example/`),
    twitter_url: maybe('twitter', 0.85, `https://twitter.com/${site}`),
    telegram_url: maybe('telegram', 0.6, `https://t.me/${site}`),
    github_url: maybe('github', 0.55, `https://github.com/${site}`),
    social: dice.chance('has-social', 0.85) ? social(dice) : null,
  };
}

function closing(coin: Coin, dice: Dice): string {
  return dice.chance('long', 0.3)
    ? `${coin.symbol} ${dice.pick('more', SENTENCES)}`
    : `Its token is ${coin.symbol}.`;
}

function social(dice: Dice): ProjectRecord['social'] {
  const count = (topic: string, most: number) =>
    dice.chance(`has-${topic}`, 0.8) ? Math.floor(most ** dice.unit(topic)) : null;
  return {
    twitter_followers: count('twitter-followers', 6_000_000),
    telegram_members: count('telegram-members', 300_000),
    discord_members: count('discord-members', 500_000),
    github_stars: count('github-stars', 75_000),
    reddit_subscribers: count('reddit-subscribers', 5_000_000),
  };
}

export function projectDetail(id: string, name: string, seed: number, startAt: number): ProjectDetailRecord {
  const dice = new Dice(seed, `detail:${id}`);
  const shares = dice.sample('shares', SHARES, dice.whole('share-count', 0, SHARES.length));
  const even = shares.length === 0 ? 0 : Math.floor(1000 / shares.length) / 10;
  return {
    about: dice.chance('about', 0.85) ? `${name} ${dice.pick('about-text', SENTENCES)}` : null,
    team: dice
      .sample('team', PEOPLE, dice.whole('team-size', 0, 5))
      .map((person) => ({ name: person, role: dice.pick(`role-${person}`, ROLES) })),
    roadmap: dice.sample('roadmap', MILESTONES, dice.whole('milestones', 0, 6)).map((title, index) => {
      const target = startAt + dice.whole(`when-${title}`, -700 + index * 100, index * 150) * 86_400;
      return {
        title,
        target_date: dice.chance(`dated-${title}`, 0.8) ? target : null,
        done: target < startAt,
      };
    }),
    tokenomics: shares.map((label, index) => ({
      label,
      percent: index === 0 ? Math.round((100 - even * (shares.length - 1)) * 10) / 10 : even,
    })),
  };
}
