import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Checkout, readCheckout } from '../../../scripts/deploy/checkout.ts';
import { runChecks } from '../../../scripts/deploy/checks.ts';
import { planLines } from '../../../scripts/deploy/plan.ts';
import { createDeployableProject, type DeployableProject } from '../../support/deployable-project.ts';
import { TARGET } from '../../support/deployed-world.ts';

let project: DeployableProject;
beforeAll(async () => {
  project = await createDeployableProject();
});
afterAll(() => project.remove());

const checksOf = (
  checkout: Checkout,
  testsPassed: boolean,
  report: (line: string) => void = () => undefined,
) =>
  runChecks({
    ...{ checkout, target: TARGET, testsPassed, report },
    db: { bookmark: async () => 'bookmark-1' },
    state: { versionBefore: null, versionNow: null, bookmark: null },
  });

async function check(npmTest: string): Promise<void> {
  await project.commit({ 'package.json': JSON.stringify({ scripts: { test: npmTest } }) });
  const checkout = await readCheckout(project.folder, {});
  await checksOf(checkout, false);
}

test('tests that pass let a deployment go on', () => expect(check('true')).resolves.toBeUndefined());

test('tests that fail end it, with their words', () =>
  expect(check('echo a plain reason; false')).rejects.toThrow(/npm test fails:(.|\n)*a plain reason/));

test('tests do not see the credentials of the deployment', async () => {
  vi.stubEnv('CLOUDFLARE_API_TOKEN', 'a-token');
  await expect(check('test -z "$CLOUDFLARE_API_TOKEN"')).resolves.toBeUndefined();
  vi.unstubAllEnvs();
});

test('a checkout that is edited while its tests run is not deployed', () =>
  expect(check('echo edited > edited.txt')).rejects.toThrow('The checkout has changed while its tests ran.'));

test('files that are not committed are named', async () => {
  const checkout = { ...(await readCheckout(project.folder, {})), changes: [' M src/index.ts'] };
  await expect(checksOf(checkout, true)).rejects.toThrow('Not everything is committed:\n     M src/index.ts');
});

test('the account of a workflow deploys before the address that git knows', async () => {
  const by = async (env: Record<string, string>) => (await readCheckout(project.folder, env)).deployer;
  expect(await by({ GITHUB_ACTOR: 'ann' })).toBe('ann');
  expect(await by({})).toBe('deployer@com2000.test');
});

test('a checkout knows the commits that it descends from', async () => {
  const first = (await readCheckout(project.folder, {})).commit;
  const second = await project.commit({ 'more.txt': 'more' });
  expect(await (await readCheckout(project.folder, {})).descendsFrom(first)).toBe(true);
  await project.checkOut(first);
  const checkout = await readCheckout(project.folder, {});
  expect(await checkout.descendsFrom(second)).toBe(false);
  expect(await checkout.descendsFrom('0'.repeat(40))).toBeUndefined();
});

test('plan names all checks that a deployment runs', async () => {
  await project.commit({ 'package.json': JSON.stringify({ scripts: { test: 'true' } }) });
  const checkout = await readCheckout(project.folder, {});
  const lines: string[] = [];
  await checksOf(checkout, false, (line) => lines.push(line));
  const plan = planLines({ checkout, target: TARGET, stepsOf: () => [], env: {} });
  const planned = plan.map((line) => line.replace(/^ *\d+\. /, ''));
  expect(planned).toEqual(expect.arrayContaining(lines.filter((line) => !line.startsWith(' '))));
  expect(lines.at(-1)).toBe('    its bookmark is bookmark-1');
});
