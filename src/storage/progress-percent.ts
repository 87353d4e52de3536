import Big from 'big.js';

/** Sold of total in percent, 0 to 100; 0 where there is nothing to sell. Amounts are exact decimals. */
export function progressPercent(soldTokens: string, totalTokens: string): number {
  const total = new Big(totalTokens);
  if (total.eq(0)) return 0;
  const percent = new Big(soldTokens).times(100).div(total).toNumber();
  return Math.min(100, Math.max(0, percent));
}
