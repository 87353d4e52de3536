/**
 * Decides if a wallet signed a message.
 *
 * A malformed signature is a false one, whatever its length. A contract wallet's is verified on its chain (ERC-1271,
 * also before the contract is deployed: ERC-6492), if `RPC_URLS` has it. A chain that fails is logged; the signature
 * then does not hold, and its challenge stays open.
 */
import { WALLET_SIGNATURE_MAX_BYTES } from '../config.ts';
import { log } from '../observability/log.ts';
import type { RpcUrls } from '../settings/wallet-settings.ts';
import type { EthCall } from '../upstream/chain-rpc.ts';

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

type Hex = `0x${string}`;

/** r, s and v of ECDSA. */
const KEY_SIGNATURE_BYTES = 65;
/** The validator returns the one byte 1. */
const HOLDS = '0x01';

export function createWalletSignatures(options: { rpcUrls: RpcUrls; ethCall: EthCall }): SignerOf {
  const { rpcUrls, ethCall } = options;

  async function isContractSignature(signed: SignedMessage, signature: Hex): Promise<boolean> {
    const url = rpcUrls.get(signed.chainId);
    if (url === undefined) return false;
    const outcome = await ethCall(url, await validation(signed, signature));
    if (outcome.kind === 'failed')
      log.warn('wallets.chain_failed', { chainId: signed.chainId, reason: outcome.reason });
    return outcome.kind === 'returned' && outcome.data === HOLDS;
  }

  return async (signed) => {
    const signature = hexOf(signed.signature);
    if (signature === null) return null;
    if (await isKeySignature(signed, signature)) return 'key';
    return (await isContractSignature(signed, signature)) ? 'contract' : null;
  };
}

/** Null if it is not hex, is empty, or is too long. */
function hexOf(text: string): Hex | null {
  // The length first: a body may carry 100 KB of digits.
  if (text.length > 2 + 2 * WALLET_SIGNATURE_MAX_BYTES) return null;
  return /^0x(?:[0-9a-fA-F]{2})+$/.test(text) ? (text as Hex) : null;
}

async function isKeySignature({ address, message }: SignedMessage, signature: Hex): Promise<boolean> {
  if (signature.length !== 2 + 2 * KEY_SIGNATURE_BYTES) return false;
  const { recoverMessageAddress } = await import('./ethereum.ts');
  try {
    return (await recoverMessageAddress({ message, signature })) === address;
  } catch {
    // No key makes such r, s and v.
    return false;
  }
}

/** The code that verifies the signature: the universal validator of ERC-6492, which no chain needs to have deployed. */
async function validation({ address, message }: SignedMessage, signature: Hex): Promise<Hex> {
  const { encodeDeployData, erc6492SignatureValidatorAbi, erc6492SignatureValidatorByteCode, hashMessage } =
    await import('./ethereum.ts');
  return encodeDeployData({
    abi: erc6492SignatureValidatorAbi,
    bytecode: erc6492SignatureValidatorByteCode,
    args: [address as Hex, hashMessage(message), signature],
  });
}
