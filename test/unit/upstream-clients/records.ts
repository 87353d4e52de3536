/** Records as the main API and the price API would send them, whole and good. */

export const projectJson = (changes: object = {}) => ({
  id: 'p-1',
  name: 'Bitcoin',
  symbol: 'btc',
  slug: 'bitcoin',
  status: 'live',
  category: 'layer-1',
  tags: ['pow'],
  blockchain: ['bitcoin'],
  updated_at: 1_700_000_000,
  ...changes,
});

export const poolJson = (changes: object = {}) => ({
  id: 'pool-1',
  project_id: 'p-1',
  pool_name: 'Round A',
  pool_type: 'public',
  token_price: '0.05',
  total_tokens: '1000000',
  sold_tokens: '250000.5',
  total_raised: '12500.025',
  min_allocation: '10',
  participant_count: 12,
  payment_token: 'USDT',
  blockchain: 'ethereum',
  sale_start: 1_700_000_000,
  sale_end: 1_700_086_400,
  status: 'active',
  updated_at: 1_700_000_000,
  ...changes,
});

export const investmentJson = (changes: object = {}) => ({
  id: 'inv-1',
  user_id: 'u-1',
  pool_id: 'pool-1',
  investment_amount: '100',
  token_amount: '2000',
  token_price: '0.05',
  payment_token: 'USDT',
  status: 'confirmed',
  total_claimed: '0',
  claimable_amount: '0',
  invested_at: 1_700_000_000,
  updated_at: 1_700_000_000,
  ...changes,
});

export const priceJson = (symbol: string, changes: object = {}) => ({
  symbol,
  price: 100,
  priceUsd: 100,
  lastUpdate: 1_700_000_000,
  ...changes,
});
