/** Safe's contract wallets on a local chain: the contracts that their package ships, deployed and signed for by viem. */

import handler from '@safe-global/safe-smart-account/build/artifacts/contracts/handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json' with {
  type: 'json',
};
import proxyFactory from '@safe-global/safe-smart-account/build/artifacts/contracts/proxies/SafeProxyFactory.sol/SafeProxyFactory.json' with {
  type: 'json',
};
import singleton from '@safe-global/safe-smart-account/build/artifacts/contracts/Safe.sol/Safe.json' with {
  type: 'json',
};
import {
  type Address,
  concat,
  createTestClient,
  encodeFunctionData,
  type Hex,
  hashMessage,
  http,
  type PrivateKeyAccount,
  parseAbi,
  publicActions,
  walletActions,
  zeroAddress,
} from 'viem';
import { serializeErc6492Signature } from 'viem/utils';
import { inject } from 'vitest';

const SAFE = parseAbi([
  'function setup(address[] owners, uint256 threshold, address to, bytes data, address fallbackHandler, address paymentToken, uint256 payment, address paymentReceiver)',
]);
const FACTORY = parseAbi([
  'function createProxyWithNonce(address singleton, bytes initializer, uint256 saltNonce) returns (address)',
]);

/** Of the two local chains. */
export type ChainId = 31_337 | 31_338;

export const chainUrl = (chainId: ChainId): string => {
  const url = inject('chainUrls')[chainId];
  if (url === undefined) throw new Error(`chain ${chainId} was not started`);
  return url;
};

export interface SafeWallet {
  address: Address;
  isDeployed(): Promise<boolean>;
  /** By these of its owners; for a wallet that is not deployed, with its deployment (ERC-6492). */
  sign(message: string, ...signers: PrivateKeyAccount[]): Promise<Hex>;
}

export type CreateSafe = (options: {
  owners: PrivateKeyAccount[];
  threshold?: number;
  isDeployed: boolean;
}) => Promise<SafeWallet>;

const testClient = (chainId: ChainId) =>
  createTestClient({ mode: 'anvil', transport: http(chainUrl(chainId)) });

/** The code of a contract that returns 0x1626ba7e, the magic value of ERC-1271, to everybody. */
export const TAKES_ALL = '0x631626ba7e60e01b60005260206000f3';

/** Puts a contract at any address, as if it had been deployed there. */
export const putContract = (chainId: ChainId, address: string, code: Hex) =>
  testClient(chainId).setCode({ address: address as Address, bytecode: code });

/** Deploys the contracts that wallets share. */
export async function startSafe(chainId: ChainId): Promise<CreateSafe> {
  const client = testClient(chainId).extend(publicActions).extend(walletActions);
  const [account] = await client.getAddresses();
  if (account === undefined) throw new Error('the chain has no account');

  async function deploy({ bytecode }: { bytecode: string }): Promise<Address> {
    const hash = await client.deployContract({
      abi: [],
      bytecode: bytecode as Hex,
      account: account as Address,
      chain: null,
    });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash });
    if (!contractAddress) throw new Error('the contract was not deployed');
    return contractAddress;
  }

  const [safe, factory, fallbackHandler] = [
    await deploy(singleton),
    await deploy(proxyFactory),
    await deploy(handler),
  ];
  let created = 0n;

  return async ({ owners, threshold = 1, isDeployed }) => {
    created += 1n;
    const addresses = owners.map(({ address }) => address);
    const initializer = encodeFunctionData({
      abi: SAFE,
      functionName: 'setup',
      args: [addresses, BigInt(threshold), zeroAddress, '0x', fallbackHandler, zeroAddress, 0n, zeroAddress],
    });
    const creation = {
      abi: FACTORY,
      functionName: 'createProxyWithNonce',
      args: [safe, initializer, created],
    } as const;
    const { result: address, request } = await client.simulateContract({
      ...creation,
      address: factory,
      account,
    });
    if (isDeployed)
      await client.waitForTransactionReceipt({
        hash: await client.writeContract({ ...request, chain: null }),
      });

    return {
      address,
      isDeployed: async () => (await client.getCode({ address })) !== undefined,
      async sign(message, ...signers) {
        const inOrder = signers.toSorted((a, b) =>
          a.address.toLowerCase() < b.address.toLowerCase() ? -1 : 1,
        );
        const signatures = inOrder.map((signer) =>
          signer.signTypedData({
            domain: { chainId, verifyingContract: address },
            types: { SafeMessage: [{ name: 'message', type: 'bytes' }] },
            primaryType: 'SafeMessage',
            message: { message: hashMessage(message) },
          }),
        );
        const signature = concat(await Promise.all(signatures));
        if (isDeployed) return signature;
        return serializeErc6492Signature({ address: factory, data: encodeFunctionData(creation), signature });
      },
    };
  };
}
