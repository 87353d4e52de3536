/** Answers to a challenge that must not sign in, each with its rejection: one thing in each differs from a good one. */
import { type Hex, keccak256, toBytes } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { createSiweMessage, parseSiweMessage } from 'viem/siwe';
import { serializeErc6492Signature } from 'viem/utils';

/** A challenge of the wallet, at `https://app.example`, chain 1, with `Sign in to COM2000.`, and who may sign it. */
export interface OpenChallenge {
  message: string;
  wallet: PrivateKeyAccount;
  stranger: PrivateKeyAccount;
}

type Answer = (challenge: OpenChallenge) => Promise<{ message: string; signature: string }>;

/** The wallet signs another message than the one that was issued. */
const changed =
  (change: (message: string, challenge: OpenChallenge) => string): Answer =>
  async (challenge) => {
    const message = change(challenge.message, challenge);
    if (message === challenge.message) throw new Error('the message was not changed');
    return { message, signature: await challenge.wallet.signMessage({ message }) };
  };

const replaced = (pattern: RegExp, text: string) => changed((message) => message.replace(pattern, text));

/** The issued message has another signature than the wallet's. */
const signed =
  (sign: (challenge: OpenChallenge) => string | Promise<string>): Answer =>
  async (challenge) => ({ message: challenge.message, signature: await sign(challenge) });

/** The wallet's signature, changed. */
const forged = (change: (signature: Hex) => string) =>
  signed(async ({ message, wallet }) => change(await wallet.signMessage({ message })));

/** The order of secp256k1. */
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
const ZERO = '0'.repeat(64);

const withR = (r: string) => forged((signature) => `0x${r}${signature.slice(66)}`);
const withS = (s: string) => forged((signature) => `${signature.slice(0, 66)}${s}${signature.slice(130)}`);

const MESSAGES: Record<string, Answer> = {
  'another domain': replaced(/^app\.example/, 'evil.example'),
  'the domain in upper case': replaced(/^app/, 'APP'),
  'a scheme before the domain': replaced(/^/, 'https://'),
  'another URI': replaced(/URI: .*/, 'URI: https://evil.example'),
  'a path behind the URI': replaced(/URI: .*/, '$&/login'),
  'another chain': replaced(/Chain ID: 1/, 'Chain ID: 10'),
  'the chain with a zero before it': replaced(/Chain ID: 1/, 'Chain ID: 01'),
  'the address in lower case': changed((message, { wallet: { address } }) =>
    message.replace(address, address.toLowerCase()),
  ),
  'a broken checksum': changed((message, { wallet: { address } }) =>
    message.replace(address, `0x${address.slice(2).toUpperCase()}`),
  ),
  'another nonce': replaced(/Nonce: .{8}/, 'Nonce: 00000000'),
  'another version': replaced(/Version: 1/, 'Version: 2'),
  'another statement': replaced(/Sign in to/, 'Give all to'),
  'no statement': replaced(/Sign in to COM2000\.\n\n/, ''),
  'the statement of a link': replaced(/Sign in to COM2000\./, 'Link this wallet to your COM2000 account.'),
  resources: replaced(/$/, '\nResources:\n- https://app.example/terms'),
  'an extra line': replaced(/$/, '\nRequest ID: 1'),
  'an extra line among the others': replaced(/\nNonce/, '\nRole: admin\nNonce'),
  'a line break behind it': replaced(/$/, '\n'),
  'a space behind it': replaced(/$/, ' '),
  'a line break before it': replaced(/^/, '\n'),
  'line breaks of two characters': replaced(/\n/g, '\r\n'),
  'a second block': changed((message) => `${message}\n\n${message}`),
  'two lines changed about': replaced(/(Version: 1)\n(Chain ID: 1)/, '$2\n$1'),
  'a time before which it is not valid': replaced(/$/, '\nNot Before: 2099-01-01T00:00:00.000Z'),
  'a later expiry': replaced(/Expiration Time: \d+/, 'Expiration Time: 2099'),
  'no expiry': replaced(/\nExpiration Time: .*/, ''),
  'an earlier time of issue': replaced(/Issued At: \d+/, 'Issued At: 2020'),
  'times without milliseconds': replaced(/\.000Z/g, 'Z'),
  'an invisible character': replaced(/Sign/, 'Sign\u200b'),
  'half a surrogate pair': replaced(/Sign/, 'Sign\ud800'),
  'no text': changed(() => ''),
  '90,000 spaces behind it': changed((message) => message + ' '.repeat(90_000)),
  'a message of the same form that nobody issued': changed((message) => {
    const { address, chainId, domain, uri } = parseSiweMessage(message);
    if (!address || !chainId || !domain || !uri) throw new Error('the issued message has no fields');
    return createSiweMessage({ address, chainId, domain, uri, version: '1', nonce: 'a'.repeat(32) });
  }),
};

const OTHER_WALLETS: Record<string, Answer> = {
  'another address, with its signature': async ({ message, wallet, stranger }) => {
    const theirs = message.replace(wallet.address, stranger.address);
    return { message: theirs, signature: await stranger.signMessage({ message: theirs }) };
  },
};

const SIGNATURES: Record<string, Answer> = {
  'no text': signed(() => ''),
  'no byte': signed(() => '0x'),
  '1 byte': signed(() => '0x01'),
  '64 bytes': forged((signature) => signature.slice(0, -2)),
  '66 bytes': forged((signature) => `${signature}00`),
  '10,000 bytes': signed(() => `0x${'ab'.repeat(10_000)}`),
  '40,000 bytes': signed(() => `0x${'ab'.repeat(40_000)}`),
  'half a byte too much': forged((signature) => `${signature}0`),
  'no 0x': forged((signature) => signature.slice(2)),
  'a line break': forged((signature) => `${signature}\n`),
  'other characters': signed(() => `0x${'zz'.repeat(65)}`),
  'only zeros': signed(() => `0x${'00'.repeat(65)}`),
  'only ones': signed(() => `0x${'ff'.repeat(65)}`),
  'r of zero': withR(ZERO),
  's of zero': withS(ZERO),
  'r beyond the order': withR(ORDER),
  's beyond the order': withS(ORDER),
  'a v that does not exist': forged((signature) => `${signature.slice(0, -2)}63`),
  'the other v': forged((signature) => signature.slice(0, -2) + (signature.endsWith('1b') ? '1c' : '1b')),
  'another wallet': signed(({ message, stranger }) => stranger.signMessage({ message })),
  'the signature of another message': signed(({ wallet }) => wallet.signMessage({ message: 'Hello' })),
  'a signature without the prefix of messages': signed(({ message, wallet }) =>
    wallet.sign({ hash: keccak256(toBytes(message)) }),
  ),
  'a signature of typed data': signed(({ message, wallet }) =>
    wallet.signTypedData({
      types: { Message: [{ name: 'text', type: 'string' }] },
      primaryType: 'Message',
      message: { text: message },
    }),
  ),
  'the deployment of a contract wallet': forged((signature) =>
    serializeErc6492Signature({ address: `0x${'11'.repeat(20)}`, data: '0xdeadbeef', signature }),
  ),
};

export interface BadWalletAnswer {
  name: string;
  code: 'CHALLENGE_INVALID' | 'SIGNATURE_INVALID';
  answer: Answer;
}

const rows = (what: string, code: BadWalletAnswer['code'], answers: Record<string, Answer>) =>
  Object.entries(answers).map(
    ([name, answer]): BadWalletAnswer => ({ name: `${what}: ${name}`, code, answer }),
  );

export const BAD_WALLET_ANSWERS: readonly BadWalletAnswer[] = [
  ...rows('message', 'CHALLENGE_INVALID', MESSAGES),
  ...rows('message', 'CHALLENGE_INVALID', OTHER_WALLETS),
  ...rows('signature', 'SIGNATURE_INVALID', SIGNATURES),
];
