/** The simulated platform that deployments are tested on: real wrangler and the platform's SDK find there what they ask for. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Cloudflare, {
  APIConnectionTimeoutError,
  InternalServerError,
  PermissionDeniedError,
} from 'cloudflare';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';

let api: PlatformApi;
before(async () => {
  api = await startPlatformApi();
});
after(() => api?.close());

const sdk = (apiToken = api.token, timeout = 5_000) =>
  new Cloudflare({ apiToken, baseURL: api.url, maxRetries: 0, timeout });
const askAccount = (client = sdk()) => client.accounts.get({ account_id: api.accountId });

test('the token opens the account, and no other token does', async () => {
  assert.equal((await askAccount()).id, api.accountId);
  await assert.rejects(askAccount(sdk('another')), PermissionDeniedError);
  await assert.rejects(sdk().accounts.get({ account_id: 'c'.repeat(32) }), PermissionDeniedError);
});

test('a planted fault meets the call that it names, once', async () => {
  const path = /^\/accounts\/\w+$/;
  api.failNext({ method: 'GET', path, skip: 1 }, { status: 503 });
  await askAccount();
  await assert.rejects(askAccount(), InternalServerError);
  await askAccount();
  api.failNext({ path }, { hang: true });
  await assert.rejects(askAccount(sdk(api.token, 200)), APIConnectionTimeoutError);
  assert.equal(api.faults.remaining, 0);
});

test('a call without a route is refused, and kept in a list', async () => {
  await assert.rejects(sdk().queues.get('q', { account_id: api.accountId }), { status: 501 });
  assert.deepEqual(api.unsupported.splice(0), [`GET /accounts/${api.accountId}/queues/q`]);
});
