/** Decides if a wallet signed a message. A malformed signature is a false one, whatever its length. */

export interface SignedMessage {
  /** With the checksum of EIP-55. */
  address: string;
  chainId: number;
  message: string;
  signature: string;
}

/** The address's own key, or the contract at the address on the message's chain. */
export type WalletSigner = 'key' | 'contract';

/** Null if the signature does not hold. */
export type SignerOf = (signed: SignedMessage) => Promise<WalletSigner | null>;

/** r, s and v of one ECDSA signature, in hex. */
const KEY_SIGNATURE = /^0x[0-9a-fA-F]{130}$/;

export function createWalletSignatures(): SignerOf {
  return async (signed) => ((await isKeySignature(signed)) ? 'key' : null);
}

async function isKeySignature({ address, message, signature }: SignedMessage): Promise<boolean> {
  if (!KEY_SIGNATURE.test(signature)) return false;
  const { recoverMessageAddress } = await import('./ethereum.ts');
  try {
    return (await recoverMessageAddress({ message, signature: signature as `0x${string}` })) === address;
  } catch {
    // r, s and v that no key can have made.
    return false;
  }
}
