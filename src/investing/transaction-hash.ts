/**
 * The forms of transaction ids, by blockchain. A hash is told once by its normal form, however a wallet writes it.
 *
 * Sources: Ethereum execution API (`hash32`), Solana's RPC (`signature`, base58 of 64 bytes), Bitcoin's RPC (`txid`), the
 * `tx_hash` of Tron, Cosmos and XRP Ledger.
 */

interface HashForm {
  pattern: RegExp;
  normal(text: string): string;
}

const lower = (text: string) => text.toLowerCase();
const same = (text: string) => text;
const EVM: HashForm = { pattern: /^0x[\da-f]{64}$/i, normal: lower };
const HEX: HashForm = { pattern: /^(?:0x)?[\da-f]{64}$/i, normal: (text) => lower(text).replace(/^0x/, '') };
const BASE58_64_BYTES: HashForm = { pattern: /^[1-9A-HJ-NP-Za-km-z]{86,88}$/, normal: same };
/** The form for a chain that is not listed: hashes of every known chain have it. */
const OTHER: HashForm = { pattern: /^[\w.:@/+=-]{20,200}$/, normal: same };

const FORMS: Readonly<Record<string, HashForm>> = {
  ethereum: EVM,
  bsc: EVM,
  'bnb smart chain': EVM,
  polygon: EVM,
  arbitrum: EVM,
  optimism: EVM,
  base: EVM,
  avalanche: EVM,
  fantom: EVM,
  linea: EVM,
  zksync: EVM,
  solana: BASE58_64_BYTES,
  bitcoin: HEX,
  tron: HEX,
  cosmos: HEX,
  xrp: HEX,
};

/** @returns null if the text is no transaction hash of this blockchain */
export function normalisedTransactionHash(blockchain: string, text: string): string | null {
  const name = blockchain.trim().toLowerCase();
  const { pattern, normal } = (Object.hasOwn(FORMS, name) ? FORMS[name] : undefined) ?? OTHER;
  const trimmed = text.trim();
  return pattern.test(trimmed) ? normal(trimmed) : null;
}
