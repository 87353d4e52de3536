/**
 * Compares every row of a ledger with every other that must agree (`test/contracts/ledger.md`). An answer with no
 * sentence means that nothing is wrong.
 */
import { fromUnits, greaterOf, toUnits } from '../storage/decimal-units.ts';
import { ACCOUNTS, type Account, type Balances, isOutside } from './accounts.ts';
import type { Book } from './book.ts';
import { entryHash, FIRST_PREVIOUS } from './entry.ts';
import { calls, type Investment, investments, keyedOutcomes, members } from './ledger-tables.ts';
import type { LedgerStorage } from './ledger-types.ts';
import type { PoolTerms } from './pool-ledger.ts';

type Sql = LedgerStorage['sql'];
type Report = (isRight: boolean, problem: string) => void;

interface StoredEntry {
  accounts: Partial<Record<Account, string>>;
  kind: string;
  pool: string;
  previous: string;
  sequence: string;
}

export function checkLedger(sql: Sql, book: Book, terms: PoolTerms): string[] {
  const problems: string[] = [];
  const report: Report = (isRight, problem) => {
    if (!isRight) problems.push(problem);
  };
  const rows = investments.select(sql, '');
  checkEntries(sql, book, report);
  checkBalances(book, terms, rows, report);
  checkElsewhere(book, terms, report);
  checkInvestments(rows, report);
  checkMembers(sql, book, rows, report);
  checkKeys(sql, rows, report);
  checkCalls(sql, report);
  return problems;
}

/** The chain, and balances as the sum of all entries. */
function checkEntries(sql: Sql, book: Book, report: Report): void {
  const sums = zeroBalances();
  let [previous, sequence] = [FIRST_PREVIOUS, 0];
  for (const { json } of sql.exec<{ json: string }>('SELECT json FROM entry ORDER BY sequence').toArray()) {
    const entry = JSON.parse(json) as StoredEntry;
    sequence += 1;
    report(entry.sequence === String(sequence), `entry ${sequence} says that it is ${entry.sequence}`);
    report(entry.previous === previous, `entry ${sequence} does not follow the entry before it`);
    report(entry.pool === book.poolId, `entry ${sequence} is of another pool`);
    const assets = { tokens: 0n, money: 0n };
    for (const [account, amount] of Object.entries(entry.accounts) as [Account, string][]) {
      const units = toUnits(amount);
      assets[account.startsWith('tokens:') ? 'tokens' : 'money'] += units;
      sums[account] += units;
      report(isOutside(account) || sums[account] >= 0n, `${account} is below zero after entry ${sequence}`);
    }
    report(assets.tokens === 0n && assets.money === 0n, `entry ${sequence} does not sum to zero`);
    const isFromOutside = toUnits(entry.accounts['tokens:outside'] ?? '0') < 0n;
    report(
      !isFromOutside || ['open', 'adjust'].includes(entry.kind),
      `entry ${sequence} sells more than there is`,
    );
    previous = entryHash(json);
  }
  report(book.headSequence === sequence && book.headHash === previous, 'the head is not the last entry');
  for (const account of ACCOUNTS) {
    const [kept, summed] = [fromUnits(book.balances[account]), fromUnits(sums[account])];
    report(kept === summed, `${account} is ${kept}, its entries sum to ${summed}`);
  }
}

/** Balances as the sum of all investments, and the pool's total. */
function checkBalances(
  { balances }: Book,
  terms: PoolTerms,
  rows: readonly Investment[],
  report: Report,
): void {
  const sums = zeroBalances();
  for (const { token_account, money_account, token_amount, investment_amount } of rows) {
    if (token_account !== null) sums[token_account] += toUnits(token_amount);
    if (money_account !== null) sums[money_account] += toUnits(investment_amount);
  }
  for (const account of ACCOUNTS) {
    if (isOutside(account) || account === 'tokens:unsold' || account === 'tokens:elsewhere') continue;
    const [kept, summed] = [fromUnits(balances[account]), fromUnits(sums[account])];
    report(kept === summed, `${account} is ${kept}, its investments sum to ${summed}`);
  }
  const excess = -balances['tokens:outside'] - toUnits(terms.total_tokens);
  report(excess >= 0n, `${fromUnits(-excess)} tokens of the total are nowhere`);
  report(excess === 0n || balances['tokens:unsold'] === 0n, 'tokens beyond the total are for sale');
}

/** Sales elsewhere that are not in the books have no tokens left that somebody could buy. */
function checkElsewhere({ balances, containedTokens }: Book, terms: PoolTerms, report: Report): void {
  const sold = greaterOf(toUnits(terms.upstream_sold_tokens) - containedTokens, 0n);
  const isRight =
    balances['tokens:unsold'] === 0n
      ? balances['tokens:elsewhere'] <= sold
      : balances['tokens:elsewhere'] === sold;
  report(
    isRight,
    `others have sold ${fromUnits(sold)}, the books have ${fromUnits(balances['tokens:elsewhere'])}`,
  );
}

function checkInvestments(rows: readonly Investment[], report: Report): void {
  for (const {
    id,
    status,
    failure,
    token_account,
    money_account,
    reservation_expires_at,
    transaction_hash,
  } of rows) {
    const state = `${status} ${token_account} ${money_account}`;
    report(STATES.includes(state), `${id} is ${state}`);
    report(
      (failure === null) !== (status === 'failed') || status === 'refunded',
      `${id} has failed without a reason`,
    );
    const isOpen = money_account === 'money:due';
    report(isOpen === (reservation_expires_at !== null), `${id} does not run out as it should`);
    report(money_account !== 'money:submitted' || transaction_hash !== null, `${id} has no payment`);
  }
}

const STATES = [
  'pending tokens:reserved money:due',
  'pending tokens:reserved money:submitted',
  'confirmed tokens:sold money:paid',
  'failed null null',
  'failed null money:owed',
  'refunded null money:returned',
];

/** Sums over the investments of each person, and over all. */
function checkMembers(sql: Sql, book: Book, rows: readonly Investment[], report: Report): void {
  const living = rows.filter(({ token_account }) => token_account !== null);
  const contained = rows.filter(({ is_contained }) => is_contained === 1);
  const sum = (of: readonly Investment[], column: 'investment_amount' | 'token_amount') =>
    of.reduce((total, row) => total + toUnits(row[column]), 0n);
  report(book.livingAmount === sum(living, 'investment_amount'), 'the sum of living amounts is wrong');
  report(
    book.containedAmount === sum(contained, 'investment_amount'),
    'the sum of contained amounts is wrong',
  );
  report(book.containedTokens === sum(contained, 'token_amount'), 'the sum of contained tokens is wrong');
  const byUser = Map.groupBy(rows, ({ user_id }) => user_id);
  let newParticipants = 0;
  for (const member of members.select(sql, '')) {
    const own = byUser.get(member.user_id) ?? [];
    const ownLiving = own.filter(({ token_account }) => token_account !== null);
    const containedCount = own.filter(({ is_contained }) => is_contained === 1).length;
    const open = own.filter(({ money_account }) => money_account === 'money:due');
    byUser.delete(member.user_id);
    report(open.length <= 1, `${open.length} reservations of one person are open`);
    report(
      (open[0]?.id ?? null) === member.open_investment,
      'the open reservation of a person is another one',
    );
    const isRight =
      member.living_count === ownLiving.length &&
      member.contained_count === containedCount &&
      BigInt(member.living_amount) === sum(ownLiving, 'investment_amount');
    report(isRight, "the sums of a person's investments are wrong");
    if (ownLiving.length > 0 && containedCount === 0) newParticipants += 1;
  }
  report(byUser.size === 0, 'an investment belongs to nobody');
  report(book.newParticipants === newParticipants, 'the number of new participants is wrong');
}

/** Each investment has one key, and each key that allocated one investment. */
function checkKeys(sql: Sql, rows: readonly Investment[], report: Report): void {
  const owners = new Map(rows.map(({ id, user_id }) => [id, user_id]));
  for (const { investment_id, user_id, refusal } of keyedOutcomes.select(sql, '')) {
    report((investment_id === null) !== (refusal === null), 'a key has two outcomes, or none');
    if (investment_id === null) continue;
    report(owners.get(investment_id) === user_id, 'a key leads to no investment of its owner');
    owners.delete(investment_id);
  }
  report(owners.size === 0, `${owners.size} investments have no key`);
}

/** The first call of each subject, and no other, may leave. */
function checkCalls(sql: Sql, report: Report): void {
  for (const [subject, rows] of Map.groupBy(calls.select(sql, 'ORDER BY place'), (row) => row.subject)) {
    const isInOrder = rows.every(
      ({ sequence }, index) => index === 0 || sequence > (rows[index - 1]?.sequence ?? 0),
    );
    report(isInOrder, `the calls of ${subject} are out of order`);
    report(
      rows.every(({ is_first }, index) => (index === 0) === (is_first === 1)),
      `a later call of ${subject} may leave`,
    );
  }
}

const zeroBalances = () => Object.fromEntries(ACCOUNTS.map((account) => [account, 0n])) as Balances;
