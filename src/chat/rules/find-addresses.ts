/**
 * Finds addresses of wallets and contracts: of Ethereum's family, Solana, Tron, Bitcoin and those that write as it does,
 * Bech32, Polkadot, Stellar and TON. Hashes of transactions (64 digits) are none, nor is a hash that is said to be a commit.
 */
const EVM_DIGITS = 40;
const HEX = /^[0-9a-f]$/i;
const HEX_WORD = /^[0-9a-f]{1,39}$/i;
/** As many digits as a commit has: without `0x` only the word before tells. */
const BARE_EVM = /(?<![0-9a-z])x?((?=\d*[a-f])[0-9a-f]{40})(?![0-9a-z])/gi;
const OF_A_COMMIT = /(?:commits?|fixed in|sha-?1?|rev|revision|git)[ :#(`]{0,3}$/i;
const STELLAR = /^G[A-Z2-7]{55}$/;
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const BASE58_TOKEN = /^(?=.*[1-9])(?=.*[A-Z])(?=.*[a-z])[1-9A-HJ-NP-Za-km-z]{25,50}$/;
/** BIP 173: a prefix, `1`, and characters of which none looks like another. */
const BECH32 = /^[a-z]{1,16}1[02-9ac-hj-np-z]{38,110}$/i;
const TON = /^(?:[EUk0]Q[A-Za-z0-9_-]{46}|(?:0|-1):[0-9a-fA-F]{64})$/;
/** A version byte, 20 bytes, and four that prove them. */
const BITCOIN_BYTES = 25;
/** Polkadot's have a byte or two before 32, and two that prove them. */
const BASE58_BYTES = [BITCOIN_BYTES, 32, 35, 36];

/** @param form as `plainForm` gives it: cases count */
export function findAddresses(form: string): string[] {
  const words = form.split(/[^A-Za-z0-9:_-]+/);
  const tokens = words.flatMap((word) => [word, ...word.split(/[:_-]/)]);
  return [
    ...evmAddresses(form),
    ...bareAddresses(form),
    ...tokens.filter(
      (token) => STELLAR.test(token) || BECH32.test(token) || TON.test(token) || isBase58Address(token),
    ),
  ];
}

function bareAddresses(form: string): string[] {
  const found = [...form.matchAll(BARE_EVM)];
  return found
    .filter(({ index }) => !OF_A_COMMIT.test(form.slice(Math.max(0, index - 16), index)))
    .map(([, digits = '']) => `0x${digits}`);
}

function evmAddresses(form: string): string[] {
  const found: string[] = [];
  for (const { index } of form.matchAll(/[0oO] ?[xX×]/g)) {
    const digits = digitsAt(form, index + (form.charAt(index + 1) === ' ' ? 3 : 2));
    if (digits !== null) found.push(`0x${digits}`);
  }
  return found;
}

/** 40 digits, also with separators between groups of them; null if there are more or fewer. */
function digitsAt(form: string, start: number): string | null {
  let digits = '';
  let at = start;
  for (; at < form.length && digits.length <= EVM_DIGITS; at += 1) {
    const digit = form.charAt(at).replace(/[oO]/, '0').replace(/[lI]/, '1');
    if (HEX.test(digit)) digits += digit;
    else if (!/[\s.,_·-]/.test(digit)) break;
    else if (digits.length === EVM_DIGITS || !HEX_WORD.test(nextGroup(form, at))) break;
  }
  return digits.length === EVM_DIGITS ? digits : null;
}

const nextGroup = (form: string, at: number) =>
  /^[\s.,_·-]{1,3}([0-9a-zA-Z]{1,40})/.exec(form.slice(at, at + 44))?.[1]?.replace(/[oOlI]/g, '0') ?? '';

function isBase58Address(token: string): boolean {
  if (!BASE58_TOKEN.test(token)) return false;
  return BASE58_BYTES.includes(base58Bytes(token));
}

const BITS_OF_A_BYTE = 8n;

/** The number of bytes that a text of Base58 has. */
function base58Bytes(token: string): number {
  let value = 0n;
  for (const character of token) value = value * 58n + BigInt(BASE58.indexOf(character));
  let bytes = /^1*/.exec(token)?.[0].length ?? 0;
  for (; value > 0n; value >>= BITS_OF_A_BYTE) bytes += 1;
  return bytes;
}

/** Addresses of Ethereum's family are the same in each case; of others each character counts. */
const comparable = (address: string) => (/^0x/i.test(address) ? address.toLowerCase() : address);

export const areVerified = (addresses: readonly string[], verified: readonly string[]): boolean => {
  const known = new Set(verified.map(comparable));
  return addresses.every((address) => known.has(comparable(address)));
};
