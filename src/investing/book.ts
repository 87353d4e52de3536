/** The one row that every step of a ledger reads and writes: clock, head of the chain, balances and sums. */
import { fromUnits, sortableUnits, toUnits } from '../storage/decimal-units.ts';
import { ACCOUNTS, type Balances, isOutside } from './accounts.ts';
import { FIRST_PREVIOUS } from './entry.ts';
import { balanceColumn } from './ledger-schema.ts';
import type { LedgerStorage } from './ledger-types.ts';
import { poolKey } from './pool-key.ts';

export interface Book {
  poolId: string;
  /** The ledger's name. */
  poolKey: string;
  /** It never goes back. */
  clockMs: number;
  /** Nothing runs out before; null if nothing will. */
  wakeMs: number | null;
  headSequence: number;
  headHash: string;
  headAtMs: number;
  balances: Balances;
  /** The sum of pending and confirmed investments, in payment tokens. */
  livingAmount: bigint;
  /** The sums of the investments that the applied snapshot surely contains. */
  containedTokens: bigint;
  containedAmount: bigint;
  /** Members with a living investment, and none that the snapshot contains. */
  newParticipants: number;
  /** When the sale was found to be over. */
  closedAt: number | null;
  /** Grows with each change of what D1 shows of the pool: `ledger_revision`. */
  figuresRevision: number;
  figuresProjected: number;
  figuresProjectedMs: number;
}

const BALANCE_COLUMNS = ACCOUNTS.map(balanceColumn);
/** They change with a new entry alone. */
const COLUMNS_OF_ENTRIES = ['head_sequence', 'head_hash', 'head_at_ms', ...BALANCE_COLUMNS];
const CHANGING_COLUMNS = [
  'clock_ms',
  'wake_ms',
  'living_amount',
  'contained_tokens',
  'contained_amount',
  'new_participants',
  'closed_at',
  'figures_revision',
  'figures_projected',
  'figures_projected_ms',
];
const COLUMNS = ['pool_id', 'pool_key', ...CHANGING_COLUMNS, ...COLUMNS_OF_ENTRIES];
const SELECT = `SELECT ${COLUMNS.join(', ')} FROM book`;
const INSERT = `INSERT INTO book (one, ${COLUMNS.join(', ')}) VALUES (1, ${COLUMNS.map(() => '?').join(', ')})`;
const updateOf = (columns: readonly string[]) =>
  `UPDATE book SET ${columns.map((column) => `${column} = ?`).join(', ')}`;
const UPDATE = updateOf(CHANGING_COLUMNS);
const UPDATE_WITH_ENTRIES = updateOf([...CHANGING_COLUMNS, ...COLUMNS_OF_ENTRIES]);

export function newBook(poolId: string): Book {
  return {
    poolId,
    poolKey: poolKey(poolId),
    clockMs: 0,
    wakeMs: null,
    headSequence: 0,
    headHash: FIRST_PREVIOUS,
    headAtMs: 0,
    balances: Object.fromEntries(ACCOUNTS.map((account) => [account, 0n])) as Balances,
    livingAmount: 0n,
    containedTokens: 0n,
    containedAmount: 0n,
    newParticipants: 0,
    closedAt: null,
    figuresRevision: 0,
    figuresProjected: 0,
    figuresProjectedMs: 0,
  };
}

type BookRow = {
  pool_id: string;
  pool_key: string;
  clock_ms: number;
  wake_ms: number | null;
  head_sequence: number;
  head_hash: string;
  head_at_ms: number;
  living_amount: string;
  contained_tokens: string;
  contained_amount: string;
  new_participants: number;
  closed_at: number | null;
  figures_revision: number;
  figures_projected: number;
  figures_projected_ms: number;
  [balance: string]: SqlStorageValue;
};

/** Null before the pool is known. */
export function readBook(sql: LedgerStorage['sql']): Book | null {
  const [row] = sql.exec<BookRow>(SELECT).toArray();
  if (row === undefined) return null;
  const balances = {} as Balances;
  for (const [index, account] of ACCOUNTS.entries()) {
    const stored = String(row[BALANCE_COLUMNS[index] ?? '']);
    balances[account] = isOutside(account) ? toUnits(stored) : BigInt(stored);
  }
  return {
    poolId: row.pool_id,
    poolKey: row.pool_key,
    clockMs: row.clock_ms,
    wakeMs: row.wake_ms,
    headSequence: row.head_sequence,
    headHash: row.head_hash,
    headAtMs: row.head_at_ms,
    balances,
    livingAmount: BigInt(row.living_amount),
    containedTokens: BigInt(row.contained_tokens),
    containedAmount: BigInt(row.contained_amount),
    newParticipants: row.new_participants,
    closedAt: row.closed_at,
    figuresRevision: row.figures_revision,
    figuresProjected: row.figures_projected,
    figuresProjectedMs: row.figures_projected_ms,
  };
}

const changingValues = (book: Book): SqlStorageValue[] => [
  book.clockMs,
  book.wakeMs,
  storedUnits(book.livingAmount),
  storedUnits(book.containedTokens),
  storedUnits(book.containedAmount),
  book.newParticipants,
  book.closedAt,
  book.figuresRevision,
  book.figuresProjected,
  book.figuresProjectedMs,
];

const valuesOfEntries = ({ headSequence, headHash, headAtMs, balances }: Book): SqlStorageValue[] => [
  headSequence,
  headHash,
  headAtMs,
  ...ACCOUNTS.map((account) =>
    isOutside(account) ? fromUnits(balances[account]) : storedUnits(balances[account]),
  ),
];

/** A negative amount stays as it is, and the database refuses it. */
export const storedUnits = (units: bigint): string => (units < 0n ? units.toString() : sortableUnits(units));

export const insertBook = (sql: LedgerStorage['sql'], book: Book): void => {
  sql.exec(INSERT, book.poolId, book.poolKey, ...changingValues(book), ...valuesOfEntries(book));
};

/** Most steps append no entry: the database need not check each balance again. */
export const updateBook = (sql: LedgerStorage['sql'], book: Book, hasNewEntries: boolean): void => {
  if (hasNewEntries) sql.exec(UPDATE_WITH_ENTRIES, ...changingValues(book), ...valuesOfEntries(book));
  else sql.exec(UPDATE, ...changingValues(book));
};
