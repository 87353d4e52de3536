/** Deployments whose calls fail, each of them, once or twice, also after they have done their work. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeploymentKind } from '../../../scripts/deploy/step.ts';
import { CommandFailure } from '../../../scripts/operations/command-failure.ts';
import { COMMIT, DeployedWorld, type Fault, OLD } from '../../support/deployed-world.ts';

const KINDS: readonly DeploymentKind[] = ['gradual', 'whole', 'first'];
const OTHER_COMMIT = 'd'.repeat(40);

const total = ({ shares = [] }: DeployedWorld) => shares.reduce((sum, { percent }) => sum + percent, 0);
const isOld = ({ shares = [] }: DeployedWorld) =>
  shares.length === 0 || (shares.length === 1 && shares[0]?.versionId === OLD);
const isNew = ({ shares = [] }: DeployedWorld) => shares.length === 1 && shares[0]?.versionId !== OLD;

async function openCommit(world: DeployedWorld): Promise<string | undefined> {
  world.faults.clear();
  return (await world.records.findOpen())?.commit;
}

/** The words about the traffic are true, or say that nobody knows. */
function saysTheTraffic(world: DeployedWorld): boolean {
  const { shares = [], text } = world;
  if (text.includes('Nobody knows where the traffic')) return true;
  if (shares.length === 0) return text.includes('no version serves');
  return shares.every(({ versionId, percent }) =>
    new RegExp(`${percent} % (of requests go )?to ${versionId}`).test(text),
  );
}

async function failingRun(kind: DeploymentKind, faults: ReadonlyMap<number, Fault>): Promise<DeployedWorld> {
  const world = new DeployedWorld(kind);
  world.faults = new Map(faults);
  const ended = await world.run();
  const told = `${ended}\n${world.text}`;
  const begun = !(ended instanceof CommandFailure);
  const open = await openCommit(world);
  if (total(world) !== 0) expect(total(world)).toBe(100);
  if (!begun) expect(isOld(world), told).toBe(true);
  if (begun && ended === 0) expect([isNew(world), open], told).toEqual([true, undefined]);
  if (begun && ended !== 0) {
    expect(saysTheTraffic(world), told).toBe(true);
    expect(world.text, told).toContain('npm run deploy -- production');
  }
  // A deployment whose traffic is divided is open, and says both ways on.
  if (!isOld(world) && !isNew(world)) {
    expect(open, told).toBe(COMMIT);
    expect(world.text).toContain('npm run rollback -- production');
  }
  return world;
}

async function nextRun(world: DeployedWorld): Promise<void> {
  const before = JSON.stringify(world.shares);
  const open = await openCommit(world);
  if (open !== undefined) {
    const other = await world.run({ commit: OTHER_COMMIT, takeOver: true });
    expect(other).toMatchObject({ problems: [{ code: 'OPEN' }] });
    expect(JSON.stringify(world.shares)).toBe(before);
  }
  let ended = await world.run();
  if (ended instanceof CommandFailure) {
    // The run before could not even say that it has ended.
    expect(ended.problems[0]?.code, ended.message).toBe('LOCKED');
    ended = await world.run({ takeOver: true });
  }
  expect(ended, `${ended}\n${world.text}`).toBe(0);
  expect(isNew(world)).toBe(true);
  expect(await openCommit(world)).toBeUndefined();
}

test.each(KINDS)(
  'a %s deployment without a failure ends with all traffic on the new version',
  async (kind) => {
    const world = await failingRun(kind, new Map());
    expect(world.lines.at(-1)).toBe('production: 100 % of requests go to version-1 (new). Deployed.');
    const [record] = await world.records.latest(1);
    expect(record).toMatchObject({
      ...{ commit: COMMIT, deployer: 'me@example.com', kind, outcome: 'deployed', reason: null },
      state: {
        versionBefore: kind === 'first' ? null : OLD,
        versionNow: 'version-1',
        bookmark: 'bookmark-1',
      },
    });
    expect(record?.steps.every(({ outcome }) => outcome === 'done')).toBe(true);
  },
);

test.each(KINDS)(
  'whichever one call of a %s deployment fails, it ends whole or says how to go on',
  async (kind) => {
    const count = (await failingRun(kind, new Map())).calls.length;
    for (let call = 0; call < count; call += 1)
      for (const fault of ['before', 'after'] as const)
        await nextRun(await failingRun(kind, new Map([[call, fault]])));
  },
);

test.each(KINDS)('the same holds where calls of a %s deployment fail twice or in a row', async (kind) => {
  const count = (await failingRun(kind, new Map())).calls.length;
  const fault = fc.constantFrom<Fault>('before', 'after');
  const single = fc.tuple(fc.nat(count + 5), fault);
  const row = fc
    .tuple(fc.nat(count), fc.integer({ min: 2, max: 12 }), fault)
    .map(([first, length, kindOfFault]) =>
      Array.from({ length }, (_, index): [number, Fault] => [first + index, kindOfFault]),
    );
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.array(single, { minLength: 1, maxLength: 3 }), row), async (faults) =>
      nextRun(await failingRun(kind, new Map(faults))),
    ),
    { numRuns: 150 },
  );
});
