/** The main API's records, as test/contracts/upstream.md names them. Optional fields may be null or left out. */

export type Optional<T> = T | null | undefined;
export type Fields = Record<string, unknown>;

export interface SocialRecord {
  twitter_followers?: Optional<number>;
  telegram_members?: Optional<number>;
  discord_members?: Optional<number>;
  github_stars?: Optional<number>;
  reddit_subscribers?: Optional<number>;
}

export type ProjectStatus = 'upcoming' | 'live' | 'paused' | 'delisted';

export interface ProjectRecord {
  id: string;
  name: string;
  symbol: string;
  slug: string;
  status: ProjectStatus;
  category: string;
  description?: Optional<string>;
  tagline?: Optional<string>;
  subcategory?: Optional<string>;
  tags: string[];
  blockchain: string[];
  logo_url?: Optional<string>;
  banner_url?: Optional<string>;
  website_url?: Optional<string>;
  twitter_url?: Optional<string>;
  telegram_url?: Optional<string>;
  github_url?: Optional<string>;
  current_price?: Optional<number>;
  price_change_24h?: Optional<number>;
  price_change_7d?: Optional<number>;
  price_change_30d?: Optional<number>;
  market_cap?: Optional<number>;
  volume_24h?: Optional<number>;
  circulating_supply?: Optional<number>;
  total_supply?: Optional<number>;
  max_supply?: Optional<number>;
  market_cap_rank?: Optional<number>;
  trending_rank?: Optional<number>;
  trending_score?: Optional<number>;
  launch_date?: Optional<number>;
  listing_date?: Optional<number>;
  updated_at: number;
  social?: Optional<SocialRecord>;
}

export interface ProjectDetailRecord {
  about?: Optional<string>;
  team: { name: string; role: string }[];
  roadmap: { title: string; target_date?: Optional<number>; done: boolean }[];
  tokenomics: { label: string; percent: number }[];
  documents?: Optional<
    { kind: 'whitepaper' | 'tokenomics' | 'roadmap' | 'audit_report'; url: string; updated_at: number }[]
  >;
  media?: Optional<{ kind: 'screenshot' | 'video' | 'presentation'; url: string; updated_at: number }[]>;
}

export type PoolType = 'public' | 'private' | 'whitelist';
export type PoolStatus = 'upcoming' | 'registration' | 'active' | 'completed' | 'cancelled';

export interface PoolRecord {
  id: string;
  project_id: string;
  pool_name: string;
  pool_type: PoolType;
  description?: Optional<string>;
  token_price: string;
  total_tokens: string;
  sold_tokens: string;
  total_raised: string;
  min_allocation: string;
  max_allocation?: Optional<string>;
  max_participants?: Optional<number>;
  participant_count: number;
  payment_token: string;
  blockchain: string;
  contract_address?: Optional<string>;
  registration_start?: Optional<number>;
  registration_end?: Optional<number>;
  sale_start: number;
  sale_end: number;
  status: PoolStatus;
  /** Digits after the point of the payment token. */
  payment_decimals?: Optional<number>;
  updated_at: number;
}

export interface EligibleRecord {
  user_id: string;
  eligible: boolean;
  updated_at: number;
}

export type InvestmentStatus = 'pending' | 'confirmed' | 'failed' | 'refunded';

export interface InvestmentRecord {
  id: string;
  user_id: string;
  pool_id: string;
  investment_amount: string;
  token_amount: string;
  token_price: string;
  payment_token: string;
  status: InvestmentStatus;
  total_claimed: string;
  claimable_amount: string;
  next_claim_date?: Optional<number>;
  transaction_hash?: Optional<string>;
  block_number?: Optional<number>;
  invested_at: number;
  confirmed_at?: Optional<number>;
  updated_at: number;
  /** Of one that the edge has handed over: the highest that is applied. */
  sequence?: Optional<number>;
}

export interface UserStatsRecord {
  user_level: number;
  kyc_level: number;
  permissions: string[];
  kyc_decided_at?: Optional<number>;
  updated_at: number;
}

export interface ClosedUserRecord {
  user_id: string;
  closed_at: number;
}

export interface MarketRecords {
  projects: ProjectRecord[];
  pools: PoolRecord[];
  investments: InvestmentRecord[];
}
