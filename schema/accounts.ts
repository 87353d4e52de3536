/** Signing in and out, and the viewer's own account. */
import type { SignedInModel } from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { localId } from './global-ids.ts';
import { User } from './node.ts';
import { Rejection, resultType } from './rejections.ts';

const AuthPayload = builder.objectRef<SignedInModel>('AuthPayload').implement({
  description: 'A session that has begun or continues.',
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', { description: 'JWT, sent as `Authorization: Bearer …`.' }),
    accessTokenExpiresAt: t.expose('accessTokenExpiresAt', {
      type: 'DateTime',
      description: 'When the access token ends: refresh before.',
    }),
    refreshToken: t.exposeString('refreshToken', { description: 'For `refreshSession`. It works once.' }),
    deviceToken: t.exposeString('deviceToken', {
      description: 'Kept by the client for later logins from this device; no right comes with it.',
    }),
    viewer: t.field({
      type: User,
      description: 'The user who signed in.',
      resolve: ({ viewer }) => viewer,
    }),
  }),
});

const AuthResult = builder.unionType('AuthResult', {
  description: 'A session, or why there is none.',
  types: [AuthPayload, Rejection],
  resolveType: resultType('AuthPayload'),
});

const ProfilePayload = builder.objectRef<{ viewer: SignedInModel['viewer'] }>('ProfilePayload').implement({
  description: 'A profile that has changed.',
  fields: (t) => ({
    viewer: t.field({ type: User, description: 'The viewer.', resolve: ({ viewer }) => viewer }),
  }),
});

const ProfileResult = builder.unionType('ProfileResult', {
  description: 'The changed profile, or why it did not change.',
  types: [ProfilePayload, Rejection],
  resolveType: resultType('ProfilePayload'),
});

const WalletChallenge = builder
  .objectRef<{ message: string; expiresAt: number }>('WalletChallenge')
  .implement({
    description: 'A message for a wallet to sign.',
    fields: (t) => ({
      message: t.exposeString('message', { description: 'The EIP-4361 message, to be signed as it is.' }),
      expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it is no longer taken.' }),
    }),
  });

const RegisterInput = builder.inputType('RegisterInput', {
  description: 'A new account.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'The e-mail address.' }),
    password: t.string({ required: true, description: '15 to 128 characters, any of them.' }),
    displayName: t.string({ description: 'The name that others see.' }),
  }),
});

const LoginInput = builder.inputType('LoginInput', {
  description: 'The credentials of an account.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'The e-mail address.' }),
    password: t.string({ required: true, description: 'The password.' }),
    deviceToken: t.string({
      description: "Of an earlier sign-in on this device: its guesses are counted apart from strangers'.",
    }),
  }),
});

const WalletChallengeInput = builder.inputType('WalletChallengeInput', {
  description: 'The wallet that will sign.',
  fields: (t) => ({
    address: t.string({ required: true, description: 'Its address: 0x and 40 hexadecimal digits.' }),
    chainId: t.int({ defaultValue: 1, description: 'The chain by EIP-155; 1 is Ethereum.' }),
  }),
});

const ConnectWalletInput = builder.inputType('ConnectWalletInput', {
  description: 'A signed challenge.',
  fields: (t) => ({
    message: t.string({ required: true, description: 'The message of the challenge, unchanged.' }),
    signature: t.string({ required: true, description: 'The signature: 0x and hexadecimal digits.' }),
  }),
});

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'The old password and the new one.',
  fields: (t) => ({
    currentPassword: t.string({ required: true, description: 'The password until now.' }),
    newPassword: t.string({ required: true, description: '15 to 128 characters, any of them.' }),
  }),
});

const UpdateProfileInput = builder.inputType('UpdateProfileInput', {
  description: 'What to change. A field that is left out stays; null removes its value.',
  fields: (t) => ({
    displayName: t.string({ description: 'The name that others see.' }),
    avatarUrl: t.string({ description: "The URL of the viewer's own avatar, as `files` shows it." }),
  }),
});

builder.mutationType({ description: 'What the gateway changes.' });

builder.mutationFields((t) => ({
  register: t.field({
    type: AuthResult,
    description:
      'Opens an account with an e-mail address and a password of 15 to 128 characters that is not a common one, and signs in.',
    args: { input: t.arg({ type: RegisterInput, required: true, description: 'The new account.' }) },
    resolve: (_root, { input }, { accounts }) => accounts.register(input),
  }),
  login: t.field({
    type: AuthResult,
    description: 'Signs in with an e-mail address and a password.',
    args: { input: t.arg({ type: LoginInput, required: true, description: 'The credentials.' }) },
    resolve: (_root, { input }, { accounts }) => accounts.logIn(input),
  }),
  createWalletChallenge: t.field({
    type: WalletChallenge,
    description: 'The EIP-4361 message that the wallet must sign. Valid once, for ten minutes.',
    args: { input: t.arg({ type: WalletChallengeInput, required: true, description: 'The wallet.' }) },
    resolve: (_root, { input }, { accounts }) =>
      accounts.createWalletChallenge({ address: input.address, chainId: input.chainId ?? 1 }),
  }),
  connectWallet: t.field({
    type: AuthResult,
    description:
      "Signs in with a signed challenge; the first time, opens an account, or links the wallet to the viewer's where they " +
      'signed in within the last 10 minutes.',
    args: {
      input: t.arg({ type: ConnectWalletInput, required: true, description: 'The signed challenge.' }),
    },
    resolve: (_root, { input }, { accounts }) => accounts.connectWallet(input),
  }),
  refreshSession: t.field({
    type: AuthResult,
    description:
      'Exchanges a refresh token for a new pair. A token works once, but an answer may be lost on the way: until its ' +
      'successor has been used, the same token gets the same refresh token again, with a fresh access token. Any older ' +
      'token ends this session.',
    args: { refreshToken: t.arg.string({ required: true, description: 'The refresh token.' }) },
    resolve: (_root, { refreshToken }, { accounts }) => accounts.refreshSession(refreshToken),
  }),
  changePassword: t.field({
    type: AuthResult,
    authScopes: { signedIn: true },
    description: 'Changes the password by the current one, and ends every other session of the user.',
    args: { input: t.arg({ type: ChangePasswordInput, required: true, description: 'Both passwords.' }) },
    resolve: (_root, { input }, { accounts }) => accounts.changePassword(input),
  }),
  logout: t.boolean({
    authScopes: { signedIn: true },
    description: 'Ends this session, or every session of the user.',
    args: {
      everywhere: t.arg.boolean({ defaultValue: false, description: 'True for every session of the user.' }),
    },
    resolve: (_root, { everywhere }, { accounts }) => accounts.logOut(everywhere ?? false),
  }),
  endSession: t.boolean({
    authScopes: { signedIn: true },
    description: "Ends one session of the viewer's own; false where there is none of that id.",
    args: { sessionId: t.arg.id({ required: true, description: 'Its global id.' }) },
    resolve: (_root, { sessionId }, { accounts }) => {
      const id = localId('Session', sessionId);
      return id === null ? false : accounts.endSession(id);
    },
  }),
  updateProfile: t.field({
    type: ProfileResult,
    authScopes: { signedIn: true },
    description: "Changes the viewer's own profile.",
    args: { input: t.arg({ type: UpdateProfileInput, required: true, description: 'The changes.' }) },
    resolve: (_root, { input }, { accounts }) => accounts.updateProfile(input),
  }),
}));
