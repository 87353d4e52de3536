/**
 * Reads every object of a backup again: its bytes, its rows, the chain of each ledger, and each ledger entry that the
 * database of the backup names.
 */
import type { BackupFile, BackupManifest } from '../../src/backups/manifest.ts';
import { type EntryName, LedgerVerifier } from '../../src/investing/verify-ledger.ts';
import { type BackupBucket, type BackupKeys, readBackupFile } from './read-file.ts';

export interface BackupFault {
  /** The key of an object, or the name of a source. */
  where: string;
  reason: string;
}

export interface Verification {
  faults: BackupFault[];
  rows: number;
  ledgers: number;
  /** Keys of files whose bytes are right, and that no key opens. */
  unopened: string[];
}

const LEDGER = 'ledger/';

export async function verifyBackup(
  bucket: BackupBucket,
  manifest: BackupManifest,
  keys: BackupKeys,
): Promise<Verification> {
  const result: Verification = { faults: [], rows: 0, ledgers: 0, unopened: [] };
  /** By pool: what the database shows of its ledger. */
  const known = new Map<string, EntryName[]>();
  const bySource = Map.groupBy(manifest.files, ({ source }) => source);
  for (const [source, files] of bySource) {
    const pool = source.startsWith(LEDGER) ? source.slice(LEDGER.length) : null;
    const ledger = pool === null ? null : new LedgerCheck(pool, known.get(pool) ?? []);
    const faultsBefore = result.faults.length;
    for (const file of files) {
      const lines = await linesOf(bucket, file, keys, result);
      if (ledger === null) noteEntries(source, lines, known);
      else ledger.read(lines);
    }
    if (ledger === null) continue;
    result.ledgers += 1;
    // A ledger without one of its files breaks there: the missing file is named already.
    const reason = faultsBefore === result.faults.length ? ledger.fault() : null;
    if (reason !== null) result.faults.push({ where: source, reason });
  }
  for (const pool of known.keys())
    if (!bySource.has(`${LEDGER}${pool}`))
      result.faults.push({
        where: `${LEDGER}${pool}`,
        reason: 'the database names its entries, and it is missing',
      });
  return result;
}

async function linesOf(
  bucket: BackupBucket,
  file: BackupFile,
  keys: BackupKeys,
  result: Verification,
): Promise<string[]> {
  const read = await readBackupFile(bucket, file, keys);
  result.rows += file.rows;
  if (read.state === 'read') return read.lines;
  if (read.state === 'sealed') result.unopened.push(file.key);
  else result.faults.push({ where: file.key, reason: read.reason });
  return [];
}

/** The head that a pool shows, and the receipts of its investments. */
function noteEntries(source: string, lines: readonly string[], known: Map<string, EntryName[]>): void {
  const columns = ENTRY_COLUMNS[source];
  if (columns === undefined) return;
  for (const line of lines) {
    const row = JSON.parse(line) as Record<string, unknown>;
    const [pool, sequence, hash] = columns.map((column) => row[column]);
    if (typeof sequence !== 'number' || typeof hash !== 'string') continue;
    const entries = known.get(String(pool)) ?? [];
    entries.push({ sequence, hash });
    known.set(String(pool), entries);
  }
}

const ENTRY_COLUMNS: Readonly<Record<string, readonly [pool: string, sequence: string, hash: string]>> = {
  'database/ido_pool_cache': ['id', 'ledger_sequence', 'ledger_hash'],
  'database/user_investment_cache': ['pool_id', 'receipt_sequence', 'receipt_hash'],
};

class LedgerCheck {
  readonly #pool: string;
  readonly #verifier: LedgerVerifier;
  readonly #utf8 = new TextEncoder();
  #fault: string | null = null;

  constructor(pool: string, known: readonly EntryName[]) {
    this.#pool = pool;
    this.#verifier = new LedgerVerifier(known);
  }

  read(lines: readonly string[]): void {
    for (const line of lines) {
      if (this.#fault !== null) return;
      const result = this.#verifier.accept(this.#utf8.encode(line));
      if ('fault' in result) this.#fault = `breaks at entry ${result.fault.sequence}: ${result.fault.reason}`;
    }
  }

  fault(): string | null {
    if (this.#fault !== null) return this.#fault;
    const { pool } = this.#verifier.summary;
    if (pool !== null && pool !== this.#pool) return `it is the ledger of ${JSON.stringify(pool)}`;
    return this.#verifier.end()?.reason ?? null;
  }
}
