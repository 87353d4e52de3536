import type { SignInProof } from '../../storage/d1/user-sessions.ts';
import type { SessionTokens } from '../sessions.ts';
import type { ActingViewer, Action } from './action.ts';

/** A session that has begun or continues. Times are in Unix seconds. */
export interface SignedInModel<User> {
  accessToken: string;
  accessTokenExpiresAt: number;
  refreshToken: string;
  deviceToken: string;
  viewer: User;
}

/**
 * Opens a session for a user who has proved who they are. It takes the place of the session that they asked with.
 *
 * @param options.device the nonce of a device that is known here
 * @returns null if the proof does not hold any more
 */
export async function signIn<User extends ActingViewer>(
  action: Action<User>,
  userId: string,
  { proof, device = null }: { proof: SignInProof; device?: string | null },
): Promise<SignedInModel<User> | null> {
  const { sessions, deviceTokens } = action.sources;
  const { ipAddress, userAgent } = action.request.client;
  const known = device ?? deviceTokens.newDevice();
  const tokens = await sessions.openBy(proof, userId, { ipAddress, userAgent, device: known });
  if (tokens === null) return null;
  const { viewer } = action.request;
  if (viewer?.id === userId) await sessions.end(userId, viewer.sessionId);
  return signedIn(action, tokens);
}

export async function signedIn<User extends ActingViewer>(
  { sources, request }: Action<User>,
  { userId, accessToken, accessTokenExpiresAt, refreshToken, device }: SessionTokens,
): Promise<SignedInModel<User>> {
  const viewer = await sources.viewerOf(`Bearer ${accessToken}`);
  if (viewer === null) throw new Error('a session that has just begun has no viewer');
  request.proved(userId);
  const deviceToken = sources.deviceTokens.mint(viewer.email ?? userId, device);
  return { accessToken, accessTokenExpiresAt, refreshToken, deviceToken, viewer };
}
