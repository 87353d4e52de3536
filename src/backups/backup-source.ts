/** The form of each thing that a backup reads. `backup-kinds.ts` lists all kinds. */
import type { Rooms } from '../chat/rooms.ts';
import type { Ledgers } from '../investing/ledger-client.ts';

export interface BackupDeps {
  db: D1Database;
  ledgers: Pick<Ledgers, 'ofPool'>;
  rooms: Rooms;
  storage: Pick<R2Bucket, 'get' | 'head' | 'list' | 'put' | 'delete'>;
}

export interface BackupPage {
  /** JSON, each with its line break. */
  lines: string;
  rows: number;
  /** The last row: the next page begins behind it. */
  upTo: string;
}

export interface BackupSource {
  /** Unique: `database/<table>`. */
  name: string;
  /** The prefix of its keys, the name of its files and their extension. */
  file: { prefix: string; name: string; extension: string };
  isSealed: boolean;
  /** A day's backup is good without it: if it fails, the manifest names it as missing. */
  mayBeMissing?: true;
  /** Pages of at most about a megabyte behind `after`, which is null for the beginning. */
  pages(after: string | null): AsyncIterable<BackupPage>;
}

/** Asks for its sources when those of the kinds before it are stored. */
export type BackupKind = (deps: BackupDeps) => Promise<BackupSource[]>;
