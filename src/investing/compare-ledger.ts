/**
 * Compares a ledger with itself and with its rows in D1, for a person to read.
 *
 * Rows change meanwhile, and D1 has them a little later: a row differs if it does so twice, and D1 was brought up to date
 * in between.
 */
import { LEDGER_D1_TIMEOUT_MS } from '../config.ts';
import { answerWithin } from '../storage/answer-within.ts';
import type { InvestmentRow } from '../storage/d1/investments.ts';
import { type ShownInvestment, shownInvestments } from '../storage/d1/ledger-rows.ts';
import type { Difference } from './commands/differences.ts';
import type { Ledger } from './ledger.ts';
import { idsOfLedger } from './pool-key.ts';

const ROWS_A_PAGE = 500;
/** After so many a person knows enough. */
const DIFFERENCES_MAX = 100;

export interface CompareSources {
  ledger: Pick<Ledger, 'check' | 'head' | 'investmentsAfter'>;
  db: D1Database;
  /** Brings D1 up to date. */
  flush(): Promise<void>;
}

/** @throws if D1 fails */
export async function differencesOf({ ledger, db, flush }: CompareSources): Promise<Difference[]> {
  const pool = ledger.head()?.pool;
  if (pool === undefined) return [];
  const found: Difference[] = ledger.check().map((detail) => ({ investmentId: null, detail }));
  await flush();
  const ids = idsOfLedger(pool);
  for (let { after } = ids; found.length < DIFFERENCES_MAX; ) {
    const read = () => comparedPage({ ledger, db }, after, ids.end);
    let page = await read();
    if (page.differences.length > 0) {
      const before = new Set(page.differences.map(({ detail }) => detail));
      await flush();
      page = await read();
      found.push(...page.differences.filter(({ detail }) => before.has(detail)));
    }
    if (page.isLast) break;
    after = page.upTo;
  }
  return found.slice(0, DIFFERENCES_MAX);
}

/** One page of both by id. */
async function comparedPage(
  { ledger, db }: Pick<CompareSources, 'ledger' | 'db'>,
  after: string,
  end: string,
): Promise<{ differences: Difference[]; upTo: string; isLast: boolean }> {
  const page = ledger.investmentsAfter(after, ROWS_A_PAGE);
  const isLast = page.length < ROWS_A_PAGE;
  const upTo = page.at(-1)?.id ?? after;
  const shown = await answerWithin(LEDGER_D1_TIMEOUT_MS, 'database', () =>
    shownInvestments(db, { after, upTo: isLast ? end : upTo }),
  );
  const shownById = new Map(shown.map((row) => [row.id, row]));
  const differences: Difference[] = [];
  for (const row of page) {
    const inD1 = shownById.get(row.id);
    shownById.delete(row.id);
    const own = textOf(row);
    const other = inD1 === undefined ? 'nothing' : textOf(inD1);
    if (own !== other)
      differences.push({ investmentId: row.id, detail: `D1 shows ${other}, the ledger has ${own}` });
  }
  for (const row of shownById.values())
    differences.push({ investmentId: row.id, detail: `D1 shows ${textOf(row)}, the ledger has nothing` });
  return { differences, upTo, isLast };
}

const textOf = (row: ShownInvestment | InvestmentRow) =>
  `${row.status} at revision ${row.revision}: ${row.token_amount} tokens for ${row.investment_amount}`;
