/** Payments, claims and refunds of one user, as the API shows them. */
import {
  countTransactions,
  type TransactionKind,
  type TransactionPageQuery,
  type TransactionRow,
  transactionPage,
} from '../storage/d1/investment-transactions.ts';
import { type InvestmentRow, investmentsOfUser } from '../storage/d1/investments.ts';
import type { Keyed } from '../storage/d1/keyset.ts';
import { fromUnits } from '../storage/decimal-units.ts';
import { UNKNOWN_SYMBOL } from './unknown-symbol.ts';

export interface Transaction {
  id: string;
  kind: TransactionKind;
  investment: InvestmentRow;
  /** A decimal. */
  amount: string;
  token: string;
  transactionHash: string | null;
  /** Unix seconds. */
  occurredAt: number;
}

/** A page costs two D1 calls, its count one more. */
export const createTransactions = (db: D1Database) => ({
  /** Newest first. */
  async page(query: TransactionPageQuery): Promise<Keyed<Transaction>[]> {
    const rows = await transactionPage(db, query);
    if (rows.length === 0) return [];
    const ids = [...new Set(rows.map(({ investment_id }) => investment_id))];
    const investments = await investmentsOfUser(db, query.userId, ids);
    return rows.map((row) => {
      const investment = investments.get(row.investment_id);
      if (investment === undefined) throw new Error(`the transaction ${row.id} has no investment`);
      return { ...transactionOf(row, investment), sort_key: row.sort_key };
    });
  },
  count: (userId: string) => countTransactions(db, userId),
});

function transactionOf(row: TransactionRow, investment: InvestmentRow): Transaction {
  const { id, kind, occurred_at: occurredAt } = row;
  const { investment_amount: paid, payment_token: paymentToken, transaction_hash: hash } = investment;
  const moved = { id, kind, investment, occurredAt };
  switch (kind) {
    case 'payment':
      return { ...moved, amount: paid, token: paymentToken, transactionHash: hash };
    case 'refund':
      return { ...moved, amount: paid, token: paymentToken, transactionHash: null };
    case 'claim':
      return {
        ...moved,
        amount: claimed(row),
        token: row.sale_symbol ?? UNKNOWN_SYMBOL,
        transactionHash: null,
      };
    default:
      throw new Error(`unknown kind of transaction ${kind satisfies never}`);
  }
}

const claimed = ({ level_units, lower_units }: TransactionRow) =>
  fromUnits(BigInt(level_units ?? 0) - BigInt(lower_units ?? 0));
