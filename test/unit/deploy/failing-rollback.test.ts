/** Rollbacks while the platform, D1 or the gateway fails, or which are cut off. */
import { expect, test } from 'vitest';
import { DeploymentRecords } from '../../../scripts/deploy/record.ts';
import { unreachable } from '../../../scripts/operations/command-failure.ts';
import type { Wrangler } from '../../../scripts/platform/run-wrangler.ts';
import { CACHE_GENERATIONS_KEY } from '../../../src/storage/kv/keys.ts';
import { recordDeployment } from '../../support/deploy/rolled-back.ts';
import { useRollbacks } from '../../support/deploy/use-rollbacks.ts';

const world = useRollbacks();

test('a run that is cut off is completed by the next one, which goes to the same version', async () => {
  world.recorded();
  const sleep = () => Promise.reject(new Error('cut off'));
  await expect(world.run({ sleep, given: world.oldest })).rejects.toThrow('cut off');
  expect(world.versions.serving()).toEqual([world.oldest]);
  expect(await world.records()).toMatchObject([{ version: world.newer, outcome: 'open' }, {}, {}]);
  expect(await world.run({ runId: 'the next run' })).toBe(0);
  expect(world.versions.serving()).toEqual([world.oldest]);
  expect(world.wranglerRuns).toHaveLength(1);
  expect(await world.records()).toMatchObject([
    { version: world.newer, outcome: 'rolled_back' },
    { outcome: 'deployed' },
    { outcome: 'deployed' },
  ]);
});

test('a refusal of the platform is shown, and the record is as it was', async () => {
  world.recorded();
  const refused: Wrangler = async () => ({ exitCode: 1, stdout: '', stderr: 'not this one', entries: [] });
  expect(await world.run({ wrangler: refused })).toBe(1);
  expect(world.prepared.lines.join('\n')).toMatch(
    /The traffic was not moved: wrangler ended with 1\.\n {4}not this one/,
  );
  expect(await world.records()).toMatchObject([{ outcome: 'deployed', isOpen: null, reason: null }, {}, {}]);
  expect(world.gateway.asked).toEqual([]);
});

test('an open deployment stays open where the platform refuses', async () => {
  recordDeployment(world.prepared, { before: world.older, now: world.newer, open: true });
  const refused: Wrangler = async () => ({ exitCode: 1, stdout: '', stderr: '', entries: [] });
  expect(await world.run({ wrangler: refused })).toBe(1);
  expect(await world.records()).toMatchObject([{ outcome: 'open', isOpen: 1 }]);
  expect(await world.run()).toBe(0);
});

test('while the gateway is down it is rolled back all the same, and the output says what is left', async () => {
  world.recorded();
  world.gateway.answer = () => ({ status: 500, body: {} });
  expect(await world.run()).toBe(1);
  expect(world.versions.serving()).toEqual([world.older]);
  expect(world.prepared.cached(CACHE_GENERATIONS_KEY)).toMatchObject({ projects: expect.any(Number) });
  expect(world.prepared.lines.join('\n')).toMatch(/answered 500[\s\S]*Not all caches are purged/);
  expect(await world.records()).toMatchObject([{ outcome: 'rolled_back' }, {}, {}]);
  expect(await world.run()).toBe(1);
  expect(world.versions.serving()).toEqual([world.older]);
});

test('while D1 is down it is rolled back by what the platform knows', async () => {
  world.api.databases.delete(world.prepared.deployment.target.databaseId);
  expect(await world.run()).toBe(1);
  expect(world.versions.serving()).toEqual([world.older]);
  expect(world.prepared.lines[0]).toMatch(/record of deployments cannot be read/);
  expect(await world.run()).toBe(1);
  expect(world.versions.serving()).toEqual([world.older]);
});

test('a record that was opened though the answer was lost is closed in the end', async () => {
  world.openAt10();
  const records = new DeploymentRecords(world.prepared.db, '.');
  const claim = records.claim.bind(records);
  records.claim = async (...args) => {
    await claim(...args);
    throw unreachable('the answer was lost');
  };
  expect(await world.run({ records })).toBe(0);
  expect(await world.prepared.db.query('SELECT outcome, is_open AS isOpen FROM deployment')).toEqual([
    { outcome: 'rolled_back', isOpen: null },
  ]);
});

test('traffic that somebody moves meanwhile is told, and the next run goes on', async () => {
  world.recorded();
  const sleep = async () => world.versions.serve({ [world.newer]: 100 });
  expect(await world.run({ sleep })).toBe(1);
  expect(world.prepared.lines.at(-1)).toMatch(/^Somebody has moved the traffic meanwhile: 100 %/);
  expect(await world.run()).toBe(0);
  expect(world.versions.serving()).toEqual([world.older]);
});
