/**
 * Rows of D1 as the gateway reads them: the columns of `migrations/`, named as the upstream contract names
 * them. Times are Unix seconds, amounts TEXT decimals, lists and objects JSON text.
 */

export type ProjectStatus = 'upcoming' | 'live' | 'paused' | 'delisted';

export interface ProjectRow {
  id: string;
  name: string;
  symbol: string;
  slug: string;
  status: ProjectStatus;
  category: string;
  description: string | null;
  tagline: string | null;
  subcategory: string | null;
  /** JSON: string[] */
  tags: string;
  /** JSON: string[] */
  blockchain: string;
  logo_url: string | null;
  banner_url: string | null;
  website_url: string | null;
  twitter_url: string | null;
  telegram_url: string | null;
  github_url: string | null;
  current_price: number | null;
  price_change_24h: number | null;
  price_change_7d: number | null;
  price_change_30d: number | null;
  market_cap: number | null;
  volume_24h: number | null;
  circulating_supply: number | null;
  total_supply: number | null;
  max_supply: number | null;
  market_cap_rank: number | null;
  trending_rank: number | null;
  trending_score: number | null;
  launch_date: number | null;
  listing_date: number | null;
  /** JSON: SocialRecord */
  social: string | null;
  updated_at: number;
}

export interface SocialRecord {
  twitter_followers?: number | null;
  telegram_members?: number | null;
  discord_members?: number | null;
  github_stars?: number | null;
  reddit_subscribers?: number | null;
}

export type IdoPoolType = 'public' | 'private' | 'whitelist';
export type IdoPoolStatus = 'upcoming' | 'registration' | 'active' | 'completed' | 'cancelled';

export interface IdoPoolRow {
  id: string;
  project_id: string;
  pool_name: string;
  pool_type: IdoPoolType;
  description: string | null;
  token_price: string;
  total_tokens: string;
  sold_tokens: string;
  total_raised: string;
  min_allocation: string;
  max_allocation: string | null;
  max_participants: number | null;
  participant_count: number;
  payment_token: string;
  blockchain: string;
  contract_address: string | null;
  registration_start: number | null;
  registration_end: number | null;
  sale_start: number;
  sale_end: number;
  /** What the platform last said. */
  status: IdoPoolStatus;
  updated_at: number;
  progress_percent: number;
}

export type InvestmentStatus = 'pending' | 'confirmed' | 'failed' | 'refunded';

export interface InvestmentRow {
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
  next_claim_date: number | null;
  transaction_hash: string | null;
  block_number: number | null;
  invested_at: number;
  confirmed_at: number | null;
  updated_at: number;
}

export type CandleIntervalCode = '1h' | '1d';

export interface CandleRow {
  symbol: string;
  time: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number | null;
}
