import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalisedTransactionHash } from '../../../src/investing/transaction-hash.ts';

const EVM = `0x${'aB'.repeat(32)}`;
const SOLANA = '5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW';

describe('a transaction hash', () => {
  test('is told once, however a wallet writes it', () => {
    for (const text of [EVM, EVM.toLowerCase(), EVM.toUpperCase().replace('0X', '0x'), ` ${EVM}\n`])
      expect(normalisedTransactionHash('Ethereum', text)).toBe(EVM.toLowerCase());
    expect(normalisedTransactionHash('bitcoin', 'AB'.repeat(32))).toBe('ab'.repeat(32));
    expect(normalisedTransactionHash('tron', EVM)).toBe('ab'.repeat(32));
  });

  test('of Solana keeps its letters: base58 tells them apart', () => {
    expect(normalisedTransactionHash('solana', SOLANA)).toBe(SOLANA);
    expect(normalisedTransactionHash('solana', EVM)).toBeNull();
  });

  test.each([
    '',
    '0x',
    `0x${'a'.repeat(63)}`,
    `0x${'a'.repeat(65)}`,
    `0x${'g'.repeat(64)}`,
    'a'.repeat(64),
    SOLANA,
  ])('%o is none of an EVM chain', (text) => {
    expect(normalisedTransactionHash('bsc', text)).toBeNull();
  });

  test('of a chain that is not listed has a form that known chains have', () => {
    expect(normalisedTransactionHash('hedera', '0.0.1234@1700000000.000000001')).not.toBeNull();
    expect(normalisedTransactionHash('constructor', 'short')).toBeNull();
    expect(normalisedTransactionHash('unknown', `<script>${'a'.repeat(30)}`)).toBeNull();
  });

  test('in its normal form is itself', () => {
    fc.assert(
      fc.property(fc.constantFrom('ethereum', 'solana', 'bitcoin', 'other'), fc.string(), (chain, text) => {
        const normal = normalisedTransactionHash(chain, text);
        if (normal !== null) expect(normalisedTransactionHash(chain, normal)).toBe(normal);
      }),
    );
  });
});
