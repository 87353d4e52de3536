import * as z from 'zod';
import { seconds, string } from './fields.ts';
import { user } from './user.ts';

export const signedIn = z
  .strictObject({
    accessToken: string('AuthPayload.accessToken'),
    accessTokenExpiresAt: seconds('AuthPayload.accessTokenExpiresAt'),
    refreshToken: z.string().describe('For `POST /api/auth/refresh`. It works once.'),
    deviceToken: string('AuthPayload.deviceToken'),
    user,
  })
  .meta({ id: 'SignedIn' });
export type SignedIn = z.infer<typeof signedIn>;

export const walletChallenge = z
  .strictObject({
    message: string('WalletChallenge.message'),
    expiresAt: seconds('WalletChallenge.expiresAt'),
  })
  .meta({ id: 'WalletChallenge' });
export type WalletChallenge = z.infer<typeof walletChallenge>;

export const ANSWERS = {
  RestRegister: { 200: signedIn },
  RestLogIn: { 200: signedIn },
  RestWalletChallenge: { 200: walletChallenge },
  RestWalletConnect: { 200: signedIn },
  RestRefresh: { 200: signedIn },
  RestLogOut: { 204: null },
};
