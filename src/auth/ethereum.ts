/** The parts of viem that wallets need. They are imported when first needed: evaluating them takes time at start-up. */
export { erc6492SignatureValidatorAbi, erc6492SignatureValidatorByteCode } from 'viem';
export { createSiweMessage } from 'viem/siwe';
export { encodeDeployData, getAddress, hashMessage, isAddress, recoverMessageAddress } from 'viem/utils';
