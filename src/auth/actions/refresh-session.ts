import { isRejection, type RejectionModel } from '../rejection.ts';
import type { ActingViewer, Action } from './action.ts';
import { type SignedInModel, signedIn } from './sign-in.ts';

export async function refreshSession<User extends ActingViewer>(
  action: Action<User>,
  refreshToken: string,
): Promise<SignedInModel<User> | RejectionModel> {
  await action.request.limits.take('refresh', {});
  const tokens = await action.sources.sessions.refresh(refreshToken);
  return isRejection(tokens) ? tokens : signedIn(action, tokens);
}
