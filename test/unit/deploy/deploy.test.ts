/** The engine of deployments, on a platform in memory: what a run does besides its steps. */
import { expect, test } from 'vitest';
import { LEASE_SECONDS } from '../../../scripts/deploy/record.ts';
import { CommandFailure } from '../../../scripts/operations/command-failure.ts';
import { COMMIT, DeployedWorld, OLD } from '../../support/deployed-world.ts';

const OTHER_COMMIT = 'd'.repeat(40);
const WHOLLY_OLD = [{ versionId: OLD, percent: 100 }];
const finding = 'MarketList, misses: 95th percentile of the durations 900 ms now, 10 ms before';

const codeOf = (ended: unknown) => (ended instanceof CommandFailure ? ended.problems[0]?.code : ended);
const latest = async (world: DeployedWorld) => (await world.records.latest(1))[0];

/** Does this before the first such call goes on. */
function atCall(world: DeployedWorld, call: string, work: () => Promise<void>): void {
  world.onCall = async (name) => {
    if (name !== call) return;
    world.onCall = async () => undefined;
    await work();
  };
}

test('a version that is worse loses all traffic at once, and the operation is named', async () => {
  const world = new DeployedWorld('gradual');
  world.verdict = { kind: 'regress', findings: [finding] };
  expect(await world.run()).toBe(1);
  expect(world.shares).toEqual(WHOLLY_OLD);
  expect(world.text).toContain(finding);
  expect(world.text).toContain(`production: 100 % of requests go to ${OLD} (old).`);
  expect(world.calls).toContain('purge');
  expect(await latest(world)).toMatchObject({
    outcome: 'regressed',
    reason: expect.stringContaining('MarketList'),
  });
});

test('a version without enough requests is held where it is, and the next run watches it again', async () => {
  const world = new DeployedWorld('gradual');
  world.verdict = { kind: 'hold', reasons: ['Too few requests.'] };
  expect(await world.run()).toBe(1);
  const held = [
    { versionId: 'version-1', percent: 10 },
    { versionId: OLD, percent: 90 },
  ];
  expect(world.shares).toEqual(held);
  expect(world.lines.slice(-3)).toEqual([
    `production: 10 % of requests go to version-1 (new), 90 % to ${OLD} (old).`,
    `Go on, at commit ${COMMIT.slice(0, 12)}: npm run deploy -- production`,
    'Roll back: npm run rollback -- production',
  ]);
  expect(codeOf(await world.run({ commit: OTHER_COMMIT }))).toBe('OPEN');
  world.verdict = { kind: 'promote' };
  expect(await world.run()).toBe(0);
  expect(world.calls.filter((call) => call === 'versions upload')).toEqual([]);
  expect(world.shares).toEqual([{ versionId: 'version-1', percent: 100 }]);
});

test.each(['smoke tests', 'watch', 'versions deploy'])(
  'where "%s" fails, all traffic goes back',
  async (call) => {
    const world = new DeployedWorld('gradual');
    await world.run();
    const failing = world.calls.lastIndexOf(call) - (call === 'versions deploy' ? 0 : 0);
    const broken = new DeployedWorld('gradual');
    broken.faults.set(failing, 'before');
    expect(await broken.run()).toBe(1);
    expect(broken.shares).toEqual(WHOLLY_OLD);
    expect(await latest(broken)).toMatchObject({ outcome: 'failed' });
    expect(broken.calls.includes('purge')).toBe(call !== 'smoke tests');
  },
);

test('of two runs at once one deploys, and the other one is refused', async () => {
  const world = new DeployedWorld('gradual');
  let second: unknown;
  atCall(world, 'watch', async () => {
    second = await world.run();
  });
  expect(await world.run()).toBe(0);
  expect(codeOf(second)).toBe('LOCKED');
});

test('a run that was taken over changes nothing more', async () => {
  const world = new DeployedWorld('gradual');
  atCall(world, 'watch', async () => {
    world.verdict = { kind: 'hold', reasons: [] };
    expect(await world.run({ takeOver: true })).toBe(1);
    world.verdict = { kind: 'regress', findings: [finding] };
  });
  expect(await world.run()).toBe(1);
  expect(world.text).toContain('Another run has taken this deployment over.');
  expect(world.lines.at(-1)).toMatch(/^production: 10 % of requests go to version-1/);
  expect(world.shares).toHaveLength(2);
  expect((await world.records.latest(9)).map(({ outcome }) => outcome)).toEqual(['open']);
});

test('a run that died is followed by the next one when it was not heard of for a time', async () => {
  const world = new DeployedWorld('gradual');
  // Neither this call nor any later one of the run does anything.
  for (let call = 15; call < 99; call += 1) world.faults.set(call, 'before');
  expect(await world.run()).toBe(1);
  world.faults.clear();
  const refused = await world.run();
  expect(codeOf(refused)).toBe('LOCKED');
  expect(String(refused)).toContain('--take-over');
  world.db.exec(`UPDATE deployment SET seen_at = seen_at - ${LEASE_SECONDS + 1}`);
  expect(await world.run()).toBe(0);
});

test('a version that somebody else deployed meanwhile is left as it is', async () => {
  const world = new DeployedWorld('gradual');
  const foreign = [{ versionId: 'by-hand', percent: 100 }];
  atCall(world, 'watch', async () => {
    world.shares = foreign;
  });
  expect(await world.run()).toBe(1);
  expect(world.shares).toBe(foreign);
  expect(world.text).toContain('Another version was deployed meanwhile: 100 % of requests go to by-hand');
  expect(await world.run({ commit: OTHER_COMMIT })).toBe(0);
});

test.each([
  ['all traffic back', WHOLLY_OLD],
  [
    'the new version less',
    [
      { versionId: 'version-1', percent: 1 },
      { versionId: OLD, percent: 99 },
    ],
  ],
])('a run that watches does not undo that somebody gave %s by hand', async (_, byHand) => {
  const world = new DeployedWorld('gradual');
  atCall(world, 'watch', async () => {
    world.shares = byHand;
  });
  expect(await world.run()).toBe(1);
  expect(world.text).toMatch(/^Somebody has changed the traffic meanwhile: .*\.$/m);
  expect(world.text).not.toContain('50 %: ');
  expect(world.shares).toEqual(WHOLLY_OLD);
  expect(await latest(world)).toMatchObject({ outcome: 'failed' });
});

test('a version that somebody gave all traffic by hand keeps it, and the next run does what is left', async () => {
  const world = new DeployedWorld('gradual');
  const wholly = [{ versionId: 'version-1', percent: 100 }];
  atCall(world, 'watch', async () => {
    world.shares = wholly;
  });
  expect(await world.run()).toBe(1);
  expect(world.shares).toBe(wholly);
  expect(await world.run()).toBe(0);
  expect(world.shares).toBe(wholly);
  expect(world.calls).not.toContain('watch');
  expect(world.calls).toContain('purge');
});

test('an open deployment that somebody overtook by hand is closed, and the next one begins anew', async () => {
  const world = new DeployedWorld('gradual');
  world.verdict = { kind: 'hold', reasons: [] };
  await world.run();
  world.shares = [{ versionId: 'by-hand', percent: 100 }];
  world.verdict = { kind: 'promote' };
  expect(await world.run({ commit: OTHER_COMMIT })).toBe(0);
  world.nowMs += 1000;
  const outcomes = (await world.records.latest(9)).map(({ commit, outcome }) => [commit, outcome]);
  expect(outcomes).toContainEqual([COMMIT, 'failed']);
  expect(outcomes).toContainEqual([OTHER_COMMIT, 'deployed']);
});

test('where traffic was given back by hand, an open deployment begins at 0 % again', async () => {
  const world = new DeployedWorld('gradual');
  world.verdict = { kind: 'hold', reasons: [] };
  await world.run();
  world.shares = WHOLLY_OLD;
  world.verdict = { kind: 'promote' };
  expect(await world.run()).toBe(0);
  expect(world.calls).toContain('smoke tests');
  expect(world.calls.filter((call) => call === 'watch')).toHaveLength(2);
});

test('traffic that somebody divides without a deployment is refused', async () => {
  const world = new DeployedWorld('gradual');
  world.shares = [
    { versionId: OLD, percent: 60 },
    { versionId: 'by-hand', percent: 40 },
  ];
  const refused = await world.run();
  expect(codeOf(refused)).toBe('SPLIT');
  expect(String(refused)).toContain(`60 % of requests go to ${OLD} (old), 40 % to by-hand`);
});

test('a change of Durable Object classes needs --whole, and says beforehand that it has no way back', async () => {
  const world = new DeployedWorld('whole');
  const refused = await world.run({ whole: false });
  expect(codeOf(refused)).toBe('WHOLE');
  expect(String(refused)).toMatch(/\(ledgers\).*all traffic at once.*cannot be rolled back by itself/);
  expect(world.shares).toEqual(WHOLLY_OLD);
  expect(await latest(world)).toBeUndefined();
  expect(await world.run({ whole: true })).toBe(0);
  expect(world.lines[0]).toContain('cannot be rolled back by itself');
});

test('--whole is a permission: a deployment without such a change stays gradual', async () => {
  const world = new DeployedWorld('gradual');
  expect(await world.run({ whole: true })).toBe(0);
  expect(world.calls).toContain('watch');
});

test('a command that somebody ends gives all traffic back before it ends', async () => {
  const world = new DeployedWorld('gradual');
  const ended = new AbortController();
  atCall(world, 'watch', async () => ended.abort());
  expect(await world.run({ signal: ended.signal })).toBe(1);
  expect(world.shares).toEqual(WHOLLY_OLD);
  expect(world.text).toContain('Somebody has ended the command.');
});

test('a migration that fails leaves the version before, and says how the database is restored', async () => {
  const world = new DeployedWorld('gradual');
  await world.run();
  const broken = new DeployedWorld('gradual');
  broken.faults.set(world.calls.indexOf('d1 migrations'), 'before');
  expect(await broken.run()).toBe(1);
  expect(broken.shares).toEqual(WHOLLY_OLD);
  expect(broken.text).toContain(
    'npx wrangler d1 time-travel restore DB --env production --bookmark=bookmark-1',
  );
});

test('an open whole deployment that somebody overtook by hand is closed', async () => {
  const world = new DeployedWorld('whole');
  // Neither this call nor any later one of the run does anything.
  for (let call = 20; call < 99; call += 1) world.faults.set(call, 'before');
  await world.run();
  world.faults.clear();
  world.shares = [{ versionId: 'by-hand', percent: 100 }];
  expect(await world.run({ commit: OTHER_COMMIT, takeOver: true })).toBe(0);
});

test('a commit that lacks the one that serves is refused, as a run that is started again may be', async () => {
  const world = new DeployedWorld('gradual');
  expect(await world.run()).toBe(0);
  world.descends = false;
  expect(codeOf(await world.run({ commit: OTHER_COMMIT }))).toBe('OLDER');
  world.descends = true;
  expect(await world.run({ commit: OTHER_COMMIT })).toBe(0);
});

test('a Worker whose migrations the platform does not tell is not taken for a first deployment', async () => {
  const world = new DeployedWorld('gradual');
  expect(await world.run()).toBe(0);
  world.migrationTag = undefined;
  expect(codeOf(await world.run())).toBe('NO_TAG');
});

test('operations are checked again where a held deployment goes on', async () => {
  const world = new DeployedWorld('gradual');
  world.verdict = { kind: 'hold', reasons: [] };
  await world.run();
  await world.run();
  expect(world.calls.filter((call) => ['operations', 'own operations'].includes(call))).toEqual([
    'operations',
  ]);
});

test('Durable Objects of a version that is given up go back at once', async () => {
  const world = new DeployedWorld('gradual');
  world.verdict = { kind: 'regress', findings: [finding] };
  await world.run();
  const modes = world.wranglerArgs
    .filter(([first, second]) => first === 'versions' && second === 'deploy')
    .map((args) => args[args.indexOf('--durable-objects-code-update-mode') + 1]);
  expect(modes).toEqual(['deferred 30s', 'deferred 30s', 'immediate']);
});
