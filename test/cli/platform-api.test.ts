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

test('statements of one call to D1 are one transaction, and a bookmark brings back rows and tables', async () => {
  const account_id = api.accountId;
  const { uuid = '' } = await sdk().d1.database.create({ account_id, name: 'ledger' });
  const query = async (sql: string, params: string[] = []) =>
    (await sdk().d1.database.query(uuid, { account_id, sql, params })).result;
  await query('CREATE TABLE entry (name TEXT UNIQUE); -- and its first row\nINSERT INTO entry VALUES (?1)', [
    'first',
  ]);
  const { bookmark = '' } = await sdk().d1.database.timeTravel.getBookmark(uuid, { account_id });
  const batch = ['second', 'first'].map((name) => ({ sql: 'INSERT INTO entry VALUES (?)', params: [name] }));
  await assert.rejects(
    sdk().d1.database.query(uuid, { account_id, batch }),
    /UNIQUE constraint failed: entry.name: SQLITE_ERROR/,
  );
  await query('DROP TABLE entry; CREATE TABLE other (name TEXT)');
  await assert.rejects(query('SAVEPOINT mine'), /not authorized/);
  await sdk().d1.database.timeTravel.restore(uuid, { account_id, bookmark });
  assert.deepEqual((await query('SELECT * FROM entry'))[0]?.results, [{ name: 'first' }]);
  await assert.rejects(query('SELECT * FROM other'), /no such table: other/);
});
