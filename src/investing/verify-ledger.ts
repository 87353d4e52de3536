/**
 * Checks a pool's ledger from its public lines alone, as anybody can (`test/contracts/ledger.md`). It shares no code with the
 * ledger but the arithmetic of decimals.
 *
 * Guarantees for lines without a fault: the sequence has no gap; each entry carries the hash of the one before; every entry
 * sums to zero and moves only as its kind may; no account but `outside` was ever below zero, of the pool or of one investment;
 * tokens came in by `open` and `adjust` alone, and every `adjust` that brought some in is reported.
 *
 * Nobody can see a change of the last entry, or a chain that was made anew as a whole, without an entry that they know:
 * pass heads and receipts.
 *
 * Takes one line at a time. Its memory grows with the number of investments.
 */
import { createHash } from 'node:crypto';
import { fromUnits } from '../storage/decimal-units.ts';
import { ACCOUNTS, type Account, type CheckedEntry, readEntry } from './checked-entry.ts';
import { movementFault, movementOf } from './checked-movements.ts';

export interface LedgerFault {
  /** Counted from 1. */
  line: number;
  /** The number of the entry that was expected there. */
  sequence: number;
  reason: string;
}

export interface EntryName {
  sequence: number;
  /** SHA-256 of the entry's line, hex. */
  hash: string;
}

export interface ReportedAdjust extends EntryName {
  at: string;
  movement: string;
  /** A decimal. */
  tokens: string;
  reason: string;
  source: string;
}

export interface LedgerSummary {
  pool: string | null;
  /** Null where there are no entries. */
  head: (EntryName & { at: string }) | null;
  investments: number;
  /** Decimals. */
  balances: Readonly<Record<Account, string>>;
  /** Those that brought tokens in. */
  adjusts: readonly ReportedAdjust[];
}

type Balances = Map<Account, bigint>;

export class LedgerVerifier {
  readonly #known: ReadonlyMap<number, string>;
  #line = 0;
  #head: (EntryName & { at: string; pool: string }) | null = null;
  readonly #balances: Balances = new Map();
  readonly #byInvestment = new Map<string, Balances>();
  readonly #adjusts: ReportedAdjust[] = [];

  /** @param known entries that somebody has kept: heads of the pool, receipts of investments */
  constructor(known: readonly EntryName[] = []) {
    this.#known = new Map(known.map(({ sequence, hash }) => [sequence, hash]));
  }

  /** @param line without its line break. No line may follow one with a fault. */
  accept(line: Uint8Array): { entry: CheckedEntry; hash: string } | { fault: LedgerFault } {
    this.#line += 1;
    const sequence = (this.#head?.sequence ?? 0) + 1;
    const read = readEntry(line);
    if ('reason' in read) return { fault: { line: this.#line, sequence, reason: read.reason } };
    const { entry } = read;
    const hash = createHash('sha256').update(line).digest('hex');
    const reason = this.#placeFault(entry, hash) ?? movementFault(entry) ?? this.#book(entry);
    if (reason !== null) return { fault: { line: this.#line, sequence, reason } };
    this.#head = { sequence, hash, at: entry.at, pool: entry.pool };
    this.#report(entry, hash);
    return { entry, hash };
  }

  /** Call it behind the last line: a known entry that has not come is a fault. */
  end(): LedgerFault | null {
    const last = this.#head?.sequence ?? 0;
    const missing = [...this.#known.keys()]
      .filter((sequence) => sequence > last)
      .toSorted((a, b) => a - b)[0];
    if (missing === undefined) return null;
    const reason = `the ledger ends before entry ${missing}, which is known`;
    return { line: this.#line + 1, sequence: last + 1, reason };
  }

  get summary(): LedgerSummary {
    const balance = (account: Account) => [account, fromUnits(this.#balances.get(account) ?? 0n)];
    return {
      pool: this.#head?.pool ?? null,
      head: this.#head && { sequence: this.#head.sequence, hash: this.#head.hash, at: this.#head.at },
      investments: this.#byInvestment.size,
      balances: Object.fromEntries(ACCOUNTS.map(balance)),
      adjusts: this.#adjusts,
    };
  }

  #placeFault({ sequence, previous, pool, at, kind }: CheckedEntry, hash: string): string | null {
    const head = this.#head ?? { sequence: 0, hash: '0'.repeat(64), pool, at };
    if (sequence !== head.sequence + 1) return `entry ${sequence} stands here`;
    if (previous !== head.hash) return 'it does not carry the hash of the entry before';
    if ((kind === 'open') !== (sequence === 1)) return 'the first entry, and no other, is the "open"';
    if (pool !== head.pool) return `it belongs to another pool, ${JSON.stringify(pool)}`;
    if (at < head.at) return `it is from ${at}, before the entry before it`;
    const known = this.#known.get(sequence);
    return known === undefined || known === hash ? null : `its hash is ${hash}, and not the known ${known}`;
  }

  /** Books the movements unless they are a fault. */
  #book({ kind, investment, movements }: CheckedEntry): string | null {
    for (const [account, units] of movements) {
      const balance = this.#balances.get(account) ?? 0n;
      if (balance + units < 0n && !isOutside(account))
        return account === 'tokens:unsold'
          ? `oversale: ${fromUnits(-units)} tokens leave "unsold", which has ${fromUnits(balance)}`
          : `${fromUnits(-units)} leave "${account}", which has ${fromUnits(balance)}`;
    }
    if (investment !== undefined) {
      const fault = this.#bookOfInvestment(kind, investment, movements);
      if (fault !== null) return fault;
    }
    add(this.#balances, movements);
    return null;
  }

  #bookOfInvestment(
    kind: CheckedEntry['kind'],
    investment: string,
    movements: CheckedEntry['movements'],
  ): string | null {
    const balances = this.#byInvestment.get(investment) ?? (kind === 'reserve' ? new Map() : undefined);
    if (balances === undefined) return 'nothing was ever reserved for its investment';
    const held = (balances.get('tokens:reserved') ?? 0n) + (balances.get('tokens:sold') ?? 0n);
    if (kind === 'reserve' && held > 0n) return 'its investment has tokens already';
    for (const [account, units] of movements) {
      const balance = balances.get(account) ?? 0n;
      if (!OF_THE_POOL.includes(account) && balance + units < 0n)
        return `${fromUnits(-units)} leave "${account}", where its investment has ${fromUnits(balance)}`;
    }
    add(balances, movements);
    this.#byInvestment.set(investment, balances);
    return null;
  }

  #report({ sequence, at, movements, adjusted }: CheckedEntry, hash: string): void {
    const broughtIn = -(movements.get('tokens:outside') ?? 0n);
    if (adjusted === undefined || broughtIn <= 0n) return;
    const tokens = fromUnits(broughtIn);
    this.#adjusts.push({ sequence, hash, at, movement: movementOf(movements), tokens, ...adjusted });
  }
}

const isOutside = (account: Account) => account === 'tokens:outside' || account === 'money:outside';
/** No investment has a part in them. */
const OF_THE_POOL: readonly Account[] = [
  'tokens:unsold',
  'tokens:elsewhere',
  'tokens:outside',
  'money:outside',
];

function add(balances: Balances, movements: CheckedEntry['movements']): void {
  for (const [account, units] of movements) balances.set(account, (balances.get(account) ?? 0n) + units);
}
