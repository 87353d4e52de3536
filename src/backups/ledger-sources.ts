/** The whole ledger of each pool, as everybody may read it. */
import { LEDGER_EXPORT_PART_ENTRIES } from '../config.ts';
import type { Ledgers } from '../investing/ledger-client.ts';
import { poolKey } from '../investing/pool-key.ts';
import { poolsWithLedgers } from '../storage/d1/ido-pools.ts';
import { LEDGER_PREFIX } from './backup-keys.ts';
import type { BackupDeps, BackupPage, BackupSource } from './backup-source.ts';

export async function ledgerSources({ db, ledgers }: BackupDeps): Promise<BackupSource[]> {
  const pools = await poolsWithLedgers(db);
  return pools.map(({ id }) => ({
    name: `ledger/${id}`,
    file: { prefix: LEDGER_PREFIX, name: poolKey(id), extension: 'jsonl.gz' },
    isSealed: false,
    pages: (after) => entriesOf(ledgers.ofPool(id), after === null ? 0 : Number(after)),
  }));
}

async function* entriesOf(
  ledger: Pick<ReturnType<Ledgers['ofPool']>, 'exportEntries'>,
  after: number,
): AsyncGenerator<BackupPage> {
  for (let last = after; ; ) {
    const lines = await ledger.exportEntries(last, LEDGER_EXPORT_PART_ENTRIES);
    const rows = lines.split('\n').length - 1;
    if (rows === 0) return;
    last += rows;
    yield { lines, rows, upTo: String(last) };
    if (rows < LEDGER_EXPORT_PART_ENTRIES) return;
  }
}
