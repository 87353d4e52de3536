import { REAUTHENTICATION_SECONDS } from '../../config.ts';
import { linkWallet, openWithWallet, userOfWallet } from '../../storage/d1/users.ts';
import { isRejection, type RejectionModel, rejection } from '../rejection.ts';
import type { IssuedChallenge } from '../wallet-challenges.ts';
import type { ActingViewer, Action } from './action.ts';
import { type SignedInModel, signIn } from './sign-in.ts';

/** @throws GraphQLError BAD_USER_INPUT for a bad address or chain, FORBIDDEN for a foreign origin */
export async function createWalletChallenge<User extends ActingViewer>(
  { sources: { challenges }, request: { viewer, client, limits } }: Action<User>,
  wallet: { address: string; chainId: number },
): Promise<IssuedChallenge> {
  const userId = viewer?.id ?? null;
  await limits.take('challenge', { userId });
  return challenges.issue({ ...wallet, userId, origin: client.origin });
}

/** Signs in with a wallet, opens an account with it, or links it to the viewer's account. */
export async function connectWallet<User extends ActingViewer>(
  action: Action<User>,
  signed: { message: string; signature: string },
): Promise<SignedInModel<User> | RejectionModel> {
  const { db, challenges, randomId, handOver, refreshRights } = action.sources;
  const { viewer, limits, nowSeconds, requestId, client } = action.request;
  const viewerId = viewer?.id ?? null;
  await limits.take('connect', { userId: viewerId });
  if (viewer !== null && nowSeconds - viewer.signedInAt > REAUTHENTICATION_SECONDS)
    return rejection('REAUTHENTICATION_REQUIRED', 'Sign in again before you link a wallet.');
  const wallet = await challenges.redeem({ ...signed, userId: viewerId });
  if (isRejection(wallet)) return wallet;
  const owner = await userOfWallet(db, wallet);
  if (owner !== null && viewerId !== null && owner.id !== viewerId) return walletTaken();
  if (owner !== null) {
    await refreshRights(owner.id);
    return signIn(action, owner.id, null);
  }
  const userId = viewerId ?? `usr_${randomId()}`;
  const isNew =
    viewerId === null
      ? await openWithWallet(db, { id: userId, displayName: null, nowSeconds }, wallet)
      : await linkWallet(db, userId, wallet, nowSeconds);
  // Another request was quicker: the wallet has an owner now.
  if (!isNew) return walletTaken();
  await handOver(userId, { requestId, traceparent: client.traceparent });
  return signIn(action, userId, null);
}

const walletTaken = () => rejection('WALLET_TAKEN', 'Another account has this wallet.', ['input', 'message']);
