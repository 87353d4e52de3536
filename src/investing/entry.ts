/** An entry of a ledger as JSON by RFC 8785, and its place in the chain (`test/contracts/ledger.md`). */
import { createHash } from 'node:crypto';
import { fromUnits } from '../storage/decimal-units.ts';
import type { Account, Movements } from './accounts.ts';

export type EntryKind =
  | 'open'
  | 'reserve'
  | 'submit'
  | 'pay'
  | 'expire'
  | 'refuse'
  | 'refund_due'
  | 'refund'
  | 'claim'
  | 'elsewhere'
  | 'adjust'
  | 'close';

/** Why an `adjust` was made, and upon whose word. */
export interface Adjustment {
  reason: string;
  source: 'main-api' | 'operator';
}

export interface Entry {
  kind: EntryKind;
  movements: Movements;
  pool: string;
  sequence: number;
  /** The hash of the entry before. */
  previous: string;
  atMs: number;
  /** The id of the investment that it is about. */
  investmentId: string | null;
  adjustment: Adjustment | null;
}

/** Before the first entry. */
export const FIRST_PREVIOUS = '0'.repeat(64);

/**
 * RFC 8785 sorts names by UTF-16 code units, as `sort` does, and writes strings as `JSON.stringify` does. There are
 * no numbers, and the names below stand in order.
 */
export function entryJson(entry: Entry): string {
  const { kind, movements, pool, sequence, previous, atMs, investmentId, adjustment } = entry;
  const accounts: Record<string, string> = {};
  for (const account of (Object.keys(movements) as Account[]).sort()) {
    accounts[account] = fromUnits(movements[account] ?? 0n);
  }
  return JSON.stringify({
    accounts,
    at: new Date(atMs).toISOString(),
    ...(investmentId === null ? {} : { investment: investmentHash(investmentId) }),
    kind,
    pool,
    previous,
    ...(adjustment === null ? {} : { reason: adjustment.reason }),
    sequence: String(sequence),
    ...(adjustment === null ? {} : { source: adjustment.source }),
  });
}

export const entryHash = (json: string): string => createHash('sha256').update(json).digest('hex');

/**
 * The SHA-256 of the investment's global id: its owner alone can find their entries by it. In base64, an id that a ledger
 * has made has no character that base64url writes otherwise.
 */
export const investmentHash = (investmentId: string): string =>
  entryHash(btoa(`Investment:${investmentId}`).replace(/=+$/, ''));
