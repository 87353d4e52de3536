import type { ActingViewer, Action, ActionRequest, ActionSources } from './action.ts';
import { changePassword, type PasswordChange } from './change-password.ts';
import { connectWallet, createWalletChallenge } from './connect-wallet.ts';
import { endSession, logOut } from './end-sessions.ts';
import { type Credentials, logIn } from './log-in.ts';
import { refreshSession } from './refresh-session.ts';
import { type Registration, register } from './register.ts';
import { type ProfileChanges, updateProfile } from './update-profile.ts';

/** The actions on accounts, for one request. The schema asks for the viewer's rights before it calls one. */
export function createAccountActions<User extends ActingViewer>(
  sources: ActionSources<User>,
  request: ActionRequest<User>,
) {
  const action: Action<User> = { sources, request };
  return {
    register: (input: Registration) => register(action, input),
    logIn: (input: Credentials) => logIn(action, input),
    createWalletChallenge: (wallet: { address: string; chainId: number }) =>
      createWalletChallenge(action, wallet),
    connectWallet: (signed: { message: string; signature: string }) => connectWallet(action, signed),
    refreshSession: (refreshToken: string) => refreshSession(action, refreshToken),
    changePassword: (input: PasswordChange) => changePassword(action, input),
    logOut: (everywhere: boolean) => logOut(action, everywhere),
    endSession: (sessionId: string) => endSession(action, sessionId),
    updateProfile: (input: ProfileChanges) => updateProfile(action, input),
  };
}
