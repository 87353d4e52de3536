import { expect, test } from 'vitest';
import { paymentDecimals } from '../../../src/investing/payment-decimals.ts';

const of = (blockchain: string, payment_token: string, payment_decimals: number | null = null) =>
  paymentDecimals({ blockchain, payment_token, payment_decimals });

test('the main API decides how many digits a payment token has', () => {
  expect(of('ethereum', 'USDT', 0)).toBe(0);
  expect(of('an unknown chain', 'XYZ', 7)).toBe(7);
});

test.each([
  ['Ethereum', 'usdt', 6],
  ['bsc', 'USDT', 18],
  ['BNB Smart Chain', 'USDC', 18],
  ['polygon', 'USDC', 6],
  ['solana', 'USDC', 6],
  ['arbitrum', 'ETH', 18],
  ['bsc', 'BNB', 18],
  ['solana', 'SOL', 9],
  ['bitcoin', 'BTC', 8],
])('on %s %s has %i digits', (blockchain, token, digits) => {
  expect(of(blockchain, token)).toBe(digits);
});

test.each([
  ['solana', 'ETH'],
  ['ethereum', 'XYZ'],
  ['an unknown chain', 'USDT'],
  ['constructor', 'USDT'],
  ['bitcoin', 'ETH'],
])('on %s nobody knows %s', (blockchain, token) => {
  expect(of(blockchain, token)).toBeNull();
});
