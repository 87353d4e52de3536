/** Accounts in D1: who owns an address or a wallet, and what is handed over. */

import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { endSession, openSession } from '../../../src/storage/d1/user-sessions.ts';
import {
  linkWallet,
  openWithPassword,
  openWithWallet,
  replacePassword,
  type SignedWallet,
  updateProfile,
  userByEmail,
  userById,
  userOfWallet,
} from '../../../src/storage/d1/users.ts';
import { insertAvatar } from '../../support/uploaded-files.ts';

const { DB: db } = env;
const NOW = 1_760_000_000;
const WALLET = '0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045';
const keyOf = (address: string): SignedWallet => ({ address, contractChainId: null });
const OTHER_WALLET = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed';
const user = (id: string) => ({ id, displayName: null, nowSeconds: NOW });
const outbox = async () => {
  const { results } = await db
    .prepare('SELECT user_id, sequence, body FROM user_outbox ORDER BY user_id, sequence')
    .all<{ user_id: string; sequence: number; body: string }>();
  return results.map(({ body, ...row }) => ({ ...row, ...JSON.parse(body) }));
};

beforeEach(async () => {
  await db.exec('DELETE FROM user_account');
});

test('one account owns an address, and nothing is left of a second one', async () => {
  const credential = { email: 'ann@example.com', passwordHash: 'hash' };
  expect(await openWithPassword(db, user('usr_a'), credential)).toBe(true);
  expect(await openWithPassword(db, user('usr_b'), { ...credential, passwordHash: 'other' })).toBe(false);
  expect(await userByEmail(db, 'ann@example.com')).toMatchObject({ id: 'usr_a', password_hash: 'hash' });
  expect(await userById(db, 'usr_b')).toBeNull();
  expect(await outbox()).toEqual([
    {
      user_id: 'usr_a',
      sequence: 1,
      id: 'usr_a',
      email: 'ann@example.com',
      wallet_addresses: [],
      created_at: NOW,
    },
  ]);
});

test('one account owns a wallet, and a linked wallet is the next version of the account', async () => {
  expect(await openWithWallet(db, user('usr_a'), keyOf(WALLET))).toBe(true);
  expect(await openWithWallet(db, user('usr_b'), keyOf(WALLET))).toBe(false);
  expect(await openWithWallet(db, user('usr_c'), keyOf(OTHER_WALLET))).toBe(true);
  expect(await linkWallet(db, 'usr_c', keyOf(WALLET), NOW)).toBe(false);
  const third = '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359';
  expect(await linkWallet(db, 'usr_a', keyOf(third), NOW + 1)).toBe(true);
  expect(await linkWallet(db, 'usr_a', keyOf(third), NOW + 2)).toBe(false);
  expect(await linkWallet(db, 'nobody', keyOf('0x27b1fdb04752bbc536007a920d24acb045561c26'), NOW)).toBe(
    false,
  );
  expect((await userOfWallet(db, keyOf(third)))?.wallet_addresses).toBe(JSON.stringify([WALLET, third]));
  expect(
    (await outbox()).map(({ user_id, sequence, wallet_addresses }) => [user_id, sequence, wallet_addresses]),
  ).toEqual([
    ['usr_a', 1, [WALLET]],
    ['usr_a', 2, [WALLET, third]],
    ['usr_c', 1, [OTHER_WALLET]],
  ]);
});

test('a contract wallet signs in by the chain that linked it, and a key on every chain', async () => {
  const contract = (contractChainId: number) => ({ address: WALLET, contractChainId });
  expect(await openWithWallet(db, user('usr_a'), contract(1))).toBe(true);
  expect(await linkWallet(db, 'usr_a', keyOf(OTHER_WALLET), NOW)).toBe(true);
  const idOf = async (wallet: SignedWallet) => (await userOfWallet(db, wallet))?.id;
  expect(await idOf(contract(1))).toBe('usr_a');
  expect(await idOf(contract(10))).toBeUndefined();
  expect(await idOf(keyOf(WALLET))).toBe('usr_a');
  expect(await idOf({ address: OTHER_WALLET, contractChainId: 1 })).toBeUndefined();
  expect(await openWithWallet(db, user('usr_b'), contract(10))).toBe(false);
});

test('a profile changes by the values that are given, while the session lives', async () => {
  await openWithWallet(db, { ...user('usr_a'), displayName: 'Ann' }, keyOf(WALLET));
  const by = { id: 'usr_a', sessionId: 'ses_a' };
  const session = {
    id: 'ses_a',
    user_id: 'usr_a',
    created_at: NOW,
    expires_at: NOW + 60,
    refresh_hash: 'hash',
  };
  const client = { ip_address: null, user_agent: null, device: 'a-device' };
  await openSession(db, { ...session, ...client }, { maxSessions: 20, proof: {} });
  const avatarUrl = 'https://api.example/a.webp';
  expect(await updateProfile(db, by, { avatarUrl })).toBe('no avatar');
  await insertAvatar('usr_a');
  expect(await updateProfile(db, by, { avatarUrl })).toBe('updated');
  expect(await userById(db, 'usr_a')).toMatchObject({
    display_name: 'Ann',
    avatar_url: avatarUrl,
  });
  expect(await updateProfile(db, by, { displayName: null })).toBe('updated');
  await endSession(db, 'usr_a', 'ses_a');
  expect(await updateProfile(db, by, { displayName: 'Late' })).toBe('session ended');
  expect(await updateProfile(db, by, { avatarUrl: null })).toBe('session ended');
  expect(await userById(db, 'usr_a')).toMatchObject({
    display_name: null,
    avatar_url: avatarUrl,
  });
});

test('a password that has changed in the meantime stays', async () => {
  await openWithPassword(db, user('usr_a'), { email: 'ann@example.com', passwordHash: 'one' });
  const change = (known: string, hash: string) =>
    replacePassword(db, 'usr_a', { known, hash, nowSeconds: NOW });
  expect(await change('one', 'two')).toBe(true);
  expect(await change('one', 'three')).toBe(false);
  expect((await userByEmail(db, 'ann@example.com'))?.password_hash).toBe('two');
});
