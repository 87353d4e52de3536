/** Sign-ins beside other changes of the same account: each at the moment that would do the most harm. */
import { env } from 'cloudflare:workers';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { beforeEach, describe, expect, test } from 'vitest';
import { decodeGlobalId } from '../../../schema/global-ids.ts';
import { ask, askForTokens, PASSWORD, register } from '../../support/accounts.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket } from '../../support/market.ts';

const OTHER_PASSWORD = 'a quite different sentence';

let gateway: TestGateway;
/** Is done once, before the next batch of D1 that has a statement like this one. */
let interruption: { before: RegExp; work(): Promise<unknown> } | null;

beforeEach(async () => {
  interruption = null;
  gateway = startGateway(await createMarket({ projectCount: 2, poolCount: 0 }), {
    DB: interruptible(env.DB),
    SIWE_ORIGIN: 'https://com2000.example',
  });
});

function interruptible(db: D1Database): D1Database {
  let due: (() => Promise<unknown>) | null = null;
  return {
    prepare(sql: string) {
      if (interruption?.before.test(sql)) {
        due = interruption.work;
        interruption = null;
      }
      return db.prepare(sql);
    },
    async batch(statements: D1PreparedStatement[]) {
      const work = due;
      due = null;
      await work?.();
      return db.batch(statements);
    },
  } as unknown as D1Database;
}

const meanwhile = (before: RegExp, work: () => Promise<unknown>) => {
  interruption = { before, work };
};
const SESSION_BEGINS = /INSERT INTO user_session/;
const WALLET_IS_LINKED = /INSERT INTO user_wallet/;

/** @param globalId of a user */
const countOf = async (table: 'user_session' | 'user_wallet', globalId: string) =>
  (await env.DB.prepare(`SELECT COUNT(*) AS count FROM ${table} WHERE user_id = ?`)
    .bind(decodeGlobalId(globalId)?.id)
    .first<number>('count')) ?? 0;

describe('a login', () => {
  test('by a password that is changed meanwhile begins no session', async () => {
    const input = { email: 'ann@example.com', password: PASSWORD };
    const ann = await register(gateway, input.email);
    meanwhile(SESSION_BEGINS, () =>
      askForTokens(
        gateway,
        'ChangePassword',
        { input: { currentPassword: PASSWORD, newPassword: OTHER_PASSWORD } },
        { accessToken: ann.accessToken },
      ),
    );
    expect(await askForTokens(gateway, 'LogIn', { input })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    expect(await countOf('user_session', ann.viewer.id)).toBe(1);
  });

  test('to an account that is closed meanwhile gets the answer of an account that does not exist', async () => {
    const input = { email: 'ben@example.com', password: PASSWORD };
    await register(gateway, input.email);
    meanwhile(SESSION_BEGINS, () =>
      env.DB.prepare('DELETE FROM user_account WHERE email = ?').bind(input.email).run(),
    );
    expect(await askForTokens(gateway, 'LogIn', { input })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
  });
});

describe('a wallet', () => {
  const newWallet = () => privateKeyToAccount(generatePrivateKey());

  async function signed(wallet: PrivateKeyAccount, accessToken?: string) {
    const asked = { input: { address: wallet.address } };
    const { data } = await ask<{ createWalletChallenge: { message: string } }>(
      gateway,
      'CreateWalletChallenge',
      asked,
      { accessToken },
    );
    const { message } = data.createWalletChallenge;
    return { input: { message, signature: await wallet.signMessage({ message }) } };
  }

  test('is not linked by a session that ends meanwhile', async () => {
    const { accessToken, viewer } = await register(gateway, 'bea@example.com');
    const asked = await signed(newWallet(), accessToken);
    meanwhile(WALLET_IS_LINKED, () => ask(gateway, 'LogOut', { everywhere: true }, { accessToken }));
    const { status, errors } = await ask(gateway, 'ConnectWallet', asked, { accessToken });
    expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(await countOf('user_wallet', viewer.id)).toBe(0);
    expect(await countOf('user_session', viewer.id)).toBe(0);
  });

  test('begins no session for one that ends after it was linked', async () => {
    const { accessToken, viewer } = await register(gateway, 'cy@example.com');
    const asked = await signed(newWallet(), accessToken);
    meanwhile(SESSION_BEGINS, () => ask(gateway, 'LogOut', { everywhere: true }, { accessToken }));
    const { status, errors } = await ask(gateway, 'ConnectWallet', asked, { accessToken });
    expect([status, errors?.[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(await countOf('user_session', viewer.id)).toBe(0);
  });

  test('that signs in twice at once has one account, and both sign in', async () => {
    const wallet = newWallet();
    const [first, second] = [await signed(wallet), await signed(wallet)];
    let quicker: Awaited<ReturnType<typeof askForTokens>> | undefined;
    meanwhile(WALLET_IS_LINKED, async () => {
      quicker = await askForTokens(gateway, 'ConnectWallet', second);
    });
    const slower = await askForTokens(gateway, 'ConnectWallet', first);
    expect(slower.viewer).toMatchObject({ walletAddresses: [wallet.address], id: quicker?.viewer.id });
  });

  test('that another account links meanwhile is taken', async () => {
    const wallet = newWallet();
    const { accessToken } = await register(gateway, 'dan@example.com');
    const asked = await signed(wallet, accessToken);
    const another = await signed(wallet);
    meanwhile(WALLET_IS_LINKED, () => askForTokens(gateway, 'ConnectWallet', another));
    expect(await askForTokens(gateway, 'ConnectWallet', asked, { accessToken })).toMatchObject({
      code: 'WALLET_TAKEN',
    });
  });
});
