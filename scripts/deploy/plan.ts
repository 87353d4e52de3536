/** All that a deployment of this checkout would do, and all that it lacks, without a network and without credentials. */
import { type Environment, keyOf } from '../operations/gateway-options.ts';
import { missingCredentials } from '../platform/credentials.ts';
import type { Checkout } from './checkout.ts';
import { CHECKS, dirtyText } from './checks.ts';
import type { TargetEnvironment } from './environment.ts';
import { missingIn } from './missing.ts';
import type { DeploymentKind, Step } from './step.ts';

export interface PlanSources {
  checkout: Checkout;
  target: TargetEnvironment;
  stepsOf(kind: DeploymentKind): readonly Step[];
  env: Environment;
}

export function planLines({ checkout, target, stepsOf, env }: PlanSources): readonly string[] {
  const { commit, deployer, changes } = checkout;
  const planned = (kind: DeploymentKind) =>
    stepsOf(kind).map((step) => `${step.name}: ${step.describe({ target, kind, commit })}`);
  const missing = [
    ...missingCredentials(env),
    ...(keyOf(undefined, env) === undefined
      ? ['OPERATIONS_KEY is not set: an admin key of the gateway']
      : []),
    ...missingIn(target).map((line) => `wrangler.toml: ${line}`),
    ...(changes.length === 0 ? [] : [dirtyText(changes)]),
  ];
  return [
    `${target.name}: commit ${commit.slice(0, 12)} to the Worker ${target.workerName}, deployed by ${deployer}`,
    '',
    'Before anything is changed:',
    ...numbered([
      'no other deployment is open, and the traffic is not divided',
      ...CHECKS.map(({ name, describe }) => `${name}: ${describe({ checkout, target, testsPassed: false })}`),
    ]),
    '',
    'Then:',
    ...numbered(planned('gradual')),
    '',
    `If the live Worker lacks one of the migrations ${target.migrationTags.join(', ')} of Durable Objects, only with --whole; the first deployment also without it:`,
    ...numbered(planned('whole')),
    '',
    ...(missing.length === 0
      ? ['Nothing is missing that can be seen from here.']
      : ['Missing:', ...missing.map(listed)]),
    '',
    'Only the platform knows:',
    ...unknown(target).map(listed),
  ];
}

const numbered = (lines: readonly string[]) =>
  lines.map((line, index) => `  ${String(index + 1).padStart(2)}. ${line}`);

const listed = (line: string) => `  - ${line}`;

const unknown = ({ requiredSecrets, databaseName }: TargetEnvironment): string[] => [
  `if the secrets ${requiredSecrets.join(' and ')} are set: without them wrangler refuses the upload`,
  'if the Worker exists, and which migrations of Durable Objects it has',
  `which migrations ${databaseName} has, and if a deployment is open`,
  'if the token may deploy',
];
