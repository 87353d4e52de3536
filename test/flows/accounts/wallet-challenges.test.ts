import { env } from 'cloudflare:workers';
import { privateKeyToAccount } from 'viem/accounts';
import { parseSiweMessage } from 'viem/siwe';
import { beforeEach, describe, expect, test } from 'vitest';
import { createWalletChallenges } from '../../../src/auth/wallet-challenges.ts';
import { WALLET_CHALLENGE_SECONDS, WALLET_MESSAGE_MAX_CHARACTERS } from '../../../src/config.ts';

const db = env.DB;
const NOW = 1_780_000_000;
const APP = 'https://app.example';
const LOCAL = 'http://localhost:3000';
const ANN = privateKeyToAccount(`0x${'a1'.repeat(32)}`);

let now = NOW;
const challenges = createWalletChallenges({
  db,
  siweOrigin: 'https://com2000.example',
  corsOrigins: [APP, LOCAL, 'http://intranet'],
  signerOf: async () => null,
  nowSeconds: () => now,
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
});

beforeEach(async () => {
  now = NOW;
  await db.prepare('DELETE FROM wallet_challenge').run();
  await db
    .prepare(
      "INSERT OR IGNORE INTO user_account (id, last_active_at, created_at) VALUES ('usr_a', 0, 0), ('usr_b', 0, 0)",
    )
    .run();
});

interface Asked {
  address: string;
  chainId: number;
  userId: string | null;
  origin: string | null;
}
const issue = (asked: Partial<Asked> = {}) =>
  challenges.issue({ address: ANN.address, chainId: 1, userId: null, origin: APP, ...asked });

async function openChallenges(): Promise<number> {
  const row = await db.prepare('SELECT COUNT(*) AS count FROM wallet_challenge').first<{ count: number }>();
  return row?.count ?? 0;
}

describe('a challenge', () => {
  test('is the message of EIP-4361 that wallets show', async () => {
    const { message, expiresAt } = await issue({ chainId: 8453 });
    expect(expiresAt).toBe(NOW + WALLET_CHALLENGE_SECONDS);
    const { nonce } = parseSiweMessage(message);
    expect(nonce).toMatch(/^[\da-f]{32}$/);
    expect(message).toBe(`app.example wants you to sign in with your Ethereum account:
${ANN.address}

Sign in to COM2000.

URI: https://app.example
Version: 1
Chain ID: 8453
Nonce: ${nonce}
Issued At: 2026-05-28T20:26:40.000Z
Expiration Time: 2026-05-28T20:36:40.000Z`);
  });

  test('tells a signed-in user that the wallet will be linked', async () => {
    const { message } = await issue({ userId: 'usr_a' });
    expect(message).toContain('\n\nLink this wallet to your COM2000 account.\n\n');
  });

  test.each([
    [APP, 'app.example', APP],
    [LOCAL, 'localhost:3000', LOCAL],
    [null, 'com2000.example', 'https://com2000.example'],
  ])('for Origin %s names %s', async (origin, domain, uri) => {
    const { message } = await issue({ origin });
    expect(parseSiweMessage(message)).toMatchObject({ domain, uri });
  });

  test.each(['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null', ''])(
    'is FORBIDDEN for Origin %j',
    async (origin) => {
      await expect(issue({ origin })).rejects.toMatchObject({ extensions: { code: 'FORBIDDEN' } });
    },
  );

  test('is FORBIDDEN for a listed origin that no message can name', async () => {
    await expect(issue({ origin: 'http://intranet' })).rejects.toMatchObject({
      extensions: { code: 'FORBIDDEN' },
    });
  });

  test.each([
    ['empty', ''],
    ['without digits', '0x'],
    ['too short', ANN.address.slice(0, -1)],
    ['too long', `${ANN.address}0`],
    ['without 0x', ANN.address.slice(2)],
    ['with 0X', `0X${ANN.address.slice(2)}`],
    ['with a space', ` ${ANN.address}`],
    ['with a line break', `${ANN.address}\n`],
    ['with a broken checksum', swapCase(ANN.address)],
    ['in upper case', `0x${ANN.address.slice(2).toUpperCase()}`],
    ['of nobody', `0x${'0'.repeat(40)}`],
    ['that is a name', 'vitalik.eth'],
    ['of 100,000 characters', `0x${'f'.repeat(100_000)}`],
  ])('is BAD_USER_INPUT for an address %s', async (_, address) => {
    await expect(issue({ address })).rejects.toMatchObject({
      extensions: { code: 'BAD_USER_INPUT', argumentPath: ['input', 'address'] },
    });
    expect(await openChallenges()).toBe(0);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'is BAD_USER_INPUT for chain %d',
    async (chainId) => {
      await expect(issue({ chainId })).rejects.toMatchObject({
        extensions: { code: 'BAD_USER_INPUT', argumentPath: ['input', 'chainId'] },
      });
    },
  );

  test('has the checksum that an address in lower case lacks', async () => {
    const { message } = await issue({ address: ANN.address.toLowerCase() });
    expect(parseSiweMessage(message).address).toBe(ANN.address);
  });

  test('is never longer than the messages that are read', async () => {
    const label = 'a'.repeat(63);
    const origin = `https://${label}.${label}.${label}.${'a'.repeat(57)}.xyz:65535`;
    const longest = createWalletChallenges({
      db,
      siweOrigin: origin,
      corsOrigins: [],
      signerOf: async () => 'key',
      nowSeconds: () => NOW,
      randomBytes: (count) => new Uint8Array(count),
    });
    const { message } = await longest.issue({
      address: ANN.address,
      chainId: Number.MAX_SAFE_INTEGER,
      userId: 'usr_a',
      origin: null,
    });
    expect(message.length).toBeGreaterThan(700);
    expect(message.length).toBeLessThanOrEqual(WALLET_MESSAGE_MAX_CHARACTERS);
  });
});

/** Another checksum of the same address. */
function swapCase(address: string): string {
  return `0x${address.slice(2).replace(/[a-f]/i, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))}`;
}
