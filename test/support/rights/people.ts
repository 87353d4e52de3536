/**
 * Four people with accounts, and a stranger. Every value of the first one is a canary: a text that is nowhere else, so
 * an answer that has it shows it.
 */

import { env } from 'cloudflare:workers';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { expect } from 'vitest';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { createIsolates } from '../../../src/app/isolate.ts';
import type { SessionTokens } from '../../../src/auth/sessions.ts';
import { type AuthAnswer, ask, askForTokens, PASSWORD } from '../accounts.ts';
import { CRONS, type TestGateway } from '../gateway.ts';
import type { TestMarket } from '../market.ts';
import { insertAttachments, insertAvatar } from '../uploaded-files.ts';

export const ASKERS = ['stranger', 'user', 'other', 'moderator', 'admin'] as const;
export type Asker = (typeof ASKERS)[number];
export type PersonName = Exclude<Asker, 'stranger'>;
const PERSON_NAMES = ASKERS.filter((name) => name !== 'stranger');

export interface Person {
  id: string;
  email: string;
  accessToken: string;
  refreshToken: string;
  /** Global ids. */
  investmentIds: readonly string[];
}

export interface People {
  of: Readonly<Record<PersonName, Person>>;
  /** The first user's: an admin sees them too. */
  accountCanaries: readonly string[];
  /** The first user's: nobody else sees them. */
  ownCanaries: readonly string[];
}

const PERMISSIONS: Partial<Record<Asker, string[]>> = {
  user: ['READ', 'WRITE', 'INVEST'],
  moderator: ['READ', 'WRITE', 'MODERATE'],
  admin: ['READ', 'WRITE', 'ADMIN'],
};
/** Nobody posts to a room as `admin`. */
const NAMES: Partial<Record<PersonName, string>> = { admin: 'Ada' };
const IP_ADDRESS = '2001:db8:ca11:a11::7';
const USER_AGENT = 'canary-browser/7.1';
const USERS_CLIENT = { 'CF-Connecting-IP': IP_ADDRESS, 'User-Agent': USER_AGENT };
const DISPLAY_NAME = 'Ca Nary';
const CANARY_FILE = 'file-ca11a11';
const CANARY_HASH = `0x${'ca11a1'.repeat(10)}cafe`;

/** @param gateway its market is synced; its hubs and this process have the same signing key */
export async function registerPeople(gateway: TestGateway, market: TestMarket): Promise<People> {
  const opened: [PersonName, Person][] = [];
  for (const name of PERSON_NAMES) opened.push([name, await registerPerson(gateway, market, name)]);
  await gateway.scheduled(CRONS.pools);
  await recordInLedgers();
  const opening = Object.fromEntries(opened) as Record<PersonName, Person>;
  const { wallet, avatarUrl, ...tokens } = await decorate(gateway, opening.user);
  await insertAttachments(opening.user.id, CANARY_FILE);
  const of = { ...opening, user: { ...opening.user, ...tokens } };
  return {
    of,
    accountCanaries: [encodeGlobalId('User', of.user.id), of.user.email, DISPLAY_NAME, avatarUrl, wallet],
    ownCanaries: [
      ...(await sessionIds(gateway, of.user)),
      ...of.user.investmentIds,
      ...[IP_ADDRESS, USER_AGENT, CANARY_HASH, CANARY_FILE],
    ],
  };
}

async function registerPerson(gateway: TestGateway, market: TestMarket, name: PersonName): Promise<Person> {
  const email = `${name}-${crypto.randomUUID()}@example.com`;
  const displayName = name === 'user' ? DISPLAY_NAME : (NAMES[name] ?? name);
  const headers =
    name === 'user' ? USERS_CLIENT : { 'CF-Connecting-IP': clientAddress(), 'User-Agent': 'a browser' };
  let signedIn: AuthAnswer = await askForTokens(
    gateway,
    'Register',
    { input: { email, password: PASSWORD, displayName } },
    { headers },
  );
  const id = localId('User', signedIn.viewer.id) ?? '';
  const permissions = PERMISSIONS[name];
  if (permissions !== undefined) {
    await market.setUserStats(id, { kyc_level: 2, user_level: 1, permissions });
    signedIn = await askForTokens(gateway, 'LogIn', { input: { email, password: PASSWORD } }, { headers });
    expect(signedIn.viewer.permissions).toEqual(expect.arrayContaining(permissions));
  }
  const { accessToken, refreshToken } = signedIn;
  const investmentIds = await invest(market, id, name);
  return { id, email, accessToken, refreshToken, investmentIds };
}

const isolateOf = createIsolates();

/** Another session of a user, which may end. */
export async function openSession(userId: string): Promise<SessionTokens> {
  const built = isolateOf(env as unknown as Env);
  if (!built.ok) throw new Error(built.issues.join('; '));
  const client = { ipAddress: null, userAgent: null, device: 'another' };
  // Twenty sessions of a person stay, and all are of the same second: chance would end the one that the person signed in with.
  await env.DB.prepare(
    'UPDATE user_session SET last_activity_at = last_activity_at - 3600 WHERE user_id = ?1 AND device = ?2',
  )
    .bind(userId, client.device)
    .run();
  return built.isolate.accounts.sessions.open(userId, client);
}

async function invest(market: TestMarket, userId: string, name: PersonName): Promise<string[]> {
  const [like] = (await market.records()).investments;
  if (like === undefined) throw new Error('the market has no investments');
  const now = Math.floor(Date.now() / 1000);
  return Promise.all(
    ['pending', 'confirmed'].map(async (status, place) => {
      const id = `inv-${crypto.randomUUID()}-${place}`;
      const transaction_hash = name === 'user' ? CANARY_HASH : `0x${'0b'.repeat(32)}`;
      const own = {
        id,
        user_id: userId,
        status,
        transaction_hash,
        next_claim_date: now + 60,
        updated_at: now,
      };
      await market.putInvestment(id, { ...like, ...own });
      return encodeGlobalId('Investment', id);
    }),
  );
}

/** Gives every investment and pool the values that the ledger of a pool writes. */
async function recordInLedgers(): Promise<void> {
  const [sequence, hash, at] = [7, 'ab'.repeat(32), Math.floor(Date.now() / 1000)];
  await env.DB.batch([
    env.DB.prepare(
      `UPDATE user_investment_cache SET revision = 1, reservation_expires_at = ?3, failure = 'EXPIRED',
         receipt_sequence = ?1, receipt_hash = ?2, receipt_at = ?3`,
    ).bind(sequence, hash, at),
    env.DB.prepare(
      'UPDATE ido_pool_cache SET ledger_sequence = ?1, ledger_hash = ?2, ledger_recorded_at = ?3',
    ).bind(sequence, hash, at),
  ]);
}

/** A picture and a wallet, which ends the session for a new one. */
async function decorate(
  gateway: TestGateway,
  { id, accessToken }: Person,
): Promise<{ wallet: string; avatarUrl: string; accessToken: string; refreshToken: string }> {
  const avatarUrl = await insertAvatar(id);
  await ask(gateway, 'UpdateProfile', { input: { avatarUrl } }, { accessToken });
  const wallet = privateKeyToAccount(generatePrivateKey());
  const input = await signedChallenge(gateway, wallet, accessToken);
  const linked = await askForTokens(
    gateway,
    'ConnectWallet',
    { input },
    { accessToken, headers: USERS_CLIENT },
  );
  expect(linked).toMatchObject({ viewer: { walletAddresses: [wallet.address] } });
  return {
    wallet: wallet.address,
    avatarUrl,
    accessToken: linked.accessToken,
    refreshToken: linked.refreshToken,
  };
}

export async function signedChallenge(
  gateway: TestGateway,
  wallet: ReturnType<typeof privateKeyToAccount>,
  accessToken?: string,
): Promise<{ message: string; signature: string }> {
  const { data } = await ask<{ createWalletChallenge: { message: string } }>(
    gateway,
    'CreateWalletChallenge',
    { input: { address: wallet.address } },
    { accessToken, headers: { 'CF-Connecting-IP': clientAddress() } },
  );
  const { message } = data.createWalletChallenge;
  return { message, signature: await wallet.signMessage({ message }) };
}

/** Global ids. */
async function sessionIds(gateway: TestGateway, { accessToken }: Person): Promise<string[]> {
  interface Listed {
    viewer: { sessions: { id: string }[] };
  }
  const { data } = await ask<Listed>(gateway, 'ViewerSessions', {}, { accessToken });
  return data.viewer.sessions.map(({ id }) => id);
}

/** Of a network that has asked nothing before: no limit of a network stops the next request. */
export const clientAddress = () => `2001:db8:${crypto.randomUUID().slice(9, 18).replace('-', ':')}::1`;
