/** A deployment whose platform or database fails, or does its work and loses the answer. `failures.test.ts` draws such faults. */
import { expect, test } from 'vitest';
import { CommandFailure } from '../../../scripts/operations/command-failure.ts';
import { COMMIT, DeployedWorld, OLD } from '../../support/deployed-world.ts';

const OTHER_COMMIT = 'd'.repeat(40);

test('an answer that is lost after its work is done is no failure where the platform says so', async () => {
  const world = new DeployedWorld('gradual');
  await world.run();
  const broken = new DeployedWorld('gradual');
  broken.faults.set(world.calls.lastIndexOf('versions deploy'), 'after');
  expect(await broken.run()).toBe(0);
  expect(broken.text).toContain('the platform has done what it was asked for');
});

test('a whole deployment whose answer is lost is found by the tag of its version, also by the next run', async () => {
  const deployCall = async (world: DeployedWorld) => {
    await world.run();
    return world.calls.indexOf('deploy --tag');
  };
  const call = await deployCall(new DeployedWorld('whole'));
  const broken = new DeployedWorld('whole');
  broken.faults.set(call, 'after');
  expect(await broken.run()).toBe(0);
  const blind = new DeployedWorld('whole');
  blind.faults.set(call, 'after').set(call + 1, 'before');
  expect(await blind.run()).toBe(1);
  expect(blind.lines.slice(-3)).toEqual([
    'production: 100 % of requests go to version-1.',
    `Go on, at commit ${COMMIT.slice(0, 12)}: npm run deploy -- production`,
    'Once all traffic is on the new version, it cannot be rolled back by itself.',
  ]);
  blind.faults.clear();
  expect(await blind.run()).toBe(0);
  expect(blind.calls).not.toContain('deploy --tag');
  expect([broken, blind].map(({ shares }) => shares)).toEqual(
    Array(2).fill([{ versionId: 'version-1', percent: 100 }]),
  );
});

test('a run whose first write loses its answer leaves no open deployment', async () => {
  const world = new DeployedWorld('gradual');
  await world.run();
  const broken = new DeployedWorld('gradual');
  broken.faults.set(
    world.calls.findIndex((call) => call.startsWith('db INSERT')),
    'after',
  );
  expect(await broken.run()).toBeInstanceOf(CommandFailure);
  broken.faults.clear();
  expect(await broken.run({ commit: OTHER_COMMIT })).toBe(0);
});

test('traffic goes back also where the platform fails for a moment', async () => {
  const world = new DeployedWorld('gradual');
  world.verdict = { kind: 'regress', findings: ['MarketList fails more often'] };
  await world.run();
  const back = world.calls.lastIndexOf('versions deploy');
  const failing = new DeployedWorld('gradual');
  failing.verdict = world.verdict;
  failing.faults.set(back, 'before').set(back + 2, 'before');
  expect(await failing.run()).toBe(1);
  expect(failing.shares).toEqual([{ versionId: OLD, percent: 100 }]);
  expect((await failing.records.latest(1))[0]).toMatchObject({ outcome: 'regressed' });
});

test('a platform that fails for a moment after a watch ends no deployment', async () => {
  const world = new DeployedWorld('gradual');
  await world.run();
  const failing = new DeployedWorld('gradual');
  const watched = world.calls.indexOf('watch');
  failing.faults.set(watched + 1, 'before').set(watched + 3, 'after');
  expect(await failing.run()).toBe(0);
  expect(failing.text).toContain('tried again in 10 s');
});

test('a version with all traffic keeps it, whatever fails after', async () => {
  const world = new DeployedWorld('gradual');
  await world.run();
  const failing = new DeployedWorld('gradual');
  const triggers = world.calls.indexOf('triggers deploy');
  failing.faults.set(triggers, 'before').set(triggers + 2, 'before');
  expect(await failing.run()).toBe(1);
  expect(failing.shares).toEqual([{ versionId: 'version-1', percent: 100 }]);
  expect(failing.text).toContain('Nobody knows where the traffic of production goes');
});
