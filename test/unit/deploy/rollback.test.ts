/** Wrangler is a stand-in here, which does what `wrangler rollback` does; test/cli/rollback.test.ts has the real one. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DeploymentRecords } from '../../../scripts/deploy/record.ts';
import { unreachable } from '../../../scripts/operations/command-failure.ts';
import type { Wrangler } from '../../../scripts/platform/run-wrangler.ts';
import type { RollbackSources } from '../../../scripts/rollback/rollback.ts';
import { CACHE_GENERATIONS_KEY } from '../../../src/storage/kv/keys.ts';
import { type PreparedDeployment, prepareDeployment } from '../../support/deploy/prepared-deployment.ts';
import {
  provideWorker,
  recordDeployment,
  recordsOf,
  rollBackOf,
  rolledBackBy,
  type ServedVersions,
} from '../../support/deploy/rolled-back.ts';
import { type PlatformApi, startPlatformApi } from '../../support/platform-api/server.ts';
import { type StandInGateway, startStandInGateway } from '../../support/stand-in-gateway.ts';

const ADMIN_KEY = 'an-admin-key-for-tests-of-32-chars';

let api: PlatformApi;
let gateway: StandInGateway;
let prepared: PreparedDeployment;
let versions: ServedVersions;
let [oldest, older, newer]: string[] = [];
let wranglerRuns: (readonly string[])[];
beforeAll(async () => {
  [api, gateway] = await Promise.all([startPlatformApi(), startStandInGateway('any')]);
});
afterAll(() => Promise.all([api.close(), gateway.close()]));
beforeEach(() => {
  prepared = prepareDeployment(api, { origin: gateway.url, adminKey: ADMIN_KEY });
  versions = provideWorker(api, prepared.deployment.target.workerName);
  [oldest, older, newer] = [1, 2, 3].map(() => versions.upload());
  for (const version of [oldest, older, newer]) versions.serve({ [version ?? '']: 100 });
  wranglerRuns = [];
  gateway.asked = [];
  gateway.answer = ({ path }) =>
    path === '/admin/caches/purge' ? { status: 200, body: { purge: 'purged' } } : undefined;
});

const wrangler: Wrangler = (args) => {
  wranglerRuns.push(args);
  return rolledBackBy(versions, args);
};
const run = (changes: Partial<RollbackSources> = {}) => rollBackOf(prepared, { wrangler, ...changes });
const records = () => recordsOf(prepared);
const recorded = () => {
  recordDeployment(prepared, { before: null, now: oldest ?? '', kind: 'first', at: 1 });
  recordDeployment(prepared, { before: oldest ?? '', now: older ?? '', at: 2 });
  recordDeployment(prepared, { before: older ?? '', now: newer ?? '', at: 3 });
};
/** A deployment at 10 %. @param runId of the run that works on it */
const openAt10 = (runId?: string) => {
  versions.serve({ [older ?? '']: 90, [newer ?? '']: 10 });
  recordDeployment(prepared, {
    ...{ before: older ?? '', now: newer ?? '', open: true },
    ...(runId === undefined ? {} : { runId }),
  });
};

test('all traffic goes to the version before; caches are purged; the record says by whom', async () => {
  recorded();
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
  expect(wranglerRuns.map((args) => args.slice(0, 6))).toEqual([
    ['versions', 'deploy', `${older}@100%`, '--yes', '--env', 'production'],
  ]);
  expect(gateway.asked.map(({ path }) => path)).toEqual(['/admin/caches/purge', '/admin/caches/purge']);
  expect(prepared.cached(CACHE_GENERATIONS_KEY)).toMatchObject({ projects: expect.any(Number) });
  const [record, ...others] = await records();
  expect(record).toEqual({
    version: newer,
    outcome: 'rolled_back',
    isOpen: null,
    reason: `rolled back to ${older} by bob@example.com`,
  });
  expect(others.map(({ outcome }) => outcome)).toEqual(['deployed', 'deployed']);
  expect(prepared.lines.at(-1)).toBe(`production: 100 % of requests go to ${older}. Rolled back.`);
});

test('the next one purges again and moves nothing; one that names a version goes further back', async () => {
  recorded();
  await run();
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
  expect(gateway.asked).toHaveLength(4);
  expect(await run({ given: oldest })).toBe(0);
  expect(versions.serving()).toEqual([oldest]);
});

test('the version that was gone back from is never gone back to', async () => {
  // None of these has a record, as where they were deployed by wrangler.
  expect(await run()).toBe(0);
  // A secret is put: the current deployment is no rollback's any more.
  versions.putSecret('second');
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([oldest]);
  versions.putSecret('third');
  await expect(run()).rejects.toThrow(/No version served before this one/);
});

/** The platform does not say the migration of a version. */
const UNKNOWN_VERSION = { tag: undefined, triggeredBy: undefined, migrationTag: undefined };

test('an open deployment is ended, also while a run works on it', async () => {
  openAt10('another run');
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
  expect(await records()).toMatchObject([{ outcome: 'rolled_back', isOpen: null }]);
});

test('a run that has lost it, and moves traffic at that moment, is waited for', async () => {
  prepared = prepareDeployment(api, { origin: gateway.url });
  openAt10('another run');
  const sleep = async (milliseconds: number) => {
    if (milliseconds >= 10_000) versions.serve({ [older ?? '']: 50, [newer ?? '']: 50 });
  };
  expect(await run({ sleep })).toBe(1);
  expect(prepared.lines.at(-1)).toMatch(/^Somebody has moved the traffic meanwhile/);
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
});

test('the record keeps what another run has written since it was found', async () => {
  openAt10('another run');
  await prepared.db.query('UPDATE deployment SET version_now = NULL');
  const worker = {
    ...prepared.deployment.worker,
    // Asked for after the record is read.
    async version() {
      await prepared.db.query('UPDATE deployment SET version_now = ?1', [newer ?? '']);
      return UNKNOWN_VERSION;
    },
  };
  expect(await run({ worker })).toBe(0);
  expect(await records()).toMatchObject([{ version: newer, outcome: 'rolled_back' }]);
});

test('an open deployment whose traffic has gone back already is closed', async () => {
  versions.serve({ [older ?? '']: 100 });
  recordDeployment(prepared, { before: older ?? '', now: newer ?? '', open: true });
  expect(await run()).toBe(0);
  expect(wranglerRuns).toEqual([]);
  expect(await records()).toMatchObject([{ outcome: 'rolled_back' }]);
});

test('a run that is cut off is completed by the next one, which goes to the same version', async () => {
  recorded();
  const sleep = () => Promise.reject(new Error('cut off'));
  await expect(run({ sleep, given: oldest })).rejects.toThrow('cut off');
  expect(versions.serving()).toEqual([oldest]);
  expect(await records()).toMatchObject([{ version: newer, outcome: 'open' }, {}, {}]);
  expect(await run({ runId: 'the next run' })).toBe(0);
  expect(versions.serving()).toEqual([oldest]);
  expect(wranglerRuns).toHaveLength(1);
  expect(await records()).toMatchObject([
    { version: newer, outcome: 'rolled_back' },
    { outcome: 'deployed' },
    { outcome: 'deployed' },
  ]);
});

test('a named version is gone back to; an unknown one is refused', async () => {
  recorded();
  await expect(run({ given: '00000000-0000-4000-8000-000000000000' })).rejects.toThrow(/has no version/);
  expect(await run({ given: oldest ?? '' })).toBe(0);
  expect(versions.serving()).toEqual([oldest]);
  expect(await records()).toMatchObject([
    { version: newer, reason: `rolled back to ${oldest} by bob@example.com` },
    {},
    {},
  ]);
});

test('naming the version that serves purges again, and changes no record', async () => {
  recorded();
  expect(await run({ given: newer ?? '' })).toBe(0);
  expect(wranglerRuns).toEqual([]);
  expect(gateway.asked).toHaveLength(2);
  expect((await records()).map(({ outcome }) => outcome)).toEqual(['deployed', 'deployed', 'deployed']);
});

test('a version with other secrets alone is no deployment: it is gone back to the one before its code', async () => {
  recorded();
  versions.putSecret('second');
  versions.putSecret('third');
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
  expect(await records()).toMatchObject([{ version: newer, outcome: 'rolled_back' }, {}, {}]);
});

test('that holds by the platform alone too', async () => {
  versions.putSecret('second');
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
});

test('without a record, the platform says which version served alone before', async () => {
  versions.serve({ [newer ?? '']: 60, [older ?? '']: 40 });
  versions.serve({ [newer ?? '']: 100 });
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
  expect(await records()).toMatchObject([{ version: newer, outcome: 'rolled_back' }]);
});

test('of traffic that is divided by hand, all goes to the version that served alone, whose record stays', async () => {
  recorded();
  const byHand = versions.upload();
  versions.serve({ [newer ?? '']: 90, [byHand]: 10 });
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([newer]);
  expect(await records()).toMatchObject([
    { version: byHand, outcome: 'rolled_back' },
    { version: newer, outcome: 'deployed' },
    {},
    {},
  ]);
});

test('an open deployment that does not know its new version gives all traffic back to the old one', async () => {
  openAt10();
  // As the bookmark has it, which was taken before the upload.
  await prepared.db.query('UPDATE deployment SET version_now = NULL');
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
});

test('an open deployment beside versions of somebody else is refused, and the version before is named', async () => {
  recordDeployment(prepared, { before: oldest ?? '', now: older ?? '', open: true });
  await expect(run()).rejects.toThrow(
    new RegExp(`Another version was deployed meanwhile[\\s\\S]*it was ${oldest}`),
  );
  expect(versions.serving()).toEqual([newer]);
});

test('a change of Durable Object classes is refused before anything is changed', async () => {
  const withHubs = versions.upload({ newClass: 'Hubs' });
  const withClass = versions.upload({ newClass: 'Rooms' });
  versions.serve({ [withClass]: 100 });
  recordDeployment(prepared, { before: newer ?? '', now: withClass, kind: 'whole' });
  await expect(run()).rejects.toThrow(
    /Classes of Durable Objects have changed since version[\s\S]*Nothing has changed[\s\S]*git revert/,
  );
  // No record says so of a version further back.
  await expect(run({ given: withHubs })).rejects.toThrow(/\(migrations: Hubs then, Rooms now\)/);
  const worker = { ...prepared.deployment.worker, version: async () => UNKNOWN_VERSION };
  await expect(run({ worker })).rejects.toThrow(/Classes of Durable Objects have changed/);
  expect(versions.serving()).toEqual([withClass]);
  expect(await records()).toMatchObject([{ outcome: 'deployed' }]);
});

test('a refusal of the platform is shown, and the record is as it was', async () => {
  recorded();
  const refused: Wrangler = async () => ({ exitCode: 1, stdout: '', stderr: 'not this one', entries: [] });
  expect(await run({ wrangler: refused })).toBe(1);
  expect(prepared.lines.join('\n')).toMatch(
    /The traffic was not moved: wrangler ended with 1\.\n {4}not this one/,
  );
  expect(await records()).toMatchObject([{ outcome: 'deployed', isOpen: null, reason: null }, {}, {}]);
  expect(gateway.asked).toEqual([]);
});

test('an open deployment stays open where the platform refuses', async () => {
  recordDeployment(prepared, { before: older ?? '', now: newer ?? '', open: true });
  const refused: Wrangler = async () => ({ exitCode: 1, stdout: '', stderr: '', entries: [] });
  expect(await run({ wrangler: refused })).toBe(1);
  expect(await records()).toMatchObject([{ outcome: 'open', isOpen: 1 }]);
  expect(await run()).toBe(0);
});

test('while the gateway is down it is rolled back all the same, and the output says what is left', async () => {
  recorded();
  gateway.answer = () => ({ status: 500, body: {} });
  expect(await run()).toBe(1);
  expect(versions.serving()).toEqual([older]);
  expect(prepared.cached(CACHE_GENERATIONS_KEY)).toMatchObject({ projects: expect.any(Number) });
  expect(prepared.lines.join('\n')).toMatch(/answered 500[\s\S]*Not all caches are purged/);
  expect(await records()).toMatchObject([{ outcome: 'rolled_back' }, {}, {}]);
  expect(await run()).toBe(1);
  expect(versions.serving()).toEqual([older]);
});

test('while D1 is down it is rolled back by what the platform knows', async () => {
  api.databases.delete(prepared.deployment.target.databaseId);
  expect(await run()).toBe(1);
  expect(versions.serving()).toEqual([older]);
  expect(prepared.lines[0]).toMatch(/record of deployments cannot be read/);
  expect(await run()).toBe(1);
  expect(versions.serving()).toEqual([older]);
});

test('a record that was opened though the answer was lost is closed in the end', async () => {
  openAt10();
  const records = new DeploymentRecords(prepared.db, '.');
  const claim = records.claim.bind(records);
  records.claim = async (...args) => {
    await claim(...args);
    throw unreachable('the answer was lost');
  };
  expect(await run({ records })).toBe(0);
  expect(await prepared.db.query('SELECT outcome, is_open AS isOpen FROM deployment')).toEqual([
    { outcome: 'rolled_back', isOpen: null },
  ]);
});

test('traffic that somebody moves meanwhile is told, and the next run goes on', async () => {
  recorded();
  const sleep = async () => versions.serve({ [newer ?? '']: 100 });
  expect(await run({ sleep })).toBe(1);
  expect(prepared.lines.at(-1)).toMatch(/^Somebody has moved the traffic meanwhile: 100 %/);
  expect(await run()).toBe(0);
  expect(versions.serving()).toEqual([older]);
});

test('a Worker that is not deployed is refused', async () => {
  api.workers.delete(prepared.deployment.target.workerName);
  await expect(run()).rejects.toThrow(/is not deployed/);
});
