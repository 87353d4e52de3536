/** A Worker with versions on the simulated platform, the records of their deployments, and a rollback of it. */
import { DeploymentRecords } from '../../../scripts/deploy/record.ts';
import type { WranglerRun } from '../../../scripts/platform/run-wrangler.ts';
import { type RollbackSources, rollBack } from '../../../scripts/rollback/rollback.ts';
import type { PlatformApi } from '../platform-api/server.ts';
import { Worker } from '../platform-api/worker.ts';
import type { Binding } from '../platform-api/worker-upload.ts';
import type { PreparedDeployment } from './prepared-deployment.ts';

export interface ServedVersions {
  worker: Worker;
  /** Uploads a version. A class of Durable Objects is a migration. */
  upload(options?: { newClass?: string; secret?: string }): string;
  /** As `wrangler secret put`: a version that serves alone. */
  putSecret(text: string): string;
  /** Divides the traffic. */
  serve(shares: Readonly<Record<string, number>>, message?: string): void;
  /** Versions, most traffic first. */
  serving(): string[];
}

export function provideWorker(api: PlatformApi, name: string): ServedVersions {
  const worker = new Worker(name);
  api.workers.set(worker);
  const classes: string[] = [];
  return {
    worker,
    upload({ newClass, secret = 'first' } = {}) {
      if (newClass !== undefined) {
        const { migrationTag: old_tag } = worker.classes;
        const steps = [{ new_sqlite_classes: [newClass] }];
        worker.classes.apply({ ...(old_tag === undefined ? {} : { old_tag }), new_tag: newClass, steps });
        classes.push(newClass);
      }
      const bindings: Binding[] = [{ name: 'JWT_SECRET', type: 'secret_text', text: secret }];
      const metadata = { main_module: 'index.js', bindings };
      return worker.addVersion({ metadata, modules: new Map(), exports: classes, etag: '' }, 'api').id;
    },
    putSecret(text) {
      const annotations = { 'workers/triggered_by': 'secret' };
      const { id } = worker.addVersionWithSecrets({ JWT_SECRET: text }, 'api', annotations);
      this.serve({ [id]: 100 });
      return id;
    },
    serve(shares, message = 'commit c') {
      const versions = Object.entries(shares).map(([version_id, percentage]) => ({ version_id, percentage }));
      worker.deploy(versions, {
        ...{ source: 'api', force: true },
        annotations: { 'workers/message': message },
      });
    },
    serving: () =>
      [...(worker.deployments[0]?.versions ?? [])]
        .sort((left, right) => right.percentage - left.percentage)
        .map(({ version_id }) => version_id),
  };
}

/** Does what `wrangler rollback` and `wrangler versions deploy` of one version do. */
export async function rolledBackBy(versions: ServedVersions, args: readonly string[]): Promise<WranglerRun> {
  const [, versionId] = /^(?:rollback|versions deploy) ([\w-]+)/.exec(args.join(' ')) ?? [];
  if (versionId === undefined) throw new Error(`unexpected: ${args.join(' ')}`);
  versions.serve({ [versionId]: 100 }, args[args.indexOf('--message') + 1]);
  return { exitCode: 0, stdout: '', stderr: '', entries: [] };
}

/** All records, the latest first. */
export const recordsOf = ({ db }: PreparedDeployment) =>
  db.query<Record<string, unknown>>(
    'SELECT version_now AS version, outcome, is_open AS isOpen, reason FROM deployment ORDER BY started_at DESC',
  );

/** The record of a deployment. */
export function recordDeployment(
  { database }: PreparedDeployment,
  deployment: {
    before: string | null;
    now: string;
    kind?: string;
    open?: boolean;
    runId?: string;
    at?: number;
    commit?: string;
  },
): void {
  const {
    before,
    now,
    kind = 'gradual',
    open = false,
    runId = null,
    at = 1_000,
    commit = 'c'.repeat(40),
  } = deployment;
  const outcome = open ? 'open' : 'deployed';
  database.run([
    {
      sql: `INSERT INTO deployment (id, is_open, git_commit, deployer, kind, version_before, version_now, steps, outcome, started_at,
          run_id, seen_at)
        VALUES (?1, ?2, ?3, 'ann@example.com', ?4, ?5, ?6, '[]', ?7, ?8, ?9, ?10)`,
      params: [
        now,
        open ? 1 : null,
        commit,
        kind,
        before,
        now,
        outcome,
        at,
        runId,
        Math.floor(Date.now() / 1000),
      ],
    },
  ]);
}

export const rollBackOf = (
  { deployment, report }: PreparedDeployment,
  changes: Partial<RollbackSources> = {},
) => {
  const { target, db, worker, wrangler, d1, kv, gateway, nowMs, sleep } = deployment;
  return rollBack({
    ...{ target, worker, wrangler, d1, kv, gateway, nowMs, sleep, report },
    given: undefined,
    records: new DeploymentRecords(db, '.'),
    deployer: 'bob@example.com',
    runId: 'this run',
    ...changes,
  });
};
