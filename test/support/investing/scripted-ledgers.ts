/** Ledgers whose entries, head and failures a test writes. */
import { createHash } from 'node:crypto';
import type { Ledgers } from '../../../src/investing/ledger-client.ts';
import type { LedgerHead, PoolLedgerCalls } from '../../../src/investing/pool-ledger.ts';

export interface ScriptedLedger {
  /** The names of the calls that change or compare. */
  calls: string[];
  /** By sequence. */
  entries: Map<number, string>;
  head: LedgerHead | null;
  /** Fails each of these calls. */
  fails: boolean;
}

export interface ScriptedLedgers {
  ledgers: Ledgers;
  ledger(pool: string): ScriptedLedger;
  /** Makes it the head. */
  append(pool: string, entry: string): void;
}

export function scriptedLedgers(pools: readonly string[], nowSeconds: () => number): ScriptedLedgers {
  const byPool = new Map<string, ScriptedLedger>();
  for (const pool of pools) byPool.set(pool, { calls: [], entries: new Map(), head: null, fails: false });
  const ofPool = (pool: string): PoolLedgerCalls => {
    const ledger = byPool.get(pool);
    const note = async (name: string) => {
      ledger?.calls.push(name);
      if (ledger?.fails) throw new Error('the ledger is busy');
    };
    return {
      applyRecords: () => note('applyRecords'),
      applyTerms: () => note('applyTerms'),
      compare: () => note('compare'),
      exportEntries: async (after: number) => `${ledger?.entries.get(after + 1) ?? ''}\n`,
      head: async () => ledger?.head ?? null,
    } as Partial<PoolLedgerCalls> as PoolLedgerCalls;
  };
  const ledger = (pool: string) => byPool.get(pool) as ScriptedLedger;
  return {
    ledgers: { ofPool, ofInvestment: () => null },
    ledger,
    append(pool, entry) {
      const { entries } = ledger(pool);
      const sequence = entries.size + 1;
      entries.set(sequence, entry);
      const hash = createHash('sha256').update(entry).digest('hex');
      ledger(pool).head = { pool, sequence, hash, recordedAt: nowSeconds() };
    },
  };
}
