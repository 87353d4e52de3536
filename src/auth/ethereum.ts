/** The parts of viem that wallets need. They are imported when first needed: evaluating them takes time at start-up. */

export { createSiweMessage } from 'viem/siwe';
export { getAddress, isAddress, recoverMessageAddress } from 'viem/utils';
