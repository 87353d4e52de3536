/** The registration of every kind of source. A new kind is one new file, and an entry here. */
import type { BackupKind } from './backup-source.ts';
import { ledgerSources } from './ledger-sources.ts';
import { roomSources } from './room-sources.ts';
import { tableSources } from './table-sources.ts';

/** Ledgers come behind the database: each entry that a row of it names is then in the ledger's file. Rooms come last: money is first. */
export const BACKUP_KINDS: readonly BackupKind[] = [tableSources, ledgerSources, roomSources];
