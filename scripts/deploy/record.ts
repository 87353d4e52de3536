/**
 * The records of deployments, in D1 of the environment that they are of.
 *
 * At most one is open, and at most one run of a command works on it: a run holds it by its id, and each write checks that. A run that
 * was not heard of for `LEASE_SECONDS` has lost it. Each statement may be sent twice.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { refusal } from '../operations/command-failure.ts';
import { WRANGLER_TIMEOUT_SECONDS } from '../platform/run-wrangler.ts';
import type { RemoteDatabase } from './database.ts';
import type { DeploymentKind, DeploymentState } from './step.ts';

/** By the clock of D1. Longer than any step without a wait, which is one run of wrangler. A step that waits renews it. */
export const LEASE_SECONDS = WRANGLER_TIMEOUT_SECONDS + 300;
const TABLE_MIGRATION = 'migrations/0036_deployment.sql';

const stepRecordSchema = z.object({
  name: z.string(),
  /** Unix seconds, as the next. D1 keeps them under these names. */
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  outcome: z.enum(['started', 'done', 'failed', 'undone']),
});
export type StepRecord = z.infer<typeof stepRecordSchema>;

export type Outcome = 'open' | 'deployed' | 'failed' | 'regressed' | 'rolled_back';

export interface DeploymentRecord {
  readonly id: string;
  readonly commit: string;
  readonly deployer: string;
  kind: DeploymentKind;
  readonly state: DeploymentState;
  steps: readonly StepRecord[];
  outcome: Outcome;
  reason: string | null;
  readonly startedAtSeconds: number;
  endedAtSeconds: number | null;
  runId: string | null;
  seenAtSeconds: number;
}

const rowSchema = z
  .object({
    id: z.string(),
    git_commit: z.string(),
    deployer: z.string(),
    kind: z.enum(['gradual', 'whole', 'first']),
    version_before: z.string().nullable(),
    version_now: z.string().nullable(),
    bookmark: z.string().nullable(),
    steps: z.string(),
    outcome: z.enum(['open', 'deployed', 'failed', 'regressed', 'rolled_back']),
    reason: z.string().nullable(),
    started_at: z.number(),
    ended_at: z.number().nullable(),
    run_id: z.string().nullable(),
    seen_at: z.number(),
  })
  .transform(
    (row): DeploymentRecord => ({
      id: row.id,
      commit: row.git_commit,
      deployer: row.deployer,
      kind: row.kind,
      state: { versionBefore: row.version_before, versionNow: row.version_now, bookmark: row.bookmark },
      steps: z.array(stepRecordSchema).parse(JSON.parse(row.steps)),
      outcome: row.outcome,
      reason: row.reason,
      startedAtSeconds: row.started_at,
      endedAtSeconds: row.ended_at,
      runId: row.run_id,
      seenAtSeconds: row.seen_at,
    }),
  );

/** Another run works on the deployment: this one must change nothing any more. */
export class TakenOver extends Error {
  constructor() {
    super('Another run has taken this deployment over. This one ends here, and changes nothing more.');
    this.name = 'TakenOver';
  }
}

export class DeploymentRecords {
  readonly #db: RemoteDatabase;
  /** The checkout, whose commits they name. */
  readonly folder: string;

  constructor(db: RemoteDatabase, folder: string) {
    this.#db = db;
    this.folder = folder;
  }

  /** Undefined also where the table is not there yet. */
  async findOpen(): Promise<DeploymentRecord | undefined> {
    const [open] = await this.#select('WHERE is_open = 1');
    return open;
  }

  /** The latest deployment of the version. */
  async ofVersion(versionId: string): Promise<DeploymentRecord | undefined> {
    const [found] = await this.#select('WHERE version_now = ?1 ORDER BY started_at DESC LIMIT 1', [
      versionId,
    ]);
    return found;
  }

  /** The latest first. */
  latest(count: number): Promise<DeploymentRecord[]> {
    return this.#select('ORDER BY started_at DESC LIMIT ?1', [count]);
  }

  async #select(condition: string, params: readonly (string | number)[] = []): Promise<DeploymentRecord[]> {
    const tables = await this.#db.query("SELECT 1 FROM sqlite_master WHERE name = 'deployment'");
    if (tables.length === 0) return [];
    const rows = await this.#db.query(`SELECT * FROM deployment ${condition}`, params);
    return rows.map((row) => rowSchema.parse(row));
  }

  /**
   * Opens the record for its run, or takes an open one over that no run works on. Returns it as it is now: another run may have
   * written it meanwhile.
   *
   * @throws CommandFailure where another deployment is open, or another run works on this one
   */
  async claim(record: DeploymentRecord, runId: string, takeOver: boolean): Promise<DeploymentRecord> {
    await this.#db.query(await readFile(path.join(this.folder, TABLE_MIGRATION), 'utf8'));
    const { id, commit, deployer, kind, state, startedAtSeconds } = record;
    await this.#db.query(
      `INSERT INTO deployment (id, is_open, git_commit, deployer, kind, version_before, bookmark, steps, outcome,
         started_at, run_id, seen_at)
       VALUES (?1, 1, ?2, ?3, ?4, ?5, ?8, '[]', 'open', ?6, ?7, unixepoch()) ON CONFLICT DO NOTHING`,
      [id, commit, deployer, kind, state.versionBefore, startedAtSeconds, runId, state.bookmark],
    );
    await this.#db.query(
      `UPDATE deployment SET run_id = ?2, seen_at = unixepoch()
       WHERE id = ?1 AND is_open = 1
         AND (?3 = 1 OR run_id IS NULL OR run_id = ?2 OR seen_at < unixepoch() - ?4)`,
      [id, runId, takeOver ? 1 : 0, LEASE_SECONDS],
    );
    const open = await this.findOpen();
    if (open?.id === id && open.runId === runId) return open;
    throw refusal('LOCKED', lockedText(open));
  }

  /**
   * Opens a closed record for a run, which is to roll it back.
   *
   * @throws CommandFailure where another deployment is open
   */
  async reopen({ id }: DeploymentRecord, runId: string): Promise<void> {
    await this.#db.query(
      `UPDATE deployment SET is_open = 1, outcome = 'open', run_id = ?2, seen_at = unixepoch()
       WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM deployment WHERE is_open = 1)`,
      [id, runId],
    );
    const open = await this.findOpen();
    if (open?.id !== id || open.runId !== runId) throw refusal('LOCKED', lockedText(open));
  }

  /**
   * Writes what has changed, and says that the run is at work. A record whose outcome is not `open` is closed.
   *
   * @throws TakenOver
   */
  async save(record: DeploymentRecord, runId: string): Promise<void> {
    const { id, kind, state, steps, outcome, reason, endedAtSeconds } = record;
    const written = await this.#db.query(
      `UPDATE deployment SET is_open = ?3, kind = ?4, version_before = ?5, version_now = ?6, bookmark = ?7, steps = ?8,
         outcome = ?9, reason = ?10, ended_at = ?11, seen_at = unixepoch()
       WHERE id = ?1 AND run_id = ?2 RETURNING id`,
      [
        ...[id, runId, outcome === 'open' ? 1 : null, kind, state.versionBefore, state.versionNow],
        ...[state.bookmark, JSON.stringify(steps), outcome, reason, endedAtSeconds],
      ],
    );
    if (written.length === 0) throw new TakenOver();
  }

  /** Forgets a record that its run has opened, and no step of it has begun. */
  async withdraw({ id }: DeploymentRecord, runId: string): Promise<void> {
    await this.#db.query("DELETE FROM deployment WHERE id = ?1 AND run_id = ?2 AND steps = '[]'", [
      id,
      runId,
    ]);
  }

  /** Lets the next run go on at once. */
  async release({ id }: DeploymentRecord, runId: string): Promise<void> {
    await this.#db.query('UPDATE deployment SET run_id = NULL WHERE id = ?1 AND run_id = ?2', [id, runId]);
  }
}

function lockedText(open: DeploymentRecord | undefined): string {
  if (open === undefined) return 'The deployment has been finished by another run.';
  const { commit, deployer, seenAtSeconds } = open;
  const seen = new Date(seenAtSeconds * 1000).toISOString().slice(11, 19);
  return `A run deploys ${commit.slice(0, 12)} (${deployer}), last heard of at ${seen} UTC. If it has died, --take-over goes on without it.`;
}
