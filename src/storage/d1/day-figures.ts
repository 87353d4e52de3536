/**
 * Figures of a day for its report: accounts, investments and runs of jobs. A day is `from` and up to, without it, `to`, in Unix
 * seconds.
 *
 * Once a night each reads a table as a whole: an index by time would cost a written row for each account and investment, which
 * is dearer than these reads.
 */
import { fromUnits, toUnits } from '../decimal-units.ts';

export interface DaySpan {
  from: number;
  to: number;
}

export interface AccountFigures {
  opened: number;
  /** All that there are, when the figures are read. */
  total: number;
}

export async function accountFigures(db: D1Database, { from, to }: DaySpan): Promise<AccountFigures> {
  const row = await db
    .prepare(
      'SELECT count(*) AS total, count(*) FILTER (WHERE created_at >= ?1 AND created_at < ?2) AS opened FROM user_account',
    )
    .bind(from, to)
    .first<AccountFigures>();
  return { opened: row?.opened ?? 0, total: row?.total ?? 0 };
}

/** Exact sums, as decimals in the payment token. */
export interface PaymentTokenFigures {
  paymentToken: string;
  /** Investments that were made on the day, in whatever state they are now. */
  investments: { count: number; amount: string };
  /** Payments that were confirmed on the day. */
  raised: { count: number; amount: string };
  /** Refunds of the day. */
  refunded: { count: number; amount: string };
  /** Refunds that are due when the figures are read, whatever their day. */
  refundsDue: { count: number; amount: string };
}

type FigureName = Exclude<keyof PaymentTokenFigures, 'paymentToken'>;

/** In the order of the tokens' names. Those without any figure are left out. */
export async function investmentFigures(
  db: D1Database,
  { from, to }: DaySpan,
): Promise<PaymentTokenFigures[]> {
  // SQLite adds numbers, and amounts are decimals of up to 18 places: it counts equal ones, and units add up here.
  const { results } = await db
    .prepare(
      `SELECT 'investments' AS figure, payment_token AS paymentToken, investment_amount AS amount, count(*) AS count
         FROM user_investment_cache WHERE invested_at >= ?1 AND invested_at < ?2
         GROUP BY payment_token, investment_amount
       UNION ALL
       SELECT 'refundsDue', payment_token, investment_amount, count(*)
         FROM user_investment_cache WHERE refund_due = 1
         GROUP BY payment_token, investment_amount
       UNION ALL
       SELECT iif(moved.kind = 'payment', 'raised', 'refunded'), payment_token, investment_amount, count(*)
         FROM investment_transaction AS moved
         JOIN user_investment_cache AS investment ON investment.id = moved.investment_id
         WHERE moved.kind IN ('payment', 'refund') AND moved.occurred_at >= ?1 AND moved.occurred_at < ?2
         GROUP BY moved.kind, payment_token, investment_amount`,
    )
    .bind(from, to)
    .all<{ figure: FigureName; paymentToken: string; amount: string; count: number }>();
  const byToken = new Map<string, Record<FigureName, { count: number; units: bigint }>>();
  for (const { figure, paymentToken, amount, count } of results) {
    let token = byToken.get(paymentToken);
    if (token === undefined) {
      token = { investments: nothing(), raised: nothing(), refunded: nothing(), refundsDue: nothing() };
      byToken.set(paymentToken, token);
    }
    token[figure].count += count;
    token[figure].units += toUnits(amount) * BigInt(count);
  }
  return [...byToken]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([paymentToken, { investments, raised, refunded, refundsDue }]) => ({
      paymentToken,
      investments: decimalOf(investments),
      raised: decimalOf(raised),
      refunded: decimalOf(refunded),
      refundsDue: decimalOf(refundsDue),
    }));
}

const nothing = () => ({ count: 0, units: 0n });
const decimalOf = ({ count, units }: { count: number; units: bigint }) => ({
  count,
  amount: fromUnits(units),
});

export interface JobFigures {
  job: string;
  /** Runs that began on the day: those that are `ok`, `partial` and `failed`, and those that have not ended. */
  runs: number;
  ok: number;
  partial: number;
  failed: number;
  read: number;
  written: number;
  skipped: number;
  longestSeconds: number | null;
  /** The error of the last run that had one. */
  lastError: string | null;
}

/** In the order of the jobs' names. */
export async function jobFigures(db: D1Database, { from, to }: DaySpan): Promise<JobFigures[]> {
  const { results } = await db
    .prepare(
      `SELECT job, count(*) AS runs,
         count(*) FILTER (WHERE outcome = 'ok') AS ok,
         count(*) FILTER (WHERE outcome = 'partial') AS partial,
         count(*) FILTER (WHERE outcome = 'failed') AS failed,
         sum(read_count) AS read, sum(written_count) AS written, sum(skipped_count) AS skipped,
         max(finished_at - started_at) AS longestSeconds,
         (SELECT first_error FROM sync_run AS wrong
          WHERE wrong.job = run.job AND wrong.started_at >= ?1 AND wrong.started_at < ?2 AND first_error IS NOT NULL
          ORDER BY wrong.started_at DESC LIMIT 1) AS lastError
       FROM sync_run AS run WHERE started_at >= ?1 AND started_at < ?2
       GROUP BY job ORDER BY job`,
    )
    .bind(from, to)
    .all<JobFigures>();
  return results;
}
