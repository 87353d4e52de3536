/**
 * Sign-In with Ethereum (EIP-4361), for messages that this gateway issued.
 *
 * The hash of a message is stored with the address, chain and user that it is for. A message is redeemed by these very
 * bytes alone, so it needs no parser, and no line of it can be changed, added or left out. It works once, for ten
 * minutes, and only for the user who asked for it. A bad signature does not consume it.
 */
import { GraphQLError } from 'graphql';
import { WALLET_CHALLENGE_SECONDS, WALLET_MESSAGE_MAX_CHARACTERS } from '../config.ts';
import { isSiweOrigin } from '../settings/wallet-settings.ts';
import type { SignedWallet } from '../storage/d1/users.ts';
import {
  consumeWalletChallenge,
  storeWalletChallenge,
  walletChallengeByHash,
} from '../storage/d1/wallet-challenges.ts';
import { sha256Hex } from '../storage/sha256-hex.ts';
import { type RejectionModel, rejection } from './rejection.ts';
import type { SignerOf } from './wallet-signatures.ts';

export interface WalletChallengesOptions {
  db: D1Database;
  /** The origin that the messages of apps name: apps send no `Origin`. */
  siweOrigin: string;
  /** The origins whose pages may ask for a message; it names the page's own. */
  corsOrigins: readonly string[];
  signerOf: SignerOf;
  nowSeconds: () => number;
  randomBytes: (length: number) => Uint8Array;
}

export interface ChallengeRequest {
  address: string;
  chainId: number;
  /** The signed-in user; null if nobody is signed in. */
  userId: string | null;
  /** The request's `Origin` header. */
  origin: string | null;
}

export interface IssuedChallenge {
  message: string;
  /** In Unix seconds. */
  expiresAt: number;
}

export interface SignedChallenge {
  message: string;
  signature: string;
  /** The signed-in user; null if nobody is signed in. */
  userId: string | null;
}

export interface RedeemedWallet extends SignedWallet {
  chainId: number;
}

export interface WalletChallenges {
  /** @throws GraphQLError BAD_USER_INPUT for a bad address or chain, FORBIDDEN for a foreign origin */
  issue(request: ChallengeRequest): Promise<IssuedChallenge>;
  /** The wallet that signed; or CHALLENGE_INVALID or SIGNATURE_INVALID. */
  redeem(signed: SignedChallenge): Promise<RedeemedWallet | RejectionModel>;
}

const NONCE_BYTES = 16;
const STATEMENT_SIGNED_OUT = 'Sign in to COM2000.';
const STATEMENT_SIGNED_IN = 'Link this wallet to your COM2000 account.';
/** Nobody has its key, and a failed recovery in a contract gives it. */
const ZERO_ADDRESS = /^0x0{40}$/;

export function createWalletChallenges(options: WalletChallengesOptions): WalletChallenges {
  const { db, siweOrigin, corsOrigins, signerOf, nowSeconds, randomBytes } = options;

  async function issue({ address, chainId, userId, origin }: ChallengeRequest): Promise<IssuedChallenge> {
    if (origin !== null && !(corsOrigins.includes(origin) && isSiweOrigin(origin))) {
      throw new GraphQLError('This origin may not sign wallets in.', { extensions: { code: 'FORBIDDEN' } });
    }
    if (!Number.isSafeInteger(chainId) || chainId < 1)
      throw badInput('chainId', 'must be a chain id of EIP-155');
    const { getAddress, createSiweMessage, isAddress } = await import('./ethereum.ts');
    if (!isAddress(address) || ZERO_ADDRESS.test(address))
      throw badInput(
        'address',
        'must be an address of Ethereum, in lower case or with the checksum of EIP-55',
      );
    const wallet = getAddress(address);
    const uri = origin ?? siweOrigin;
    const issuedAt = nowSeconds();
    const expiresAt = issuedAt + WALLET_CHALLENGE_SECONDS;
    const message = createSiweMessage({
      domain: new URL(uri).host,
      address: wallet,
      statement: userId === null ? STATEMENT_SIGNED_OUT : STATEMENT_SIGNED_IN,
      uri,
      version: '1',
      chainId,
      nonce: Buffer.from(randomBytes(NONCE_BYTES)).toString('hex'),
      issuedAt: new Date(issuedAt * 1000),
      expirationTime: new Date(expiresAt * 1000),
    });
    await storeWalletChallenge(db, {
      message_hash: await sha256Hex(message),
      address: wallet,
      chain_id: chainId,
      user_id: userId,
      expires_at: expiresAt,
    });
    return { message, expiresAt };
  }

  async function redeem({
    message,
    signature,
    userId,
  }: SignedChallenge): Promise<RedeemedWallet | RejectionModel> {
    // No issued message is longer; a longer one is not worth its hash.
    if (message.length > WALLET_MESSAGE_MAX_CHARACTERS) return challengeInvalid();
    const hash = await sha256Hex(message);
    const challenge = await walletChallengeByHash(db, hash, nowSeconds());
    if (challenge === null || challenge.user_id !== userId) return challengeInvalid();
    const { address, chain_id: chainId } = challenge;
    const signer = await signerOf({ address, chainId, message, signature });
    if (signer === null) {
      return rejection('SIGNATURE_INVALID', 'The signature is not that of this wallet for this message.', [
        'input',
        'signature',
      ]);
    }
    if (!(await consumeWalletChallenge(db, hash, nowSeconds()))) return challengeInvalid();
    return { address, chainId, contractChainId: signer === 'contract' ? chainId : null };
  }

  return { issue, redeem };
}

const badInput = (field: string, problem: string) =>
  new GraphQLError(`${field} ${problem}.`, {
    extensions: { code: 'BAD_USER_INPUT', argumentPath: ['input', field] },
  });

const challengeInvalid = () =>
  rejection(
    'CHALLENGE_INVALID',
    'The message is not an open challenge of this caller: it was not issued so, was used, or has expired.',
    ['input', 'message'],
  );
