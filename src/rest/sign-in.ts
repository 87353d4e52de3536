/** Signing in and out by `/api`. */
import * as z from 'zod';
import type {
  RestLogInMutation,
  RestLogInMutationVariables,
  RestLogOutMutation,
  RestLogOutMutationVariables,
  RestRefreshMutation,
  RestRefreshMutationVariables,
  RestRegisterMutation,
  RestRegisterMutationVariables,
  RestSignedInFragment,
  RestWalletChallengeMutation,
  RestWalletChallengeMutationVariables,
  RestWalletConnectMutation,
  RestWalletConnectMutationVariables,
} from '../../operations/generated/graphql.ts';
import type { SignedIn, WalletChallenge } from './answers/sign-in.ts';
import { endpoint, Reply } from './endpoint.ts';
import { type RestRefusal, rejected } from './rest-refusal.ts';
import { secondsOf } from './time.ts';
import { userAnswer } from './user-answer.ts';

/** One form serves both: registering has no use for a device token, nor a login for a name. */
const credentials = () =>
  z.strictObject({
    email: z.string().describe('The e-mail address.'),
    password: z.string().meta({ format: 'password', description: '15 to 128 characters, any of them.' }),
    displayName: z.string().nullish().describe('The name that others see. A login does not look at it.'),
    deviceToken: z
      .string()
      .nullish()
      .describe(
        "The token of an earlier sign-in on this device: its guesses are counted apart from strangers'. Registering does not look at it.",
      ),
  });

export const register = endpoint<RestRegisterMutation, RestRegisterMutationVariables, SignedIn>()({
  method: 'POST',
  path: '/api/auth/register',
  operation: 'RestRegister',
  summary: 'Opens an account with an e-mail address and a password, and signs in.',
  parameters: () => ({ body: credentials() }),
  variables: ({ body: { email, password, displayName } }) => ({ input: { email, password, displayName } }),
  answer: ({ register: result }) => signInAnswer(result),
});

export const logIn = endpoint<RestLogInMutation, RestLogInMutationVariables, SignedIn>()({
  method: 'POST',
  path: '/api/auth/login',
  operation: 'RestLogIn',
  summary: 'Signs in with an e-mail address and a password.',
  parameters: () => ({ body: credentials() }),
  variables: ({ body: { email, password, deviceToken } }) => ({ input: { email, password, deviceToken } }),
  answer: ({ login }) => signInAnswer(login),
});

const CHAIN_ID_ERROR = 'must be a chain id of EIP-155';

export const createWalletChallenge = endpoint<
  RestWalletChallengeMutation,
  RestWalletChallengeMutationVariables,
  WalletChallenge
>()({
  method: 'POST',
  path: '/api/auth/wallet-challenge',
  operation: 'RestWalletChallenge',
  summary: 'The EIP-4361 message that the wallet must sign. Valid once, for ten minutes.',
  parameters: () => ({
    body: z.strictObject({
      address: z.string().describe('The address of the wallet: 0x and 40 hexadecimal digits.'),
      chainId: z
        .int32({ error: CHAIN_ID_ERROR })
        .min(1, { error: CHAIN_ID_ERROR })
        .default(1)
        .describe('The chain by EIP-155; 1 is Ethereum.'),
    }),
  }),
  variables: ({ body }) => ({ input: body }),
  answer: ({ createWalletChallenge: { message, expiresAt } }) => ({
    message,
    expiresAt: secondsOf(expiresAt),
  }),
});

export const connectWallet = endpoint<
  RestWalletConnectMutation,
  RestWalletConnectMutationVariables,
  SignedIn
>()({
  method: 'POST',
  path: '/api/auth/wallet-connect',
  operation: 'RestWalletConnect',
  summary:
    "Signs in with a signed challenge; the first time, opens an account, or links the wallet to the viewer's where they " +
    'signed in within the last 10 minutes.',
  parameters: () => ({
    body: z.strictObject({
      message: z.string().describe('The message of the challenge, unchanged.'),
      signature: z.string().describe('The signature: 0x and hexadecimal digits.'),
    }),
  }),
  variables: ({ body }) => ({ input: body }),
  answer: ({ connectWallet: result }) => signInAnswer(result),
});

export const refresh = endpoint<RestRefreshMutation, RestRefreshMutationVariables, SignedIn>()({
  method: 'POST',
  path: '/api/auth/refresh',
  operation: 'RestRefresh',
  summary:
    'Exchanges a refresh token for a new pair. Until its successor has been used, the same token gets the same refresh ' +
    'token again. Any older token ends the session.',
  parameters: () => ({ body: z.strictObject({ refreshToken: z.string().describe('The refresh token.') }) }),
  variables: ({ body }) => body,
  answer: ({ refreshSession }) => signInAnswer(refreshSession),
});

export const logOut = endpoint<RestLogOutMutation, RestLogOutMutationVariables, never>()({
  method: 'POST',
  path: '/api/protected/auth/logout',
  operation: 'RestLogOut',
  summary: 'Ends this session, or every session of the user.',
  parameters: () => ({
    body: z
      .strictObject({
        everywhere: z.boolean().default(false).describe('True for every session of the user.'),
      })
      .default({ everywhere: false }),
  }),
  variables: ({ body }) => body,
  answer: () => Reply.NO_CONTENT,
});

type SignInResult = RestLogInMutation['login'];

function signInAnswer(result: SignInResult): SignedIn | RestRefusal {
  if ('code' in result) return rejected(result);
  const { accessToken, accessTokenExpiresAt, refreshToken, deviceToken, viewer }: RestSignedInFragment =
    result;
  return {
    accessToken,
    accessTokenExpiresAt: secondsOf(accessTokenExpiresAt),
    refreshToken,
    deviceToken,
    user: userAnswer(viewer),
  };
}

export const SIGN_IN_ENDPOINTS = [register, logIn, createWalletChallenge, connectWallet, refresh, logOut];
