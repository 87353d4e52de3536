/** The main API's records after parsing: unknown fields dropped, absent fields null. Times are in Unix seconds. */
import * as z from 'zod';
import {
  amount,
  count,
  decimal,
  id,
  link,
  linkOrNull,
  longText,
  orNull,
  orUndefined,
  shortText,
  unixSeconds,
} from './fields.ts';

const labels = z.array(shortText.pipe(z.string().min(1).max(200))).max(200);
const percent = z.number();

export const projectRecord = z.object({
  id,
  name: shortText,
  symbol: id,
  slug: id,
  status: z.enum(['upcoming', 'live', 'paused', 'delisted']),
  category: shortText,
  description: orNull(longText),
  tagline: orNull(shortText),
  subcategory: orNull(shortText),
  tags: labels,
  blockchain: labels,
  logo_url: linkOrNull,
  banner_url: linkOrNull,
  website_url: linkOrNull,
  twitter_url: linkOrNull,
  telegram_url: linkOrNull,
  github_url: linkOrNull,
  current_price: orNull(amount),
  price_change_24h: orNull(percent),
  price_change_7d: orNull(percent),
  price_change_30d: orNull(percent),
  market_cap: orNull(amount),
  volume_24h: orNull(amount),
  circulating_supply: orNull(amount),
  total_supply: orNull(amount),
  max_supply: orNull(amount),
  market_cap_rank: orNull(count),
  trending_rank: orNull(count),
  trending_score: orNull(z.number()),
  launch_date: orNull(unixSeconds),
  listing_date: orNull(unixSeconds),
  updated_at: unixSeconds,
  social: orNull(
    z.object({
      twitter_followers: orNull(count),
      telegram_members: orNull(count),
      discord_members: orNull(count),
      github_stars: orNull(count),
      reddit_subscribers: orNull(count),
    }),
  ),
});
export type ProjectRecord = z.output<typeof projectRecord>;

const DETAIL_LIST_MAX_ITEMS = 200;
const detailList = <Item extends z.ZodType>(item: Item) => z.array(item).max(DETAIL_LIST_MAX_ITEMS);

export const projectDetail = z.object({
  about: orNull(longText),
  team: detailList(z.object({ name: shortText, role: shortText })),
  roadmap: detailList(z.object({ title: shortText, target_date: orNull(unixSeconds), done: z.boolean() })),
  tokenomics: detailList(z.object({ label: shortText, percent })),
});
/** Details of a project, which only the main API has. */
export type ProjectDetailRecord = z.output<typeof projectDetail>;

/** Documents and media of a project, which are in its detail. A list that is absent is empty. */
export const projectFiles = z.object({
  documents: detailList(
    z.object({
      kind: z.enum(['whitepaper', 'tokenomics', 'roadmap', 'audit_report']),
      url: link,
      updated_at: unixSeconds,
    }),
  ),
  media: detailList(
    z.object({ kind: z.enum(['screenshot', 'video', 'presentation']), url: link, updated_at: unixSeconds }),
  ),
});
export type ProjectFilesRecord = z.output<typeof projectFiles>;

export const poolRecord = z.object({
  id,
  project_id: id,
  pool_name: shortText,
  pool_type: z.enum(['public', 'private', 'whitelist']),
  description: orNull(longText),
  token_price: decimal,
  total_tokens: decimal,
  sold_tokens: decimal,
  total_raised: decimal,
  min_allocation: decimal,
  max_allocation: orNull(decimal),
  max_participants: orNull(count),
  participant_count: count,
  payment_token: shortText,
  blockchain: shortText,
  contract_address: orNull(shortText),
  registration_start: orNull(unixSeconds),
  registration_end: orNull(unixSeconds),
  sale_start: unixSeconds,
  sale_end: unixSeconds,
  status: z.enum(['upcoming', 'registration', 'active', 'completed', 'cancelled']),
  updated_at: unixSeconds,
  /** Digits after the point of the payment token. */
  payment_decimals: orNull(z.int().min(0).max(18)),
});
export type PoolRecord = z.output<typeof poolRecord>;

export const investmentRecord = z.object({
  id,
  user_id: id,
  pool_id: id,
  investment_amount: decimal,
  token_amount: decimal,
  token_price: decimal,
  payment_token: shortText,
  status: z.enum(['pending', 'confirmed', 'failed', 'refunded']),
  total_claimed: decimal,
  claimable_amount: decimal,
  next_claim_date: orNull(unixSeconds),
  transaction_hash: orNull(shortText),
  block_number: orNull(count),
  invested_at: unixSeconds,
  confirmed_at: orNull(unixSeconds),
  updated_at: unixSeconds,
  /** Of an investment that the edge has handed over: the highest that is applied. */
  sequence: orNull(count),
});
export type InvestmentRecord = z.output<typeof investmentRecord>;

export const PERMISSIONS = ['read', 'write', 'invest', 'trade', 'admin', 'moderate', 'team'] as const;
/** A user's permission. */
export type PermissionCode = (typeof PERMISSIONS)[number];

export const isPermission = (text: string): text is PermissionCode =>
  (PERMISSIONS as readonly string[]).includes(text);

export const userStats = z.object({
  user_level: count,
  kyc_level: count,
  /** Unknown ones are left out: the main API may have more than the edge knows. */
  permissions: z
    .array(shortText)
    .max(100)
    .transform((texts) => [...new Set(texts.map((text) => text.toLowerCase()).filter(isPermission))].sort()),
  /** The last decision about the user's identity. */
  kyc_decided_at: orUndefined(unixSeconds),
});
export type UserStatsRecord = z.output<typeof userStats>;

export const closedUserRecord = z.object({ user_id: id, closed_at: unixSeconds });
export type ClosedUserRecord = z.output<typeof closedUserRecord>;

/** Who may take part in a whitelist or private pool. */
export const eligibleRecord = z.object({ user_id: id, eligible: z.boolean(), updated_at: unixSeconds });
export type EligibleRecord = z.output<typeof eligibleRecord>;

/** A version of a record that the edge hands over. */
export interface RecordVersion {
  id: string;
  /** Grows with each version. */
  sequence: number;
  /** JSON. It never changes. */
  body: string;
}

// The record of a version, as the main API has stored it. Another record is the answer of another server.
export const storedUser = ({ id }: RecordVersion) => z.looseObject({ id: z.literal(id) });
export const storedInvestment = storedUser;
export const storedClaim = storedUser;
export const storedDocument = ({ id }: RecordVersion) => z.looseObject({ file_id: z.literal(id) });
/** It has no id. */
export const storedRegistration = ({ body }: RecordVersion) => {
  const { pool_id, user_id } = registration.parse(JSON.parse(body));
  return z.looseObject({ pool_id: z.literal(pool_id), user_id: z.literal(user_id) });
};
const registration = z.object({ pool_id: id, user_id: id });

const CODE_MAX_CHARACTERS = 100;
/** A refusal for good is of this form: a proxy may send the same status. */
export const refusal = z.object({
  code: z
    .string()
    .min(1)
    .transform((code) => code.slice(0, CODE_MAX_CHARACTERS)),
  /** It may name users. */
  message: shortText.catch(''),
});
export type UpstreamRefusal = z.output<typeof refusal>;
