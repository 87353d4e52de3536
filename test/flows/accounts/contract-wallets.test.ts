import { env } from 'cloudflare:workers';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { serializeErc6492Signature } from 'viem/utils';
import { beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { isRejection } from '../../../src/auth/rejection.ts';
import { createWalletChallenges } from '../../../src/auth/wallet-challenges.ts';
import { createWalletSignatures } from '../../../src/auth/wallet-signatures.ts';
import { openWithWallet, userOfWallet } from '../../../src/storage/d1/users.ts';
import { createEthCall } from '../../../src/upstream/chain-rpc.ts';
import { BAD_WALLET_ANSWERS } from '../../support/bad-wallet-answers.ts';
import { type CreateSafe, chainUrl, putContract, startSafe, TAKES_ALL } from '../../support/safe-wallet.ts';

const CHAIN = 31_337;
const OTHER_CHAIN = 31_338;
const keyOf = (byte: string): PrivateKeyAccount => privateKeyToAccount(`0x${byte.repeat(32)}`);
const [ANN, BEN, CYD] = [keyOf('a1'), keyOf('b2'), keyOf('c3')];

let createSafe: CreateSafe;
beforeAll(async () => {
  createSafe = await startSafe(CHAIN);
});

const chainFetch = vi.fn<typeof fetch>((...args) => fetch(...args));
beforeEach(() => {
  chainFetch.mockClear();
});

const LOCAL_CHAINS = new Map<number, string>([
  [CHAIN, chainUrl(CHAIN)],
  [OTHER_CHAIN, chainUrl(OTHER_CHAIN)],
]);

/** The wallet that was redeemed, or the code of the rejection. */
async function outcomeOf(
  address: string,
  sign: (message: string) => string | Promise<string>,
  { chainId = CHAIN as number, rpcUrls = LOCAL_CHAINS } = {},
) {
  const challenges = createWalletChallenges({
    db: env.DB,
    siweOrigin: 'https://app.example',
    corsOrigins: [],
    signerOf: createWalletSignatures({ rpcUrls, ethCall: createEthCall({ fetch: chainFetch }) }),
    nowSeconds: () => 1_780_000_000,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  });
  const { message } = await challenges.issue({ address, chainId, userId: null, origin: null });
  const outcome = await challenges.redeem({ message, signature: await sign(message), userId: null });
  return isRejection(outcome) ? outcome.code : outcome;
}

const signedIn = (address: string, chainId = CHAIN) => ({ address, chainId, contractChainId: chainId });

describe('a contract wallet signs in', () => {
  test('by the signature of its owner (ERC-1271)', async () => {
    const { address, sign, isDeployed } = await createSafe({ owners: [ANN], isDeployed: true });
    expect(await isDeployed()).toBe(true);
    expect(await outcomeOf(address, (message) => sign(message, ANN))).toEqual(signedIn(address));
  });

  test('by as many owners as it asks for', async () => {
    const { address, sign } = await createSafe({ owners: [ANN, BEN, CYD], threshold: 2, isDeployed: true });
    expect(await outcomeOf(address, (message) => sign(message, BEN, ANN))).toEqual(signedIn(address));
    expect(await outcomeOf(address, (message) => sign(message, BEN))).toBe('SIGNATURE_INVALID');
  });

  test('before it is deployed, and is not deployed by that (ERC-6492)', async () => {
    const { address, sign, isDeployed } = await createSafe({ owners: [ANN], isDeployed: false });
    expect(await outcomeOf(address, (message) => sign(message, ANN))).toEqual(signedIn(address));
    expect(await isDeployed()).toBe(false);
  });

  test('and a wallet with a key does so without a call of the chain', async () => {
    expect(await outcomeOf(ANN.address, (message) => ANN.signMessage({ message }))).toEqual({
      address: ANN.address,
      chainId: CHAIN,
      contractChainId: null,
    });
    expect(chainFetch).not.toHaveBeenCalled();
  });

  test('to no account that the contract at its address on another chain opened', async () => {
    const { address, sign } = await createSafe({ owners: [ANN], isDeployed: true });
    const hers = await outcomeOf(address, (message) => sign(message, ANN));
    await putContract(OTHER_CHAIN, address, TAKES_ALL);
    const theirs = await outcomeOf(address, () => ANY_SIGNATURE, { chainId: OTHER_CHAIN });
    if (typeof hers === 'string' || typeof theirs === 'string') throw new Error('a signature did not hold');
    expect(theirs).toEqual(signedIn(address, OTHER_CHAIN));
    await openWithWallet(env.DB, { id: 'usr_a', displayName: null, nowSeconds: 0 }, hers);
    expect(await userOfWallet(env.DB, hers)).toMatchObject({ id: 'usr_a' });
    expect(await userOfWallet(env.DB, theirs)).toBeNull();
  });
});

const ANY_SIGNATURE = `0x${'ab'.repeat(65)}`;

describe('a contract wallet does not sign in', () => {
  describe.each([
    ['deployed', true],
    ['not deployed', false],
  ])('if it is %s', (_, isDeployed) => {
    test.each<[string, (message: string, wallet: Awaited<ReturnType<CreateSafe>>) => Promise<string>]>([
      ['by a stranger', (message, { sign }) => sign(message, BEN)],
      ["by its owner's signature for the owner's own address", (message) => ANN.signMessage({ message })],
      ['by the signature of another message', (_, { sign }) => sign('Hello', ANN)],
      [
        'by the signature for another wallet of its owner',
        async (message) => (await createSafe({ owners: [ANN], isDeployed })).sign(message, ANN),
      ],
      [
        'by a deployment that deploys nothing',
        async (message) => {
          const signature = await ANN.signMessage({ message });
          return serializeErc6492Signature({ address: BEN.address, data: '0xdeadbeef', signature });
        },
      ],
    ])('%s', async (_, sign) => {
      const wallet = await createSafe({ owners: [ANN], isDeployed });
      expect(await outcomeOf(wallet.address, (message) => sign(message, wallet))).toBe('SIGNATURE_INVALID');
      expect(chainFetch).toHaveBeenCalledOnce();
    });
  });

  test.each([
    ['returns nothing', '0x00'],
    ['returns 0', '0x60206000f3'],
    ['returns the magic value in the wrong place', '0x631626ba7e60005260206000f3'],
    ['returns 1', '0x600160005260206000f3'],
    ['refuses', '0x60006000fd'],
    ['has an invalid instruction', '0xfe'],
    ['never ends', '0x5b600056'],
    ['returns a megabyte', '0x621000006000f3'],
  ] as const)('if its contract %s', async (_, code) => {
    const { address } = await createSafe({ owners: [ANN], isDeployed: false });
    await putContract(CHAIN, address, code);
    expect(await outcomeOf(address, () => ANY_SIGNATURE)).toBe('SIGNATURE_INVALID');
    await putContract(CHAIN, address, TAKES_ALL);
    expect(await outcomeOf(address, () => ANY_SIGNATURE)).toEqual(signedIn(address));
  });

  test('on a chain that has no URL, which is not asked', async () => {
    const { address, sign } = await createSafe({ owners: [ANN], isDeployed: true });
    const rpcUrls = new Map([[OTHER_CHAIN, chainUrl(OTHER_CHAIN)]]);
    expect(await outcomeOf(address, (message) => sign(message, ANN), { rpcUrls })).toBe('SIGNATURE_INVALID');
    expect(chainFetch).not.toHaveBeenCalled();
  });

  test.each(['0x', '0x0', 'Hello', `0x${'ab'.repeat(8193)}`, `0x${'ab'.repeat(10_000)}`])(
    'by %.10s, and no chain is asked',
    async (signature) => {
      const { address } = await createSafe({ owners: [ANN], isDeployed: true });
      chainFetch.mockClear();
      expect(await outcomeOf(address, () => signature)).toBe('SIGNATURE_INVALID');
      expect(chainFetch).not.toHaveBeenCalled();
    },
  );

  test.each(BAD_WALLET_ANSWERS.filter(({ code }) => code === 'SIGNATURE_INVALID'))(
    'and a wallet with a key does not, on a chain that is asked: $name',
    async ({ answer, code }) => {
      const sign = async (message: string) =>
        (await answer({ message, wallet: ANN, stranger: BEN })).signature;
      expect(await outcomeOf(ANN.address, sign)).toBe(code);
    },
  );

  test('while its chain fails, which the log says without the URL', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const { address, sign } = await createSafe({ owners: [ANN], isDeployed: true });
    const rpcUrls = new Map([[CHAIN, `${inject('upstreamUrl')}/secret-key`]]);
    expect(await outcomeOf(address, (message) => sign(message, ANN), { rpcUrls })).toBe('SIGNATURE_INVALID');
    const lines = warn.mock.calls.map(([line]) => JSON.parse(String(line)));
    warn.mockRestore();
    expect(lines).toEqual([
      { level: 'warn', event: 'wallets.chain_failed', chainId: CHAIN, reason: 'HTTP 404' },
    ]);
  });
});
