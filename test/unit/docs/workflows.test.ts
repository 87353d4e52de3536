import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import packageJson from '../../../package.json' with { type: 'json' };
import { workflowFaults } from '../../support/actionlint.ts';

const FOLDER = '.github/workflows';
const textOf = (file: string) => readFileSync(`${FOLDER}/${file}`, 'utf8');
const FILES = readdirSync(FOLDER);

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Job {
  uses?: string;
  needs?: string;
  if?: string;
  environment?: string;
  permissions?: unknown;
  concurrency?: unknown;
  env?: unknown;
  secrets?: unknown;
  strategy?: { matrix: { part: string[] } };
  steps?: Step[];
}

interface Workflow {
  on: Record<string, { branches?: string[] } | null>;
  permissions: unknown;
  env?: unknown;
  jobs: Record<string, Job>;
}

const workflowOf = (file: string): Workflow => parse(textOf(file));
const jobsOf = (file: string) => Object.values(workflowOf(file).jobs);
const stepsOf = (file: string) => jobsOf(file).flatMap(({ steps = [] }) => steps);
const runsOf = (file: string) => stepsOf(file).flatMap(({ run = [] }) => run);

const SCRIPT = /^npm run (?:--silent )?([\w:-]+)(?= |$)/;
/** Beside the commands of package.json. */
const OTHER_COMMANDS = [
  /^npm ci --no-audit --no-fund$/,
  /^\.ci\/run \$\{\{ matrix\.part \}\}$/,
  /^git config --global --add safe\.directory "\$GITHUB_WORKSPACE"$/,
];

describe.each(FILES)('%s', (file) => {
  test('passes actionlint', async () => {
    expect(await workflowFaults(textOf(file))).toEqual([]);
  });

  test('runs the commands of this project alone', () => {
    const unknown = runsOf(file).filter((run) => {
      const [, script] = SCRIPT.exec(run) ?? [];
      return script === undefined
        ? !OTHER_COMMANDS.some((command) => command.test(run))
        : !(script in packageJson.scripts);
    });
    expect(unknown).toEqual([]);
  });

  test('may read the repository and nothing else', () => {
    expect(workflowOf(file).permissions).toEqual({ contents: 'read' });
    expect(jobsOf(file).filter(({ permissions }) => permissions !== undefined)).toEqual([]);
    const checkouts = stepsOf(file).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.map((step) => step.with?.['persist-credentials'])).toEqual(checkouts.map(() => false));
  });

  test('takes actions by their commits, and workflows that exist', () => {
    const used = [...textOf(file).matchAll(/ uses: (.+)$/gm)].map(([, uses = '']) => uses);
    const others = used.filter((uses) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(uses));
    const existing = FILES.map((name) => `./${FOLDER}/${name}`);
    expect(others.filter((uses) => !existing.includes(uses))).toEqual([]);
  });

  test('gives secrets to single commands, and only where an environment has them', () => {
    const workflow = workflowOf(file);
    expect(workflow.env).toBeUndefined();
    for (const { environment, env, secrets, steps = [] } of jobsOf(file)) {
      expect([env, secrets]).toEqual([undefined, undefined]);
      const withSecrets = steps.filter((step) => JSON.stringify(step).includes('secrets.'));
      if (environment === undefined) expect(withSecrets).toEqual([]);
      for (const { run } of withSecrets) expect(run).toMatch(SCRIPT);
      // The others have no use for it.
      const withKey = steps.filter((step) => JSON.stringify(step).includes('OPERATIONS_KEY'));
      for (const { run } of withKey) expect(run).toMatch(/^npm run deploy /);
    }
  });
});

test.each([
  ['staging.yml', 'staging', 'staging'],
  ['production.yml', 'production', 'main'],
])(
  '%s deploys after the tests, never cancels a deployment, and asks the gateway after it',
  (file, target, branch) => {
    const { on, jobs } = workflowOf(file);
    expect(Object.keys(on)).toEqual(['push', 'workflow_dispatch']);
    expect(on.push?.branches).toEqual([branch]);
    expect(jobs.test?.uses).toBe('./.github/workflows/test.yml');
    expect(jobs.deploy).toMatchObject({
      needs: 'test',
      // Somebody may start it by hand on another branch.
      if: `github.ref == 'refs/heads/${branch}'`,
      environment: target,
      concurrency: { group: `deploy ${target}`, 'cancel-in-progress': false },
    });
    const scripts = runsOf(file).filter((run) => SCRIPT.test(run));
    expect(scripts.map((run) => run.split(' ').slice(2, 5).join(' '))).toEqual([
      `deploy -- ${target}`,
      `smoke -- ${target}`,
    ]);
  },
);

test('pull requests run every part of .ci/run, with all of git that tests read, and no secret', () => {
  expect(Object.keys(workflowOf('test.yml').on)).toEqual(['pull_request', 'workflow_call']);
  const [job] = jobsOf('test.yml');
  const parts = job?.strategy?.matrix.part ?? [];
  const shards = parts.flatMap((part) => part.match(/^test --shard=(\d+\/\d+)$/)?.[1] ?? []);
  expect(shards).toEqual(shards.map((_, index) => `${index + 1}/${shards.length}`));
  const [, cases = ''] = readFileSync('.ci/run', 'utf8').match(/^ {2}all \| (.+)\) ;;$/m) ?? [];
  const names = new Set(parts.map((part) => part.split(' ')[0]));
  expect([...names]).toEqual(cases.split(' | '));
  expect(job?.steps?.[0]?.with).toMatchObject({ 'fetch-depth': 0 });
  expect(textOf('test.yml')).not.toContain('secrets.');
});

test('the zone is compared each night, and a difference fails the job', () => {
  expect(Object.keys(workflowOf('zone-drift.yml').on)).toContain('schedule');
  const drift = stepsOf('zone-drift.yml').filter(({ run }) => run?.includes('zone -- drift'));
  expect(drift).toMatchObject([
    { shell: 'bash', run: expect.stringMatching(/ \| tee "\$GITHUB_STEP_SUMMARY"$/) },
  ]);
});

test.each(['secrets', 'vars'])('docs/deploying.md names each of the %s of workflows', (context) => {
  const page = readFileSync('docs/deploying.md', 'utf8');
  const named = FILES.flatMap((file) =>
    [...textOf(file).matchAll(new RegExp(`\\b${context}\\.(\\w+)`, 'g'))].map(([, name = '']) => name),
  );
  expect(named.length).toBeGreaterThan(1);
  expect([...new Set(named)].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

const JOB = 'on: push\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n';

test.each([
  ['an event', 'pushh', `${JOB.replace('push', 'pushh')}      - run: ls\n`],
  ['a key', 'sheel', `${JOB}      - run: ls\n        sheel: bash\n`],
  ['a runner', 'ubuntu-24.4', `${JOB.replace('24.04', '24.4')}      - run: ls\n`],
  ['a context', 'secret', `${JOB}      - run: ls \${{ secret.TOKEN }}\n`],
  ['an output', 'nowhere', `${JOB}      - run: ls \${{ steps.nowhere.outputs.id }}\n`],
  [
    'an input of an action',
    'depth',
    `${JOB}      - uses: actions/checkout@v4\n        with:\n          depth: 0\n`,
  ],
  ['a job', 'two', `${JOB.replace('    steps', '    needs: two\n    steps')}      - run: ls\n`],
  ['a permission', 'issue', `permissions:\n  issue: write\n${JOB}      - run: ls\n`],
  ['a time', '99', `${JOB.replace('push', '\n  schedule:\n    - cron: 99 * * * *')}      - run: ls\n`],
  ['an expression', 'EOF', `${JOB}      - run: ls \${{ secrets.TOKEN }\n`],
  [
    'text of strangers in a command',
    'untrusted',
    `${JOB.replace('push', 'pull_request')}      - run: echo \${{ github.event.pull_request.title }}\n`,
  ],
])('actionlint finds %s that is wrong', async (_what, word, workflow) => {
  expect(await workflowFaults(workflow)).toEqual([expect.stringContaining(word)]);
});
