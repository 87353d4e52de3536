/**
 * The writes that a restored database needs after its rows: KV and Durable Objects remember a later time than the backup's.
 *
 * Numbers that only grow jump ahead of those that others remember; each ledger is asked to write its rows again,
 * and each room is told of its authors.
 */
import type { BackupManifest } from '../../src/backups/manifest.ts';
import { IDENTIFICATION_KINDS_SQL } from '../../src/storage/d1/user-uploads.ts';

/** More than any number that can have been given since the backup. */
const SEQUENCE_JUMP = 1_000_000_000;

/** With the triggers in place. */
export function handOverWrites(
  db: D1Database,
  { date, sequences }: BackupManifest,
  nowMs: number,
): D1PreparedStatement[] {
  const nowSeconds = Math.floor(nowMs / 1000);
  const jumps = Object.entries(sequences).flatMap(([table, last]) => [
    db.prepare('DELETE FROM sqlite_sequence WHERE name = ?1').bind(table),
    db.prepare('INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)').bind(table, last + SEQUENCE_JUMP),
  ]);
  return [
    ...jumps,
    // The hour's cleanup then writes the overlay of operations anew.
    db
      .prepare(
        `INSERT INTO release_change (changed_at, change)
         SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM release_change)`,
      )
      .bind(nowSeconds, JSON.stringify({ kind: 'restore', backup: date })),
    db.prepare('UPDATE cache_generation SET generation = max(generation, ?1) + 1').bind(nowSeconds),
    // Their keys are in no backup, so nobody can read them. Triggers queue their objects.
    db.prepare(`DELETE FROM user_file WHERE kind IN ${IDENTIFICATION_KINDS_SQL}`),
    // The minute's job wakes each ledger, which then sees that D1 is behind it.
    db.prepare(
      'UPDATE ido_pool_cache SET ledger_revision = 0, ledger_outbox_since = 0 WHERE ledger_revision IS NOT NULL',
    ),
    // Rooms may know newer names than the backup, or not know of a closing that it had yet to tell.
    db.prepare('UPDATE chat_author SET next_attempt_at = 0, attempts = 0, revision = revision + 1'),
  ];
}
