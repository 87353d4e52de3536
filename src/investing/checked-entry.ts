/**
 * One line of a pool's ledger, read as `test/contracts/ledger.md` has it and by nothing else of the ledger's code: an
 * unknown field, as a name or a wallet would be, is a fault, and so is any text but the canonical one (RFC 8785).
 */
import * as z from 'zod';
import { toUnits } from '../storage/decimal-units.ts';

export const KINDS = [
  'open',
  'reserve',
  'submit',
  'pay',
  'expire',
  'refuse',
  'refund_due',
  'refund',
  'claim',
  'elsewhere',
  'adjust',
  'close',
] as const;
export type Kind = (typeof KINDS)[number];

export const ACCOUNTS = [
  'money:due',
  'money:outside',
  'money:owed',
  'money:paid',
  'money:returned',
  'money:submitted',
  'tokens:elsewhere',
  'tokens:outside',
  'tokens:reserved',
  'tokens:sold',
  'tokens:unsold',
] as const;
export type Account = (typeof ACCOUNTS)[number];

/** Kinds of steps of one investment; the others are steps of the pool, and an `adjust` may be either. */
const OF_ONE_INVESTMENT: readonly Kind[] = [
  'reserve',
  'submit',
  'pay',
  'expire',
  'refuse',
  'refund_due',
  'refund',
  'claim',
];

export interface CheckedEntry {
  sequence: number;
  previous: string;
  kind: Kind;
  pool: string;
  at: string;
  investment: string | undefined;
  /** Units of 10^-18 that each account gains; it never holds a zero. */
  movements: ReadonlyMap<Account, bigint>;
  /** Only an `adjust` has them. */
  adjusted: { reason: string; source: string } | undefined;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex');
/** The shortest form of a decimal that is not zero, with 18 digits at most behind its point. */
const amount = z
  .string()
  .regex(/^-?(?:[1-9]\d{0,41}(?:\.\d{0,17}[1-9])?|0\.\d{0,17}[1-9])$/, 'is no decimal in its shortest form');

const entrySchema = z.strictObject({
  accounts: z.partialRecord(z.enum(ACCOUNTS), amount),
  at: z.string().refine((text) => instantOf(text) === text, 'is no time in UTC with milliseconds'),
  investment: hash.optional(),
  kind: z.enum(KINDS),
  pool: z.string().min(1),
  previous: hash,
  reason: z.string().min(1).optional(),
  sequence: z.string().regex(/^[1-9]\d{0,14}$/, 'is no whole number above 0'),
  source: z.enum(['main-api', 'operator']).optional(),
});

/** The entry, or the reason why the line is none. */
export type ReadEntry = { entry: CheckedEntry } | { reason: string };

export function readEntry(line: Uint8Array): ReadEntry {
  const value = parsed(line);
  if (value === undefined) return { reason: 'it is not JSON in UTF-8' };
  const result = entrySchema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    return { reason: `${issue?.path.join('.') || 'it'}: ${issue?.message}` };
  }
  if (canonical(value) !== new TextDecoder('utf-8', { ignoreBOM: true }).decode(line))
    return { reason: 'it is not in canonical form (RFC 8785)' };
  const { accounts, sequence, investment, reason, source, ...fields } = result.data;
  const { kind } = fields;
  if (
    OF_ONE_INVESTMENT.includes(kind)
      ? investment === undefined
      : investment !== undefined && kind !== 'adjust'
  )
    return { reason: `"${kind}" ${investment === undefined ? 'names no' : 'names an'} investment` };
  const adjusted = reason === undefined || source === undefined ? undefined : { reason, source };
  if (kind === 'adjust' && adjusted === undefined)
    return { reason: '"adjust" lacks its reason or its source' };
  if (kind !== 'adjust' && (reason ?? source) !== undefined)
    return { reason: `"${kind}" has a reason or a source` };
  const movements = new Map(
    Object.entries(accounts).map(([account, decimal]) => [account as Account, toUnits(decimal)]),
  );
  return { entry: { ...fields, sequence: Number(sequence), investment, movements, adjusted } };
}

function parsed(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line));
  } catch {
    return undefined;
  }
}

/** For objects and strings, which are all that an entry holds. Keys are sorted by UTF-16 code units (section 3.2.3). */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const properties = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${properties.map(([key, of]) => `${JSON.stringify(key)}:${canonical(of)}`).join(',')}}`;
}

function instantOf(text: string): string | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
