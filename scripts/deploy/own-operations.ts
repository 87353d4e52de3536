/** The operations that a deployment must not break, and those that it brings. Both steps work while the gateway is down. */
import { type GraphQLSchema, parse, validate } from 'graphql';
import { bringLivenessToKv, ReleaseRefusal } from '../../src/operations/liveness-writes.ts';
import { bundledRelease, restRelease } from '../../src/operations/manifest.ts';
import { recordBundledReleases } from '../../src/operations/publish-release.ts';
import { liveOperations } from '../../src/storage/d1/release-reads.ts';
import { findRelease, isLivenessCopied } from '../../src/storage/d1/releases.ts';
import { type LiveOperation, liveOperations as liveOperationsAnswer } from '../operations/admin-answers.ts';
import { createAdminClient } from '../operations/admin-client.ts';
import { brokenText } from '../operations/check.ts';
import { CommandFailure, refusal } from '../operations/command-failure.ts';
import { findBreaks } from '../operations/find-breaks.ts';
import { readSchema, SCHEMA_FILE, schemaAt } from '../operations/read-schema.ts';
import { remoteD1 } from '../platform/remote-d1.ts';
import { remoteKv } from '../platform/remote-kv.ts';
import { codeOfVersion } from './code-of-version.ts';
import type { DeployedWorker } from './deployed-worker.ts';
import { DeploymentRecords } from './record.ts';
import type { Deployment, Report, Step } from './step.ts';

/** Uses of so many days are shown beside what breaks. */
const USED_DAYS = 30;
const SHOWN_OPERATIONS = 20;

export const checkOperations: Step = {
  name: 'operations',
  // Releases may be published while a deployment is held.
  isRepeated: true,
  describe: ({ kind }) =>
    kind === 'first'
      ? 'check no operations: no release is published yet'
      : `check ${SCHEMA_FILE} against the operations of all live releases; end where one would break`,
  async run(deployment, report) {
    const { kind, state, db, folder, worker } = deployment;
    if (kind === 'first') {
      report('no release is published yet');
      return;
    }
    const oldSchema =
      state.versionBefore === null
        ? undefined
        : await schemaOfVersion({ records: new DeploymentRecords(db, folder), worker }, state.versionBefore);
    if (oldSchema === undefined)
      report(
        'the schema of the version that serves is not known here: documents are checked, and nothing else',
      );
    const operations = await readLiveOperations(deployment, report);
    const { broken, brokenBefore } = breaksOf(operations, oldSchema, readSchema(SCHEMA_FILE));
    for (const line of operationLines(brokenBefore, 'cannot run on the version that serves either'))
      report(line);
    if (broken.length > 0) throw refusal('OPERATIONS_BREAK', brokenOperationsText(broken, operations.length));
    report(`none of ${operations.length} live operations breaks`);
  },
};

/**
 * Publishes them before a version serves that bundles them, so that every version can look them up in D1. They stay published after a
 * rollback: apps may send them, and the older version runs those that its schema has.
 */
export const publishOwnOperations: Step = {
  name: 'own operations',
  describe: () =>
    [bundledRelease, restRelease].map(({ client, version }) => `publish ${client} ${version}`).join(', '),
  async run({ target, platform, nowMs, sleep }, report) {
    const db = remoteD1(platform, target.databaseId);
    const kv = remoteKv(platform, target.cacheNamespaceId);
    const stores = { db, kv, nowMs, sleep, random: Math.random, randomId: () => crypto.randomUUID() };
    for (const { client, version } of [bundledRelease, restRelease]) {
      const held = await findRelease(db, { client, version });
      report(`${client} ${version}: ${held === null ? 'new' : `is ${held.state} already`}`);
    }
    try {
      await recordBundledReleases(stores);
      // An earlier run may have been cut off between D1 and KV.
      if (!(await isLivenessCopied(db))) await bringLivenessToKv(stores);
    } catch (error) {
      if (!(error instanceof ReleaseRefusal)) throw error;
      const { code, message } = error;
      if (code !== 'LIVENESS_NOT_WRITTEN') throw refusal(code, message);
      throw refusal(code, 'The releases are in D1, and KV was not written: run the command again.');
    }
  },
};

/**
 * The schema of a version that serves or served alone. Undefined where the version was not deployed by these commands, or its commit is
 * not in this checkout.
 */
export async function schemaOfVersion(
  { records, worker }: { records: DeploymentRecords; worker: DeployedWorker },
  versionId: string,
): Promise<GraphQLSchema | undefined> {
  const commit = (await commitOf(versionId)) ?? (await commitOfCode());
  return commit === undefined ? undefined : schemaAt(commit);

  async function commitOf(version: string): Promise<string | undefined> {
    return (await records.ofVersion(version))?.commit;
  }

  /** A version may be another one with other secrets. */
  async function commitOfCode(): Promise<string | undefined> {
    const { code } = await codeOfVersion(versionId, worker);
    return code === versionId ? undefined : commitOf(code);
  }
}

/**
 * From the gateway, whose code knows the tables as they are before the migrations; from D1 where it cannot be asked.
 *
 * @throws CommandFailure
 */
export async function readLiveOperations(
  { target, platform, gateway, nowMs }: Pick<Deployment, 'target' | 'platform' | 'gateway' | 'nowMs'>,
  report: Report,
): Promise<readonly LiveOperation[]> {
  if (gateway.adminKey !== undefined) {
    try {
      const admin = createAdminClient(gateway.origin, gateway.adminKey);
      return (await admin.get(`/admin/live-operations?days=${USED_DAYS}`, liveOperationsAnswer)).operations;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      report(`${error.message}. The releases are read from D1`);
    }
  }
  const today = Math.floor(nowMs() / 86_400_000);
  const operations = await liveOperations(remoteD1(platform, target.databaseId), today - USED_DAYS + 1);
  return liveOperationsAnswer.parse({ operations }).operations;
}

/**
 * The operations that the new schema breaks, and apart from them those that the old one cannot run either: a version that was rolled
 * back may have brought them.
 */
export function breaksOf(
  operations: readonly LiveOperation[],
  oldSchema: GraphQLSchema | undefined,
  newSchema: GraphQLSchema,
) {
  const runsBefore = (operation: LiveOperation) => oldSchema === undefined || runsOn(oldSchema, operation);
  const breaks = (among: readonly LiveOperation[]) => findBreaks(among, oldSchema ?? newSchema, newSchema);
  return {
    broken: breaks(operations.filter(runsBefore)),
    brokenBefore: breaks(operations.filter((operation) => !runsBefore(operation))),
  };
}

function runsOn(schema: GraphQLSchema, { document }: LiveOperation): boolean {
  try {
    return validate(schema, parse(document), undefined, { maxErrors: 1 }).length === 0;
  } catch {
    // It is no document.
    return false;
  }
}

type Broken = ReturnType<typeof findBreaks>;

function brokenOperationsText(broken: Broken, all: number): string {
  const shown = broken.slice(0, SHOWN_OPERATIONS).map((operation) => brokenText(operation, USED_DAYS));
  const more = broken.length - shown.length;
  return [
    `${broken.length} of ${all} live operations would break:`,
    ...shown,
    ...(more > 0 ? [`and ${more} more: npm run operations -- check lists them`] : []),
    'Nothing has changed. Keep the schema as these operations need it, or retire the releases that carry them.',
  ].join('\n');
}

/** One line for each, and the rest as a count. */
export function operationLines(broken: Broken, what: string): string[] {
  const shown = broken.slice(0, SHOWN_OPERATIONS).map(({ name, id }) => `${name} (${id}) ${what}`);
  const more = broken.length - shown.length;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}
