/** A pool of the main API whose sale is open: 1,000 tokens at 2 USDT, of which a person may buy for 10 to 1,000. */
export const openPool = (id: string, now: number) => ({
  ...{ id, pool_type: 'public', status: 'active', sale_start: now - 60, sale_end: now + 86_400 },
  ...{ registration_start: null, registration_end: null },
  ...{ token_price: '2', total_tokens: '1000', sold_tokens: '0', total_raised: '0' },
  ...{ min_allocation: '10', max_allocation: '1000', max_participants: null, participant_count: 0 },
  ...{ payment_token: 'USDT', payment_decimals: 6, blockchain: 'ethereum', updated_at: now },
});
