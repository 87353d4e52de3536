/** Ledgers that are written by hand: each entry gets its place in the chain. */
import { createHash } from 'node:crypto';
import type { Kind } from '../../../src/investing/checked-entry.ts';

/** An entry without its place. */
export interface WrittenStep {
  kind: Kind;
  accounts: Record<string, string>;
  investment?: string;
  at?: string;
  pool?: string;
  reason?: string;
  source?: string;
  /** Any other field, which makes the entry wrong. */
  [field: string]: unknown;
}

export const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');

/** The lines of a ledger with these entries: a whole chain, whatever the entries say. */
export function ledgerOf(steps: readonly WrittenStep[]): string[] {
  let previous = '0'.repeat(64);
  return steps.map((step, index) => {
    const at = new Date(Date.UTC(2026, 10, 25, 19, 0, index)).toISOString();
    const line = sortedJson({ at, pool: 'pool-1', ...step, previous, sequence: String(index + 1) });
    previous = sha256(line);
    return line;
  });
}

/** The entries of lines, to be written again with another chain. */
export const stepsOf = (lines: readonly string[]): WrittenStep[] => lines.map((line) => JSON.parse(line));

/** The investment's name in a ledger. */
export const investmentName = (id: string) => sha256(btoa(`Investment:${id}`).replace(/=+$/, ''));

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, of: unknown) =>
    typeof of === 'object' && of !== null && !Array.isArray(of)
      ? Object.fromEntries(Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : of,
  );
}

const ONE = investmentName('one');
const TWO = investmentName('two');
const THREE = investmentName('three');

/** A sale of 100 tokens at 2 with an entry of each kind. */
export const SALE: readonly WrittenStep[] = [
  { kind: 'open', accounts: { 'tokens:outside': '-100', 'tokens:unsold': '100' } },
  reserve(ONE, '25.5', '51'),
  reserve(TWO, '10', '20'),
  { kind: 'submit', investment: ONE, accounts: { 'money:due': '-51', 'money:submitted': '51' } },
  { kind: 'submit', investment: ONE, accounts: {} },
  release('expire', TWO, '10', '20'),
  pay(ONE, 'reserved', 'submitted', '25.5', '51'),
  { kind: 'refund_due', investment: TWO, accounts: { 'money:outside': '-20', 'money:owed': '20' } },
  { kind: 'refund', investment: TWO, accounts: { 'money:owed': '-20', 'money:returned': '20' } },
  { kind: 'claim', investment: ONE, accounts: {} },
  { kind: 'elsewhere', accounts: { 'tokens:elsewhere': '70', 'tokens:unsold': '-70' } },
  reserve(THREE, '4.5', '9'),
  release('refuse', THREE, '4.5', '9'),
  {
    kind: 'adjust',
    accounts: { 'tokens:elsewhere': '5', 'tokens:outside': '-5' },
    reason: 'sold elsewhere beyond the total',
    source: 'main-api',
  },
  pay(THREE, 'unsold', 'outside', '4.5', '9'),
  { kind: 'close', accounts: {} },
];

export function reserve(investment: string, tokens: string, money: string): WrittenStep {
  const accounts = {
    'tokens:unsold': `-${tokens}`,
    'tokens:reserved': tokens,
    'money:outside': `-${money}`,
    'money:due': money,
  };
  return { kind: 'reserve', investment, accounts };
}

export function release(
  kind: 'expire' | 'refuse',
  investment: string,
  tokens: string,
  money: string,
): WrittenStep {
  const accounts = {
    'tokens:unsold': tokens,
    'tokens:reserved': `-${tokens}`,
    'money:outside': money,
    'money:due': `-${money}`,
  };
  return { kind, investment, accounts };
}

export function pay(
  investment: string,
  fromTokens: 'reserved' | 'unsold' | 'outside',
  fromMoney: 'due' | 'submitted' | 'outside',
  tokens: string,
  money: string,
): WrittenStep {
  const accounts = {
    [`tokens:${fromTokens}`]: `-${tokens}`,
    'tokens:sold': tokens,
    [`money:${fromMoney}`]: `-${money}`,
    'money:paid': money,
  };
  return { kind: 'pay', investment, accounts };
}
