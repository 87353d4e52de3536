/** What the three books say of a pool's sale: the public export of its ledger, D1, and the main API. */
import { env } from 'cloudflare:workers';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import {
  type LedgerFault,
  type LedgerSummary,
  LedgerVerifier,
} from '../../../src/investing/verify-ledger.ts';
import { fromUnits, toUnits } from '../../../src/storage/decimal-units.ts';
import { sha256Hex } from '../../../src/storage/sha256-hex.ts';
import type { HttpSale } from './http-sale.ts';

/** An investment as D1 and the main API have it. */
export interface BookedInvestment {
  id: string;
  user_id: string;
  status: string;
  investment_amount: string;
  token_amount: string;
  transaction_hash: string | null;
}

/** By account, without those that are empty. */
export type AccountsOfInvestment = Record<string, string>;

export interface Books {
  ledger: {
    fault: LedgerFault | null;
    summary: LedgerSummary;
    /** By the hash of the investment's global id. */
    investments: Map<string, AccountsOfInvestment>;
  };
  d1: BookedInvestment[];
  mainApi: BookedInvestment[];
  notices: unknown[];
}

const byId = (a: BookedInvestment, b: BookedInvestment) => (a.id < b.id ? -1 : 1);

/** Once the ledger has settled. */
export async function booksOf({ poolId, market, gateway }: HttpSale): Promise<Books> {
  const stored = await env.DB.prepare(
    `SELECT id, user_id, status, investment_amount, token_amount, transaction_hash, receipt_sequence, receipt_hash
     FROM user_investment_cache WHERE pool_id = ?`,
  )
    .bind(poolId)
    .all<BookedInvestment & { receipt_sequence: number; receipt_hash: string }>();
  const receipts = stored.results.map((row) => ({ sequence: row.receipt_sequence, hash: row.receipt_hash }));
  const exported = await gateway.fetch(`/ledger/${poolId}.jsonl`);
  const lines = new TextDecoder().decode(await exported.arrayBuffer());
  if (exported.status !== 200) throw new Error(`the export: ${exported.status} ${lines}`);
  const { investments } = await market.records();
  const notices = await env.DB.prepare('SELECT kind, detail FROM ledger_notice WHERE pool_id = ?')
    .bind(poolId)
    .all();
  return {
    ledger: verified(lines, receipts),
    d1: stored.results.map(bookedFields).toSorted(byId),
    mainApi: investments
      .filter(({ pool_id }) => pool_id === poolId)
      .map((record) => bookedFields({ ...record, transaction_hash: record.transaction_hash ?? null }))
      .toSorted(byId),
    notices: notices.results,
  };
}

function bookedFields(row: BookedInvestment): BookedInvestment {
  const { id, user_id, status, investment_amount, token_amount, transaction_hash } = row;
  return { id, user_id, status, investment_amount, token_amount, transaction_hash };
}

function verified(exported: string, receipts: { sequence: number; hash: string }[]): Books['ledger'] {
  const verifier = new LedgerVerifier(receipts);
  const units = new Map<string, Map<string, bigint>>();
  for (const line of exported.split('\n').slice(0, -1)) {
    const checked = verifier.accept(new TextEncoder().encode(line));
    if ('fault' in checked)
      return { fault: checked.fault, summary: verifier.summary, investments: new Map() };
    const { investment, movements } = checked.entry;
    if (investment === undefined) continue;
    const accounts = units.get(investment) ?? new Map<string, bigint>();
    units.set(investment, accounts);
    for (const [account, moved] of movements) accounts.set(account, (accounts.get(account) ?? 0n) + moved);
  }
  const investments = [...units].map(([hash, accounts]) => [hash, ownAccounts(accounts)] as const);
  return { fault: verifier.end(), summary: verifier.summary, investments: new Map(investments) };
}

/** Not those of the pool, which every investment draws from. */
const ownAccounts = (accounts: Map<string, bigint>): AccountsOfInvestment =>
  Object.fromEntries(
    [...accounts]
      .filter(([account, units]) => units !== 0n && !/:(?:unsold|outside|elsewhere)$/.test(account))
      .map(([account, units]) => [account, fromUnits(units)]),
  );

/** The accounts that an investment of D1 must have in the ledger. */
export function accountsOf(row: BookedInvestment): AccountsOfInvestment {
  const [tokens, money] = [row.token_amount, row.investment_amount].map((text) => fromUnits(toUnits(text)));
  if (tokens === undefined || money === undefined) throw new Error('an investment has no amounts');
  switch (row.status) {
    case 'confirmed':
      return { 'tokens:sold': tokens, 'money:paid': money };
    case 'pending':
      return {
        'tokens:reserved': tokens,
        [row.transaction_hash === null ? 'money:due' : 'money:submitted']: money,
      };
    case 'failed':
      return {};
    default:
      throw new Error(`nobody expects an investment that is ${row.status}`);
  }
}

/** As the entries of a ledger name an investment. */
export const nameInLedger = (investmentId: string) => sha256Hex(encodeGlobalId('Investment', investmentId));
