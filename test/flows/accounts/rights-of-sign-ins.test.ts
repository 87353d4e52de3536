/** What the main API has to do with a sign-in, over HTTP: it learns of the account, and decides the rights. */
import { beforeEach, expect, test } from 'vitest';
import { decodeGlobalId } from '../../../schema/global-ids.ts';
import { createMainApi } from '../../../src/upstream/main-api.ts';
import { type AuthAnswer, ask, askForTokens, PASSWORD, register } from '../../support/accounts.ts';
import { CRONS, startGateway, type TestGateway } from '../../support/gateway.ts';
import { createMarket, type TestMarket } from '../../support/market.ts';

let market: TestMarket;
let gateway: TestGateway;
let email: string;
let accounts = 0;
beforeEach(async () => {
  market = await createMarket({ projectCount: 1, poolCount: 0 });
  gateway = startGateway(market);
  accounts += 1;
  email = `ann${accounts}@example.com`;
});

const idOf = ({ viewer }: AuthAnswer) => decodeGlobalId(viewer.id)?.id ?? '';
const logIn = () => askForTokens(gateway, 'LogIn', { input: { email, password: PASSWORD } });
const rightsOf = ({ viewer: { kycLevel, permissions } }: AuthAnswer) => ({ kycLevel, permissions });
const viewerOf = async (accessToken: string) => {
  const { data } = await ask<Pick<AuthAnswer, 'viewer'>>(gateway, 'Viewer', {}, { accessToken });
  return rightsOf({ viewer: data.viewer } as AuthAnswer);
};
const handedOver = async () =>
  (await market.calls()).last.filter(({ route }) => route === 'create-user').map(({ headers }) => headers);

const NONE = { kycLevel: 0, permissions: [] };
const NEW_CUSTOMER = { kycLevel: 1, permissions: ['READ', 'WRITE'] };

test('a registration hands the account over under the id of its request, and answers with its rights', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const input = { email, password: PASSWORD };
  const { data, headers } = await ask<{ register: AuthAnswer }>(
    gateway,
    'Register',
    { input },
    { headers: { traceparent } },
  );
  expect(rightsOf(data.register)).toEqual(NEW_CUSTOMER);
  expect(await handedOver()).toMatchObject([
    { idempotencyKey: `${idOf(data.register)}:1`, requestId: headers.get('x-request-id'), traceparent },
  ]);
});

test('a login answers with the rights of now, and with the stored ones while the main API fails', async () => {
  const ann = await register(gateway, email);
  await market.putUser(idOf(ann), { kyc_level: 3, permissions: ['INVEST', 'team', 'unheard of'] });
  await gateway.advance(5);
  const raised = { kycLevel: 3, permissions: ['INVEST', 'TEAM'] };
  expect(rightsOf(await logIn())).toEqual(raised);
  await market.putUser(idOf(ann), { kyc_level: 0, permissions: [] });
  for (const kind of ['503', 'bad-record'] as const) {
    await market.fault({ route: 'user-stats', kind });
    await gateway.advance(5);
    expect((await logIn()).viewer.kycLevel, kind).toBe(3);
  }
  await market.clearFaults();
  await gateway.advance(5);
  expect(rightsOf(await logIn())).toEqual(NONE);
});

test('people register and log in while the main API is down, and it learns of them within minutes', async () => {
  await market.fault({ route: '*', kind: '503' });
  const ann = await register(gateway, email);
  expect(rightsOf(ann)).toEqual(NONE);
  expect(rightsOf(await logIn())).toEqual(NONE);
  await market.clearFaults();
  await gateway.advance(60);
  await gateway.scheduled(CRONS.prices);
  expect(await viewerOf(ann.accessToken)).toEqual(NEW_CUSTOMER);
  const keys = (await handedOver()).map(({ idempotencyKey }) => idempotencyKey);
  expect(new Set(keys)).toEqual(new Set([`${idOf(ann)}:1`]));
});

test('a login does not wait for a slow main API', async () => {
  const ann = await register(gateway, email);
  await market.putUser(idOf(ann), { kyc_level: 3 });
  await gateway.advance(5);
  await market.fault({ route: '*', kind: 'latency', latencyMs: 5_000 });
  expect(rightsOf(await logIn())).toEqual(NEW_CUSTOMER);
});

test("the address of another customer gives its account no rights, whatever that customer's are", async () => {
  const customer = { id: 'cus_1', email: email.toUpperCase(), wallet_addresses: [], created_at: 1 };
  const mainApi = createMainApi({
    baseUrl: market.mainApiUrl,
    apiKey: market.apiKey,
    fetch,
    sleep: async () => undefined,
  });
  const version = { userId: 'cus_1', sequence: 1, body: JSON.stringify(customer) };
  await mainApi.createUser(version, { requestId: 'req-1', traceparent: null });
  await market.putUser('cus_1', { kyc_level: 3, permissions: ['ADMIN'] });
  const stranger = await register(gateway, email);
  expect(rightsOf(stranger)).toEqual(NONE);
  await market.putUser(idOf(stranger), { kyc_level: 3, permissions: ['ADMIN'] });
  await gateway.advance(3_600);
  await gateway.scheduled(CRONS.hourly);
  await gateway.scheduled(CRONS.prices);
  expect(rightsOf(await logIn())).toEqual(NONE);
});
