/** The most that one request of an anonymous client can spend by signing in, as docs/limits.md says it. */
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { beforeEach, describe, expect, test } from 'vitest';
import { DOCUMENT_MAX_ROOT_FIELDS } from '../../../src/config.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket, type TestMarket } from '../../support/market.ts';

/** The rows of a new account: the account, its wallet, its version for the main API, its session, and their indexes. */
const ACCOUNT_ROWS = 21;

let market: TestMarket;
let gateway: TestGateway;
beforeEach(async () => {
  market = await createMarket({ projectCount: 2, poolCount: 0, investmentCount: 0 });
  gateway = startGateway(market);
  await market.resetCalls();
});

describe('one request that signs in', () => {
  const aliased = (count: number, field: (at: number) => string) =>
    `mutation { ${Array.from({ length: count }, (_, at) => `m${at}: ${field(at)}`).join(' ')} }`;
  const wallets = Array.from({ length: DOCUMENT_MAX_ROOT_FIELDS }, () =>
    privateKeyToAccount(generatePrivateKey()),
  );

  test('writes three rows for each challenge and 21 for each new account, of which it tells the main API', async () => {
    // The isolate has written its counts of this minute.
    await gateway.fetch('/health');
    gateway.resetCounts();
    const issued = await gateway.post<Record<string, { message: string }>>({
      query: aliased(
        wallets.length,
        (at) => `createWalletChallenge(input: { address: "${wallets[at]?.address}" }) { message }`,
      ),
    });
    expect(gateway.counts).toMatchObject({
      d1RowsWritten: 3 * DOCUMENT_MAX_ROOT_FIELDS,
      durableObjectCalls: DOCUMENT_MAX_ROOT_FIELDS,
    });
    const messages = Object.values(issued.data).map(({ message }) => message);
    const signatures = await Promise.all(
      wallets.map((wallet, at) => wallet.signMessage({ message: messages[at] ?? '' })),
    );
    gateway.resetCounts();
    const connected = await gateway.post({
      query: aliased(
        wallets.length,
        (at) =>
          `connectWallet(input: { message: ${JSON.stringify(messages[at])}, signature: "${signatures[at]}" }) { __typename }`,
      ),
    });
    expect(Object.values(connected.data)).toEqual(wallets.map(() => ({ __typename: 'AuthPayload' })));
    const { d1RowsWritten, durableObjectCalls, kvWrites } = gateway.counts;
    expect(d1RowsWritten).toBe(ACCOUNT_ROWS * DOCUMENT_MAX_ROOT_FIELDS);
    expect([durableObjectCalls, kvWrites]).toEqual([DOCUMENT_MAX_ROOT_FIELDS, 0]);
    expect((await market.calls()).total).toBe(2 * DOCUMENT_MAX_ROOT_FIELDS);
  });
});
