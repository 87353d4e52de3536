/**
 * A platform in memory for tests of deployments: a Worker with versions and traffic, a database in SQLite, and wrangler's commands.
 *
 * Each call can be made to fail: `before` does nothing, and `after` does what was asked and loses the answer.
 */
import { DatabaseSync } from 'node:sqlite';
import { deploy } from '../../scripts/deploy/deploy.ts';
import type { Share } from '../../scripts/deploy/deployed-worker.ts';
import { deploymentSteps } from '../../scripts/deploy/deployment-steps.ts';
import type { TargetEnvironment } from '../../scripts/deploy/environment.ts';
import type { Verdict } from '../../scripts/deploy/judge/verdict.ts';
import { DeploymentRecords } from '../../scripts/deploy/record.ts';
import type { DeploymentKind, Step } from '../../scripts/deploy/step.ts';
import { CommandFailure, type ExitCode, unreachable } from '../../scripts/operations/command-failure.ts';
import type { WranglerRun } from '../../scripts/platform/run-wrangler.ts';

export const OLD = 'version-old';
export const COMMIT = 'c'.repeat(40);

export type Fault = 'before' | 'after';

export const TARGET: TargetEnvironment = {
  name: 'production',
  workerName: 'gateway-production',
  databaseId: 'database',
  databaseName: 'edge-db',
  cacheNamespaceId: 'cache',
  publicOrigin: 'https://gateway.test',
  migrationTags: ['realtime', 'ledgers'],
  values: [],
  requiredSecrets: [],
};

/** Steps that ask other services: here each is one call. */
const OUTSIDE = new Set(['operations', 'own operations', 'smoke tests', 'purge']);

export class DeployedWorld {
  readonly db = new DatabaseSync(':memory:');
  /** Undefined where there is no Worker. */
  shares: readonly Share[] | undefined;
  migrationTag: string | undefined;
  readonly tags = new Map<string, string>();
  /** By the number of a call, from 0. */
  faults = new Map<number, Fault>();
  /** Of each run of wrangler. */
  readonly wranglerArgs: (readonly string[])[] = [];
  /** What each call of the last run was. */
  calls: string[] = [];
  verdict: Verdict = { kind: 'promote' };
  /** Of the checkout, from any commit. */
  descends: boolean | undefined;
  nowMs = 1_780_000_000_000;
  /** The lines of the last run. */
  lines: string[] = [];
  /** Each call waits for it. */
  onCall: (call: string) => Promise<void> = async () => undefined;
  #versions = 0;
  #runs = 0;

  constructor(kind: DeploymentKind) {
    this.shares = kind === 'first' ? undefined : [{ versionId: OLD, percent: 100 }];
    this.migrationTag = { first: undefined, whole: 'realtime', gradual: 'ledgers' }[kind];
  }

  /** The exit code, or the refusal of a run that has begun nothing. */
  async run({
    commit = COMMIT,
    takeOver = false,
    whole = true,
    signal = new AbortController().signal,
  } = {}): Promise<ExitCode | CommandFailure> {
    this.calls = [];
    this.lines = [];
    this.#runs += 1;
    try {
      return await deploy(
        { testsPassed: true, whole, older: false, takeOver },
        {
          checkout: {
            folder: process.cwd(),
            commit,
            changes: [],
            deployer: 'me@example.com',
            descendsFrom: async () => this.descends,
          },
          target: TARGET,
          records: this.records,
          stepsOf: (kind) =>
            deploymentSteps(kind, () => this.#call('watch', () => this.verdict)).map(this.#inside),
          tools: {
            db: this.#database,
            worker: {
              live: () => this.#call('live', () => this.#live()),
              version: (versionId) =>
                this.#call('version', () => ({
                  ...{ triggeredBy: undefined, migrationTag: undefined },
                  tag: this.tags.get(versionId),
                })),
              // Rollbacks ask for these, and the steps that are one call here.
              servedAlone: undefined as never,
              isRolledBack: undefined as never,
            },
            wrangler: (args) => this.#wrangler(args),
            // The steps that would use these are one call here.
            d1: undefined as never,
            kv: undefined as never,
            gateway: { origin: TARGET.publicOrigin, adminKey: undefined, fetch },
            folder: process.cwd(),
            nowMs: () => this.nowMs,
            sleep: async (milliseconds) => {
              this.nowMs += milliseconds;
            },
          },
          runId: `run-${this.#runs}`,
          report: (line) => this.lines.push(line),
          signal,
        },
      );
    } catch (error) {
      if (error instanceof CommandFailure) return error;
      throw error;
    }
  }

  get text(): string {
    return this.lines.join('\n');
  }

  get records(): DeploymentRecords {
    return new DeploymentRecords(this.#database, process.cwd());
  }

  #database = {
    query: <Row>(sql: string, params: readonly (string | number | null)[] = []) =>
      this.#call(`db ${sql.trim().slice(0, 24)}`, () => {
        if (params.length > 0 || !sql.includes(';')) return this.db.prepare(sql).all(...params) as Row[];
        this.db.exec(sql);
        return [];
      }),
    bookmark: () => this.#call('bookmark', () => 'bookmark-1'),
  };

  #inside = (step: Step): Step =>
    OUTSIDE.has(step.name) ? { ...step, run: () => this.#call(step.name, () => undefined) } : step;

  async #call<Answer>(name: string, work: () => Answer): Promise<Answer> {
    await this.onCall(name);
    const fault = this.faults.get(this.calls.length);
    this.calls.push(name);
    if (fault === 'before') throw unreachable(`${name} fails`);
    const answer = work();
    if (fault === 'after') throw unreachable(`${name} loses its answer`);
    return answer;
  }

  #live = () =>
    this.shares === undefined ? undefined : { shares: this.shares, migrationTag: this.migrationTag };

  async #wrangler(args: readonly string[]): Promise<WranglerRun> {
    this.wranglerArgs.push(args);
    const ran = { exitCode: 0, stdout: '', stderr: '', entries: [] };
    try {
      return { ...ran, entries: await this.#call(args.slice(0, 2).join(' '), () => this.#obey(args)) };
    } catch (error) {
      return { ...ran, exitCode: 1, stderr: String(error) };
    }
  }

  #obey(args: readonly string[]): WranglerRun['entries'] {
    switch (args.slice(0, 2).join(' ')) {
      case 'versions upload':
        return [{ type: 'version-upload', version_id: this.#upload(args) }];
      case 'deploy --tag': {
        const versionId = this.#upload(args);
        this.shares = [{ versionId, percent: 100 }];
        this.migrationTag = TARGET.migrationTags.at(-1);
        return [{ type: 'deploy', version_id: versionId }];
      }
      case 'versions deploy':
        this.shares = args
          .filter((arg) => arg.endsWith('%'))
          .map((spec) => spec.slice(0, -1).split('@'))
          .map(([versionId = '', percent]) => ({ versionId, percent: Number(percent) }));
        return [];
      default:
        return [];
    }
  }

  #upload(args: readonly string[]): string {
    this.#versions += 1;
    const versionId = `version-${this.#versions}`;
    this.tags.set(versionId, args[args.indexOf('--tag') + 1] ?? '');
    return versionId;
  }
}
