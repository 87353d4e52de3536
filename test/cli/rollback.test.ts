/** `npm run rollback` by the pinned wrangler on the simulated platform. test/unit/deploy/rollback.test.ts has the rest. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { createWrangler } from '../../scripts/platform/run-wrangler.ts';
import { type PreparedDeployment, prepareDeployment } from '../support/deploy/prepared-deployment.ts';
import {
  provideWorker,
  recordDeployment,
  rollBackOf,
  type ServedVersions,
} from '../support/deploy/rolled-back.ts';
import { type PlatformApi, startPlatformApi } from '../support/platform-api/server.ts';
import { type StandInGateway, startStandInGateway } from '../support/stand-in-gateway.ts';
import { runNode } from './running-operations.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';
const NO_CREDENTIALS = { CLOUDFLARE_API_TOKEN: '', CLOUDFLARE_ACCOUNT_ID: '' };

let api: PlatformApi;
let gateway: StandInGateway;
let prepared: PreparedDeployment;
let versions: ServedVersions;
before(async () => {
  [api, gateway] = await Promise.all([startPlatformApi(), startStandInGateway('any')]);
  gateway.answer = ({ path }) =>
    path === '/admin/caches/purge' ? { status: 200, body: { purge: 'purged' } } : undefined;
});
after(() => Promise.all([api?.close(), gateway?.close()]));
beforeEach(() => {
  prepared = prepareDeployment(api, { origin: gateway.url, adminKey: ADMIN_KEY });
  versions = provideWorker(api, prepared.deployment.target.workerName);
});

const wrangler = () => createWrangler({ env: { ...process.env, ...api.env() }, cwd: '.' });
const outcomes = async () =>
  (await prepared.db.query<{ outcome: string }>('SELECT outcome FROM deployment ORDER BY started_at')).map(
    ({ outcome }) => outcome,
  );

test('the command ends an open deployment, and the next one purges alone', async () => {
  const [older, newer] = [versions.upload(), versions.upload()];
  versions.serve({ [older]: 90, [newer]: 10 });
  recordDeployment(prepared, { before: older, now: newer, open: true });
  const variables = { ...api.env(), OPERATIONS_KEY: '', ADMIN_KEY: '' };
  const { exitCode, out, err } = await runNode(['scripts/rollback/cli.ts', 'production'], {
    variables,
  });
  assert.equal(exitCode, 0, out + err);
  assert.deepEqual(versions.serving(), [older]);
  assert.match(out, new RegExp(`^all traffic goes to ${older}$`, 'm'));
  assert.match(out, /^caches in front are not purged: there is no OPERATIONS_KEY/m);
  assert.match(out, new RegExp(`^production: 100 % of requests go to ${older}. Rolled back.$`, 'm'));
  assert.deepEqual(await outcomes(), ['rolled_back']);
  assert.deepEqual(api.unsupported, []);
  // By the message that real wrangler has left with the deployment.
  assert.equal(await rollBackOf(prepared, { wrangler: wrangler() }), 0, prepared.lines.join('\n'));
  assert.match(prepared.lines.join('\n'), /^It is rolled back already/);
  assert.deepEqual(versions.serving(), [older]);
  assert.deepEqual(await outcomes(), ['rolled_back']);
});

test('a version with former secrets is gone back to only where it is named', async () => {
  const [older, newer] = [versions.upload(), versions.upload()];
  for (const version of [older, newer]) versions.serve({ [version]: 100 });
  recordDeployment(prepared, { before: older, now: newer });
  const rotated = versions.putSecret('second');
  assert.equal(await rollBackOf(prepared, { wrangler: wrangler() }), 1);
  assert.deepEqual(versions.serving(), [rotated]);
  assert.equal(
    prepared.lines.at(-1),
    `These secrets have changed since: JWT_SECRET. A rollback brings the former values back. To agree: npm run rollback -- production ${older}`,
  );
  assert.deepEqual(await outcomes(), ['deployed']);
  assert.equal(await rollBackOf(prepared, { wrangler: wrangler(), given: older }), 0);
  assert.deepEqual(versions.serving(), [older]);
  assert.match(
    prepared.lines.join('\n'),
    /^Secrets that have changed since are the former ones again: JWT_SECRET\. /m,
  );
  assert.deepEqual(await outcomes(), ['rolled_back']);
});

test('the platform refuses a version from before a change of classes, should the check before not know of it', async () => {
  const older = versions.upload();
  versions.serve({ [older]: 100 });
  const newer = versions.upload({ newClass: 'Rooms' });
  versions.serve({ [newer]: 100 });
  recordDeployment(prepared, { before: older, now: newer });
  const unknown = { tag: undefined, triggeredBy: undefined, migrationTag: undefined };
  const worker = { ...prepared.deployment.worker, version: async () => unknown };
  assert.equal(await rollBackOf(prepared, { wrangler: wrangler(), worker }), 1);
  assert.deepEqual(versions.serving(), [newer]);
  assert.match(prepared.lines.join('\n'), /The traffic was not moved[\s\S]*Durable Object migration/);
  assert.deepEqual(await outcomes(), ['deployed']);
});

test('without credentials it says what it lacks', async () => {
  const { exitCode, err } = await runNode(['scripts/rollback/cli.ts', 'production'], {
    variables: NO_CREDENTIALS,
  });
  assert.equal(exitCode, 2);
  assert.match(err, /CLOUDFLARE_API_TOKEN is not set/);
});
