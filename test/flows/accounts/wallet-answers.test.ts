import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { privateKeyToAccount } from 'viem/accounts';
import { beforeEach, describe, expect, test } from 'vitest';
import { isRejection } from '../../../src/auth/rejection.ts';
import { createWalletChallenges } from '../../../src/auth/wallet-challenges.ts';
import { createWalletSignatures } from '../../../src/auth/wallet-signatures.ts';

const db = env.DB;
const NOW = 1_780_000_000;
const ANN = privateKeyToAccount(`0x${'a1'.repeat(32)}`);

let now = NOW;
const challenges = createWalletChallenges({
  db,
  siweOrigin: 'https://com2000.example',
  corsOrigins: ['https://app.example'],
  signerOf: createWalletSignatures({
    rpcUrls: new Map(),
    ethCall: () => Promise.reject(new Error('no chain has a URL')),
  }),
  nowSeconds: () => now,
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
});

beforeEach(async () => {
  now = NOW;
  await db.batch([
    db.prepare('DELETE FROM wallet_challenge'),
    db.prepare("INSERT OR IGNORE INTO user_account (id, last_active_at, created_at) VALUES ('usr_b', 0, 0)"),
  ]);
});

const issue = (userId: string | null = null) =>
  challenges.issue({ address: ANN.address, chainId: 1, userId, origin: 'https://app.example' });

/** The wallet that was redeemed, or the code of the rejection. */
async function outcomeOf(message: string, signature: string, userId: string | null = null) {
  const outcome = await challenges.redeem({ message, signature, userId });
  return isRejection(outcome) ? outcome.code : outcome;
}

const SIGNED_IN = { address: ANN.address, chainId: 1, contractChainId: null };

describe('a wallet signs in', () => {
  test('by v of 0 and 1, which hardware wallets send', async () => {
    const { message } = await issue();
    const signature = await ANN.signMessage({ message });
    const v = Number.parseInt(signature.slice(-2), 16) - 27;
    expect(await outcomeOf(message, `${signature.slice(0, -2)}0${v}`)).toEqual(SIGNED_IN);
  });

  test('once, of twenty at once', async () => {
    const { message } = await issue();
    const signature = await ANN.signMessage({ message });
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(message, signature)));
    expect(outcomes.filter((outcome) => outcome === 'CHALLENGE_INVALID')).toHaveLength(19);
    expect(outcomes).toContainEqual(SIGNED_IN);
    expect(await db.prepare('SELECT COUNT(*) AS open FROM wallet_challenge').first('open')).toBe(0);
  });
});

describe('a wallet does not sign in', () => {
  test('by the issued message with anything added, replaced or left out', async () => {
    const { message } = await issue();
    const edits = fc
      .tuple(fc.nat(message.length), fc.nat(5), fc.string({ unit: 'binary', maxLength: 5 }))
      .map(([at, removed, added]) => message.slice(0, at) + added + message.slice(at + removed))
      .filter((edited) => edited !== message);
    await fc.assert(
      fc.asyncProperty(edits, async (edited) => {
        const signature = await ANN.signMessage({ message: edited });
        expect(await outcomeOf(edited, signature)).toBe('CHALLENGE_INVALID');
      }),
    );
    expect(await outcomeOf(message, await ANN.signMessage({ message }))).toEqual(SIGNED_IN);
  });

  test('by any text in place of a signature, and that is no fault', async () => {
    const { message } = await issue();
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.uint8Array({ maxLength: 130 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
      fc
        .uint8Array({ minLength: 65, maxLength: 65 })
        .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (signature) => {
        expect(await outcomeOf(message, signature)).toBe('SIGNATURE_INVALID');
      }),
    );
  });

  test('once the message has expired', async () => {
    const { message, expiresAt } = await issue();
    const signature = await ANN.signMessage({ message });
    now = expiresAt;
    expect(await outcomeOf(message, signature)).toBe('CHALLENGE_INVALID');
    // Not even the signature is looked at.
    expect(await outcomeOf(message, '0x')).toBe('CHALLENGE_INVALID');
    now = expiresAt - 1;
    expect(await outcomeOf(message, signature)).toEqual(SIGNED_IN);
  });

  test('if the account that asked for the message was erased', async () => {
    const { message } = await issue('usr_b');
    await db.prepare("DELETE FROM user_account WHERE id = 'usr_b'").run();
    expect(await outcomeOf(message, await ANN.signMessage({ message }), 'usr_b')).toBe('CHALLENGE_INVALID');
  });
});
