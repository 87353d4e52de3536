/**
 * The digits after the point of a payment token, where the main API does not give them.
 *
 * Sources: `decimals()` of each token's contract (ERC-20, EIP-20), and of the native coins the unit of their chains' own
 * specifications: wei, lamport, satoshi, sun.
 */
import type { IdoPoolRow } from '../storage/d1/ido-pools.ts';

/** USDT and USDC are other contracts on each chain: those of BNB Smart Chain have 18 digits. */
const STABLE_COIN_DECIMALS: Readonly<Record<string, number>> = {
  ethereum: 6,
  polygon: 6,
  arbitrum: 6,
  optimism: 6,
  base: 6,
  avalanche: 6,
  solana: 6,
  tron: 6,
  bsc: 18,
  'bnb smart chain': 18,
};
const STABLE_COINS: ReadonlySet<string> = new Set(['USDT', 'USDC']);
const EVM_COIN_DECIMALS = 18;
/** The same on every chain that has them, wrapped by an ERC-20 contract too; Solana's wrapped coins have 8 or 9. */
const COINS_OF_EVM: ReadonlySet<string> = new Set(['ETH', 'BNB', 'POL', 'MATIC', 'AVAX', 'DAI']);
const EVM_CHAINS: ReadonlySet<string> = new Set([
  'ethereum',
  'polygon',
  'arbitrum',
  'optimism',
  'base',
  'avalanche',
  'bsc',
  'bnb smart chain',
]);
const NATIVE: Readonly<Record<string, readonly [token: string, decimals: number]>> = {
  solana: ['SOL', 9],
  bitcoin: ['BTC', 8],
  tron: ['TRX', 6],
};

/** Null if nobody knows them: nobody can invest with this token then. */
export function paymentDecimals({
  payment_decimals: given,
  blockchain,
  payment_token: paymentToken,
}: Pick<IdoPoolRow, 'payment_decimals' | 'blockchain' | 'payment_token'>): number | null {
  if (given !== null) return given;
  const chain = blockchain.trim().toLowerCase();
  const token = paymentToken.trim().toUpperCase();
  if (STABLE_COINS.has(token)) return known(STABLE_COIN_DECIMALS, chain) ?? null;
  if (EVM_CHAINS.has(chain)) return COINS_OF_EVM.has(token) ? EVM_COIN_DECIMALS : null;
  const native = known(NATIVE, chain);
  return native?.[0] === token ? native[1] : null;
}

const known = <Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;
