/** Wrangler is a stand-in here, which does what `wrangler rollback` does; test/cli/rollback.test.ts has the real one. */
import { expect, test } from 'vitest';
import { CACHE_GENERATIONS_KEY } from '../../../src/storage/kv/keys.ts';
import { recordDeployment } from '../../support/deploy/rolled-back.ts';
import { useRollbacks } from '../../support/deploy/use-rollbacks.ts';

const world = useRollbacks();

test('all traffic goes to the version before; caches are purged; the record says by whom', async () => {
  world.recorded();
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
  expect(world.wranglerRuns.map((args) => args.slice(0, 6))).toEqual([
    ['versions', 'deploy', `${world.older}@100%`, '--yes', '--env', 'production'],
  ]);
  expect(world.gateway.asked.map(({ path }) => path)).toEqual(['/admin/caches/purge', '/admin/caches/purge']);
  expect(world.prepared.cached(CACHE_GENERATIONS_KEY)).toMatchObject({ projects: expect.any(Number) });
  const [record, ...others] = await world.records();
  expect(record).toEqual({
    version: world.newer,
    outcome: 'rolled_back',
    isOpen: null,
    reason: `rolled back to ${world.older} by bob@example.com`,
  });
  expect(others.map(({ outcome }) => outcome)).toEqual(['deployed', 'deployed']);
  expect(world.prepared.lines.at(-1)).toBe(
    `production: 100 % of requests go to ${world.older}. Rolled back.`,
  );
});

test('the next one purges again and moves nothing; one that names a version goes further back', async () => {
  world.recorded();
  await world.run();
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
  expect(world.gateway.asked).toHaveLength(4);
  expect(await world.run({ given: world.oldest })).toBe(0);
  expect(world.versions.serving()).toEqual([world.oldest]);
});

test('the version that was gone back from is never gone back to', async () => {
  // None of these has a record, as where they were deployed by wrangler.
  expect(await world.run()).toBe(0);
  // A secret is put: the current deployment is no rollback's any more.
  world.versions.putSecret('second');
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.oldest]);
  world.versions.putSecret('third');
  await expect(world.run()).rejects.toThrow(/No version served before this one/);
});

/** The platform does not say the migration of a version. */
const UNKNOWN_VERSION = { tag: undefined, triggeredBy: undefined, migrationTag: undefined };

test('an open deployment is ended, also while a run works on it', async () => {
  world.openAt10('another run');
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
  expect(await world.records()).toMatchObject([{ outcome: 'rolled_back', isOpen: null }]);
});

test('a run that has lost it, and moves traffic at that moment, is waited for', async () => {
  const gateway = { ...world.prepared.deployment.gateway, adminKey: undefined };
  world.openAt10('another run');
  const sleep = async (milliseconds: number) => {
    if (milliseconds >= 10_000) world.versions.serve({ [world.older]: 50, [world.newer]: 50 });
  };
  expect(await world.run({ sleep, gateway })).toBe(1);
  expect(world.prepared.lines.at(-1)).toMatch(/^Somebody has moved the traffic meanwhile/);
  expect(await world.run({ gateway })).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
});

test('the record keeps what another run has written since it was found', async () => {
  world.openAt10('another run');
  await world.prepared.db.query('UPDATE deployment SET version_now = NULL');
  const worker = {
    ...world.prepared.deployment.worker,
    // Asked for after the record is read.
    async version() {
      await world.prepared.db.query('UPDATE deployment SET version_now = ?1', [world.newer]);
      return UNKNOWN_VERSION;
    },
  };
  expect(await world.run({ worker })).toBe(0);
  expect(await world.records()).toMatchObject([{ version: world.newer, outcome: 'rolled_back' }]);
});

test('an open deployment whose traffic has gone back already is closed', async () => {
  world.versions.serve({ [world.older]: 100 });
  recordDeployment(world.prepared, { before: world.older, now: world.newer, open: true });
  expect(await world.run()).toBe(0);
  expect(world.wranglerRuns).toEqual([]);
  expect(await world.records()).toMatchObject([{ outcome: 'rolled_back' }]);
});

test('a named version is gone back to; an unknown one is refused', async () => {
  world.recorded();
  await expect(world.run({ given: '00000000-0000-4000-8000-000000000000' })).rejects.toThrow(
    /has no version/,
  );
  expect(await world.run({ given: world.oldest })).toBe(0);
  expect(world.versions.serving()).toEqual([world.oldest]);
  expect(await world.records()).toMatchObject([
    { version: world.newer, reason: `rolled back to ${world.oldest} by bob@example.com` },
    {},
    {},
  ]);
});

test('naming the version that serves purges again, and changes no record', async () => {
  world.recorded();
  expect(await world.run({ given: world.newer })).toBe(0);
  expect(world.wranglerRuns).toEqual([]);
  expect(world.gateway.asked).toHaveLength(2);
  expect((await world.records()).map(({ outcome }) => outcome)).toEqual(['deployed', 'deployed', 'deployed']);
});

test('a version with other secrets alone is no deployment: it is gone back to the one before its code', async () => {
  world.recorded();
  world.versions.putSecret('second');
  world.versions.putSecret('third');
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
  expect(await world.records()).toMatchObject([{ version: world.newer, outcome: 'rolled_back' }, {}, {}]);
});

test('that holds by the platform alone too', async () => {
  world.versions.putSecret('second');
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
});

test('without a record, the platform says which version served alone before', async () => {
  world.versions.serve({ [world.newer]: 60, [world.older]: 40 });
  world.versions.serve({ [world.newer]: 100 });
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
  expect(await world.records()).toMatchObject([{ version: world.newer, outcome: 'rolled_back' }]);
});

test('of traffic that is divided by hand, all goes to the version that served alone, whose record stays', async () => {
  world.recorded();
  const byHand = world.versions.upload();
  world.versions.serve({ [world.newer]: 90, [byHand]: 10 });
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.newer]);
  expect(await world.records()).toMatchObject([
    { version: byHand, outcome: 'rolled_back' },
    { version: world.newer, outcome: 'deployed' },
    {},
    {},
  ]);
});

test('an open deployment that does not know its new version gives all traffic back to the old one', async () => {
  world.openAt10();
  // As the bookmark has it, which was taken before the upload.
  await world.prepared.db.query('UPDATE deployment SET version_now = NULL');
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
});

test('an open deployment beside versions of somebody else is refused, and the version before is named', async () => {
  recordDeployment(world.prepared, { before: world.oldest, now: world.older, open: true });
  await expect(world.run()).rejects.toThrow(
    new RegExp(`Another version was deployed meanwhile[\\s\\S]*it was ${world.oldest}`),
  );
  expect(world.versions.serving()).toEqual([world.newer]);
});

test('a change of Durable Object classes is refused before anything is changed', async () => {
  const withHubs = world.versions.upload({ newClass: 'Hubs' });
  const withClass = world.versions.upload({ newClass: 'Rooms' });
  world.versions.serve({ [withClass]: 100 });
  recordDeployment(world.prepared, { before: world.newer, now: withClass, kind: 'whole' });
  await expect(world.run()).rejects.toThrow(
    /Classes of Durable Objects have changed since version[\s\S]*Nothing has changed[\s\S]*git revert/,
  );
  // No record says so of a version further back.
  await expect(world.run({ given: withHubs })).rejects.toThrow(/\(migrations: Hubs then, Rooms now\)/);
  const worker = { ...world.prepared.deployment.worker, version: async () => UNKNOWN_VERSION };
  await expect(world.run({ worker })).rejects.toThrow(/Classes of Durable Objects have changed/);
  expect(world.versions.serving()).toEqual([withClass]);
  expect(await world.records()).toMatchObject([{ outcome: 'deployed' }]);
});

test('a Worker that is not deployed is refused', async () => {
  world.api.workers.delete(world.prepared.deployment.target.workerName);
  await expect(world.run()).rejects.toThrow(/is not deployed/);
});
