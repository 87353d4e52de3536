import { REAUTHENTICATION_SECONDS } from '../../config.ts';
import { linkWallet, openWithWallet, userOfWallet } from '../../storage/d1/users.ts';
import { isRejection, type RejectionModel, rejection } from '../rejection.ts';
import { sessionEnded } from '../viewers.ts';
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
  const { db, challenges, randomId, handOver } = action.sources;
  const { viewer, limits, nowSeconds, requestId, client } = action.request;
  const viewerId = viewer?.id ?? null;
  await limits.take('connect', { userId: viewerId });
  if (viewer !== null && nowSeconds - viewer.signedInAt > REAUTHENTICATION_SECONDS)
    return rejection('REAUTHENTICATION_REQUIRED', 'Sign in again before you link a wallet.');
  const wallet = await challenges.redeem({ ...signed, userId: viewerId });
  if (isRejection(wallet)) return wallet;
  const owner = await userOfWallet(db, wallet);
  if (owner !== null) return signInOwner(action, owner.id);
  const userId = viewerId ?? `usr_${randomId()}`;
  const isNew =
    viewer === null
      ? await openWithWallet(db, { id: userId, displayName: null, nowSeconds }, wallet)
      : await linkWallet(db, userId, wallet, nowSeconds, viewer.sessionId);
  if (isNew) {
    await handOver(userId, { requestId, traceparent: client.traceparent });
    return signInAs(action, userId);
  }
  // Another request was quicker: the wallet has an owner now, or the session has ended.
  const quicker = await userOfWallet(db, wallet);
  if (quicker !== null) return signInOwner(action, quicker.id);
  if (viewer !== null && !(await hasSession(action, viewer))) throw sessionEnded();
  // On another chain the wallet's contract may be somebody else's.
  return walletTaken();
}

async function hasSession<User extends ActingViewer>(
  { sources: { sessions } }: Action<User>,
  { id, sessionId }: User,
): Promise<boolean> {
  return (await sessions.ofUser(id)).some((session) => session.id === sessionId);
}

async function signInOwner<User extends ActingViewer>(
  action: Action<User>,
  ownerId: string,
): Promise<SignedInModel<User> | RejectionModel> {
  const { viewer } = action.request;
  if (viewer !== null && viewer.id !== ownerId) return walletTaken();
  await action.sources.refreshRights(ownerId);
  return signInAs(action, ownerId);
}

async function signInAs<User extends ActingViewer>(
  action: Action<User>,
  userId: string,
): Promise<SignedInModel<User>> {
  const { viewer } = action.request;
  const proof = viewer === null ? {} : { sessionId: viewer.sessionId };
  const signedIn = await signIn(action, userId, { proof });
  if (signedIn === null) throw sessionEnded();
  return signedIn;
}

const walletTaken = () => rejection('WALLET_TAKEN', 'Another account has this wallet.', ['input', 'message']);
