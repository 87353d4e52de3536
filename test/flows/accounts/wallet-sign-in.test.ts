/** Wallets sign in over HTTP: real wallet libraries sign what the gateway issued, and everything else is refused. */
import { Wallet } from 'ethers';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { parseSiweMessage } from 'viem/siwe';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  RATE_LIMIT_WINDOW_SECONDS,
  REAUTHENTICATION_SECONDS,
  WALLET_CHALLENGE_SECONDS,
} from '../../../src/config.ts';
import { type AuthAnswer, ask, askForTokens, register } from '../../support/accounts.ts';
import { BAD_WALLET_ANSWERS } from '../../support/bad-wallet-answers.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';
import {
  type ChainId,
  type CreateSafe,
  chainUrl,
  putContract,
  startSafe,
  TAKES_ALL,
} from '../../support/safe-wallet.ts';

const APP = 'https://app.example';
const [CHAIN, OTHER_CHAIN] = [31_337, 31_338] as const satisfies ChainId[];

let gateway: TestGateway;
let createSafe: CreateSafe;
beforeAll(async () => {
  createSafe = await startSafe(CHAIN);
  gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }), {
    CORS_ORIGINS: APP,
    SIWE_ORIGIN: 'https://com2000.example',
    RPC_URLS: JSON.stringify({ [CHAIN]: chainUrl(CHAIN), [OTHER_CHAIN]: chainUrl(OTHER_CHAIN) }),
  });
});

/** Each test has the limits of another minute. */
beforeEach(() => gateway.advance(RATE_LIMIT_WINDOW_SECONDS));

interface Sender {
  accessToken?: string | undefined;
  origin?: string | null;
}

const optionsOf = ({ accessToken, origin = APP }: Sender = {}) => ({
  accessToken,
  headers: origin === null ? {} : { Origin: origin },
});

const askForMessage = (input: { address: string; chainId?: number }, sender?: Sender) =>
  ask<{ createWalletChallenge: { message: string; expiresAt: string } }>(
    gateway,
    'CreateWalletChallenge',
    { input },
    optionsOf(sender),
  );

async function messageFor(input: { address: string; chainId?: number }, sender?: Sender): Promise<string> {
  const { data, errors } = await askForMessage(input, sender);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data.createWalletChallenge.message;
}

type WalletAnswer = AuthAnswer & { viewer: { walletAddresses: string[] } };

const connect = async (signed: { message: string; signature: string }, sender?: Sender) =>
  (await askForTokens(gateway, 'ConnectWallet', { input: signed }, optionsOf(sender))) as WalletAnswer;

async function signIn(wallet: PrivateKeyAccount, sender?: Sender) {
  const message = await messageFor({ address: wallet.address }, sender);
  return connect({ message, signature: await wallet.signMessage({ message }) }, sender);
}

const newWallet = () => privateKeyToAccount(generatePrivateKey());

describe('a wallet', () => {
  test('opens an account, and signs in to it from then on', async () => {
    const wallet = newWallet();
    const opened = await signIn(wallet);
    expect(opened.viewer).toMatchObject({ email: null, walletAddresses: [wallet.address], kycLevel: 0 });
    const { accessToken } = opened;
    const { data } = await ask<{ viewer: object }>(gateway, 'Viewer', {}, { accessToken });
    expect(data.viewer).toMatchObject({ walletAddresses: [wallet.address] });
    expect((await signIn(wallet)).viewer.id).toBe(opened.viewer.id);
  });

  test('of another library does too', async () => {
    const key = generatePrivateKey();
    const wallet = new Wallet(key);
    const message = await messageFor({ address: wallet.address.toLowerCase() });
    const opened = await connect({ message, signature: await wallet.signMessage(message) });
    expect(opened.viewer.walletAddresses).toEqual([wallet.address]);
    expect((await signIn(privateKeyToAccount(key))).viewer.id).toBe(opened.viewer.id);
  });

  test('signs a message once', async () => {
    const wallet = newWallet();
    const message = await messageFor({ address: wallet.address });
    const signed = { message, signature: await wallet.signMessage({ message }) };
    const answers = await Promise.all([connect(signed), connect(signed), connect(signed)]);
    expect(answers.map(({ code }) => code).sort()).toEqual([
      'CHALLENGE_INVALID',
      'CHALLENGE_INVALID',
      undefined,
    ]);
    expect(await connect(signed)).toMatchObject({ code: 'CHALLENGE_INVALID', field: ['input', 'message'] });
  });

  test('is linked to the account of who is signed in, and signs in to it', async () => {
    const ann = await register(gateway, 'wallet-ann@example.com');
    const wallet = newWallet();
    const linked = await signIn(wallet, ann);
    expect(linked.viewer).toMatchObject({ id: ann.viewer.id, walletAddresses: [wallet.address] });
    expect((await signIn(wallet)).viewer.id).toBe(ann.viewer.id);
  });

  test('belongs to one account', async () => {
    const wallet = newWallet();
    const { viewer } = await signIn(wallet);
    const ben = await register(gateway, 'wallet-ben@example.com');
    expect(await signIn(wallet, ben)).toMatchObject({ code: 'WALLET_TAKEN', field: ['input', 'message'] });
    expect((await signIn(wallet)).viewer.id).toBe(viewer.id);
  });

  test.each([
    [APP, 'app.example', APP],
    [null, 'com2000.example', 'https://com2000.example'],
  ])('from Origin %s signs for %s', async (origin, domain, uri) => {
    const message = await messageFor({ address: newWallet().address, chainId: 10 }, { origin });
    expect(parseSiweMessage(message)).toMatchObject({ domain, uri, chainId: 10 });
  });

  test.each([
    ['a foreign origin', 'FORBIDDEN', 403, {}, 'https://evil.example'],
    ['an opaque origin', 'FORBIDDEN', 403, {}, 'null'],
    ['no address', 'BAD_USER_INPUT', 400, { address: 'vitalik.eth' }, APP],
    [
      'a broken checksum',
      'BAD_USER_INPUT',
      400,
      { address: '0xD8dA6BF26964aF9D7eEd9e03E53415D37aA96045' },
      APP,
    ],
    ['chain 0', 'BAD_USER_INPUT', 400, { chainId: 0 }, APP],
    ['a negative chain', 'BAD_USER_INPUT', 400, { chainId: -1 }, APP],
  ])('gets no message for %s: %s', async (_, code, status, input, origin) => {
    const answer = await askForMessage({ address: newWallet().address, ...input }, { origin });
    expect([answer.status, answer.errors?.[0]?.extensions.code]).toEqual([status, code]);
  });
});

describe('a wallet does not sign in', () => {
  test.each(BAD_WALLET_ANSWERS)('by $name', async ({ answer, code }) => {
    const [wallet, stranger] = [newWallet(), newWallet()];
    const message = await messageFor({ address: wallet.address, chainId: 1 });
    const rejected = await connect(await answer({ message, wallet, stranger }));
    const field = code === 'CHALLENGE_INVALID' ? 'message' : 'signature';
    expect(rejected).toEqual({ code, message: expect.any(String), field: ['input', field] });
    // The challenge stays open for its own wallet.
    const signed = await connect({ message, signature: await wallet.signMessage({ message }) });
    expect(signed.viewer.walletAddresses).toEqual([wallet.address]);
  });

  test("by another viewer's message", async () => {
    const [ann, ben] = [
      await register(gateway, 'nonce-ann@example.com'),
      await register(gateway, 'nonce-ben@example.com'),
    ];
    const wallet = newWallet();
    const [hers, ofNobody] = [
      await messageFor({ address: wallet.address }, ann),
      await messageFor({ address: wallet.address }),
    ];
    for (const [message, sender] of [
      [hers, ben],
      [hers, {}],
      [ofNobody, ann],
    ] as const) {
      const signature = await wallet.signMessage({ message });
      expect(await connect({ message, signature }, sender)).toMatchObject({ code: 'CHALLENGE_INVALID' });
    }
    const signed = await connect(
      { message: hers, signature: await wallet.signMessage({ message: hers }) },
      ann,
    );
    expect(signed.viewer.id).toBe(ann.viewer.id);
  });

  test('by a message that has expired', async () => {
    const wallet = newWallet();
    const message = await messageFor({ address: wallet.address });
    const signature = await wallet.signMessage({ message });
    await gateway.advance(WALLET_CHALLENGE_SECONDS);
    expect(await connect({ message, signature })).toMatchObject({ code: 'CHALLENGE_INVALID' });
  });

  test('to be linked long after its user has signed in', async () => {
    const ann = await register(gateway, 'late-ann@example.com');
    await gateway.advance(REAUTHENTICATION_SECONDS + 1);
    expect(await signIn(newWallet(), ann)).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
  });
});

describe('a contract wallet', () => {
  test.each([true, false])('signs in by its owner, deployed or not: %s', async (isDeployed) => {
    const owner = newWallet();
    const { address, sign } = await createSafe({ owners: [owner], isDeployed });
    const connected = async () => {
      const message = await messageFor({ address, chainId: CHAIN });
      return connect({ message, signature: await sign(message, owner) });
    };
    const { viewer } = await connected();
    expect(viewer.walletAddresses).toEqual([address]);
    expect((await connected()).viewer.id).toBe(viewer.id);
  });

  test('of another chain does not sign in to its account, nor one whose chain has no URL', async () => {
    const owner = newWallet();
    const { address, sign } = await createSafe({ owners: [owner], isDeployed: true });
    const connected = async (chainId: number) => {
      const message = await messageFor({ address, chainId });
      return connect({ message, signature: await sign(message, owner) });
    };
    await putContract(OTHER_CHAIN, address, TAKES_ALL);
    expect((await connected(CHAIN)).viewer.walletAddresses).toEqual([address]);
    expect(await connected(OTHER_CHAIN)).toMatchObject({ code: 'WALLET_TAKEN' });
    expect(await connected(1)).toMatchObject({ code: 'SIGNATURE_INVALID' });
  });
});
