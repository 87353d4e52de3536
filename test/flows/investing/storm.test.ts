/**
 * A thousand investments of 300 people in a pool for 200, all at once: they click twice, lose answers and ask again, some
 * never pay, and the objects that serve them lose their memory or break off in the middle.
 */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeGlobalId, localId } from '../../../schema/global-ids.ts';
import { SUBSCRIPTION_HUBS } from '../../../src/config.ts';
import { fromUnits, toUnits } from '../../../src/storage/decimal-units.ts';
import { accountsOf, type BookedInvestment, booksOf, nameInLedger } from '../../support/investing/books.ts';
import {
  type Bought,
  type HttpSale,
  openHttpSale,
  type SaleAnswer,
} from '../../support/investing/http-sale.ts';
import { type Intent, SaleStorm } from '../../support/investing/sale-storm.ts';
import { watchOwnInvestments, watchPool } from '../../support/investing/sale-watchers.ts';
import { createInvestors, type Investor, signIn } from '../../support/investors.ts';
import { coldIsolate } from '../../support/isolates.ts';
import { Dice } from '../../support/upstream/random.ts';

const PEOPLE = 300;
const EARLY_INTENTS = 850;
const LATE_INTENTS = 150;
const MAX_PARTICIPANTS = 200;
const MAX_ALLOCATION = '500';
const TOTAL_TOKENS = '38000';
const RESERVATION_SECONDS = 1_800;
const SEED = 14;
/** The main API has stored the investment or not, and nobody knows. */
const CALLS_WITH_A_FAULT = 30;
const WATCHERS = 6;
/** On a machine that others use too. */
const TEST_TIMEOUT_MS = 300_000;
const WATCHERS_PATIENCE = { timeout: 20_000 };
/** A key that was refused with one of these is refused for ever. */
const STICKY: readonly string[] = ['SOLD_OUT', 'POOL_FULL', 'ABOVE_MAXIMUM'];
const LIVING: readonly string[] = ['pending', 'confirmed'];

let sale: HttpSale;
beforeEach(async () => {
  sale = await openHttpSale({
    ...{ total_tokens: TOTAL_TOKENS, min_allocation: '50', max_allocation: MAX_ALLOCATION },
    max_participants: MAX_PARTICIPANTS,
  });
});
afterEach(() => {
  vi.useRealTimers();
  coldIsolate();
});

test(
  'sells every token at most once, and ledger, D1 and main API agree in the end',
  async () => {
    const people = await createInvestors(Array.from({ length: PEOPLE }, (_, at) => `person-${at}`));
    const storm = new SaleStorm(sale);
    const poolWatcher = await watchPool(sale.poolId, 'hub-0');
    const watched = people.filter(pays).slice(0, WATCHERS);
    const watchers = await Promise.all(
      watched.map((person, at) => watchOwnInvestments(person, `hub-${at % SUBSCRIPTION_HUBS}`)),
    );

    await sale.market.fault({ route: 'create-investment', kind: 'reset', times: CALLS_WITH_A_FAULT });
    await buyAndPay(storm, intentsOf(people, 0, EARLY_INTENTS));
    await storm.over();
    await sale.settle();
    const early = await expectWithinLimits();
    // The storm was one: there were more buyers than the pool had room for.
    const { tokens, participants } = livingOf(early.d1);
    expect([participants.size === MAX_PARTICIPANTS, tokens === toUnits(TOTAL_TOKENS)]).toContain(true);
    for (const [at, { id }] of watched.entries())
      await vi.waitFor(() => expect(watchers[at]?.()).toEqual(toldOf(early.d1, id)), WATCHERS_PATIENCE);

    // The reservations of those who never paid run out, and others buy what they held.
    await sale.gateway.advance(RESERVATION_SECONDS + 1);
    await sale.settle();
    await sale.market.fault({ route: 'create-investment', kind: '500', times: CALLS_WITH_A_FAULT });
    const again = await Promise.all(people.slice(0, LATE_INTENTS).map(({ id }) => signIn(id)));
    await buyAndPay(storm, intentsOf(again, EARLY_INTENTS, LATE_INTENTS));
    await storm.over();
    await sale.settle();
    await sale.confirm();
    await sale.gateway.advance(RESERVATION_SECONDS + 1);
    await sale.settle();
    // What the snapshot before may have counted twice, the next one settles.
    await sale.confirm();

    const { d1, mainApi, notices, ledger } = await expectWithinLimits();
    expect(ledger.summary.balances['tokens:elsewhere']).toBe('0');
    expect(mainApi).toEqual(d1);
    expect(notices).toEqual([]);
    expect(new Set(d1.map(({ status }) => status))).toEqual(new Set(['confirmed', 'failed']));
    expectOneInvestmentForEachKey(storm, d1);
    const last = livingOf(d1);
    await vi.waitFor(
      () =>
        expect(poolWatcher()).toEqual({
          soldTokens: fromUnits(last.tokens),
          participantCount: last.participants.size,
        }),
      WATCHERS_PATIENCE,
    );
    expect(storm.counts.faults).toBeGreaterThan(10);
  },
  TEST_TIMEOUT_MS,
);

/** All at once; then whoever had another reservation open pays it, and tries again. */
async function buyAndPay(storm: SaleStorm, intents: readonly Intent[]): Promise<void> {
  const answers = new Map<Intent, SaleAnswer>();
  await Promise.all(intents.map(async (intent) => answers.set(intent, await storm.carryOut(intent))));
  const ofBuyers = Map.groupBy(intents, ({ buyer }) => buyer.id);
  const payOwn = async (own: readonly Intent[]) => {
    const isOpen = (intent: Intent) => codeOf(answers.get(intent)) === 'RESERVATION_LIMIT';
    for (const intent of own.toSorted((a, b) => Number(isOpen(a)) - Number(isOpen(b)))) {
      const answer = isOpen(intent) ? await storm.carryOut(intent) : answers.get(intent);
      if (answer !== undefined && 'investment' in answer) await pay(storm, intent, answer.investment);
    }
  };
  await Promise.all([...ofBuyers.values()].filter(([first]) => first && pays(first.buyer)).map(payOwn));
}

async function pay(storm: SaleStorm, { buyer, key }: Intent, investment: Bought): Promise<void> {
  const paid = await storm.pay(buyer, investment, hashOf(key));
  expect(paid).toMatchObject({ investment: { status: 'PENDING', transactionHash: hashOf(key) } });
}

/** At any time: what lives is within the limits, and the ledger has the same as D1. */
async function expectWithinLimits() {
  const books = await booksOf(sale);
  expect(books.ledger.fault).toBeNull();
  expect(books.ledger.summary.adjusts).toEqual([]);
  const expected = books.d1.map(async (row) => [await nameInLedger(row.id), accountsOf(row)] as const);
  expect(books.ledger.investments).toEqual(new Map(await Promise.all(expected)));

  const { tokens, participants } = livingOf(books.d1);
  expect(tokens).toBeLessThanOrEqual(toUnits(TOTAL_TOKENS));
  const { 'tokens:unsold': unsold, 'tokens:elsewhere': elsewhere } = books.ledger.summary.balances;
  expect(toUnits(unsold) + toUnits(elsewhere) + tokens).toBe(toUnits(TOTAL_TOKENS));
  expect(participants.size).toBeLessThanOrEqual(MAX_PARTICIPANTS);
  for (const own of participants.values())
    expect(sum(own.map(({ investment_amount }) => investment_amount))).toBeLessThanOrEqual(
      toUnits(MAX_ALLOCATION),
    );
  return books;
}

function livingOf(d1: readonly BookedInvestment[]) {
  const living = d1.filter(({ status }) => LIVING.includes(status));
  return {
    tokens: sum(living.map(({ token_amount }) => token_amount)),
    participants: Map.groupBy(living, ({ user_id }) => user_id),
  };
}

const toldOf = (d1: readonly BookedInvestment[], userId: string) =>
  d1
    .filter(({ user_id }) => user_id === userId)
    .map(({ id, status, transaction_hash }) => ({
      id: encodeGlobalId('Investment', id),
      status: status.toUpperCase(),
      transactionHash: transaction_hash,
    }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** An accepted key has one investment, and no investment is without a key; a refusal that sticks stays. */
function expectOneInvestmentForEachKey(storm: SaleStorm, d1: readonly BookedInvestment[]): void {
  const bought: string[] = [];
  let created = 0;
  for (const [intent, answers] of storm.answers) {
    const ids = new Set(answers.flatMap((answer) => ('investment' in answer ? [answer.investment.id] : [])));
    expect(ids.size, intent.key).toBeLessThanOrEqual(1);
    bought.push(...ids);
    const made = answers.filter((answer) => 'created' in answer && answer.created).length;
    expect(made, intent.key).toBeLessThanOrEqual(ids.size);
    created += made;
    const sticky = new Set(answers.map(codeOf).filter((code) => code !== null && STICKY.includes(code)));
    expect(sticky.size + ids.size, intent.key).toBeLessThanOrEqual(1);
  }
  // Each investment is new in one answer, and some of these were lost.
  expect(bought.length - created).toBeLessThanOrEqual(storm.counts.lost);
  const names = bought.map((id) => localId('Investment', id));
  expect(names.toSorted()).toEqual(d1.map(({ id }) => id));
}

function intentsOf(people: readonly Investor[], from: number, count: number): Intent[] {
  return Array.from({ length: count }, (_, at) => {
    const buyer = people[at % people.length];
    if (buyer === undefined) throw new Error('nobody wants to invest');
    const key = `intent-${from + at}`;
    const dice = new Dice(SEED, key);
    return { buyer, key, dice, amount: String(dice.whole('amount', 50, 300)) };
  });
}

/** One in eight reserves and never pays. */
const pays = ({ id }: Investor) => !new Dice(SEED, id).chance('never pays', 1 / 8);
/** Not one that the simulated chain takes for made up. */
const hashOf = (key: string) => `0xa1${new Dice(SEED, key).hex('transaction hash', 62)}`;
const codeOf = (answer: SaleAnswer | undefined) =>
  answer !== undefined && 'code' in answer ? answer.code : null;
const sum = (decimals: readonly string[]) => decimals.reduce((total, text) => total + toUnits(text), 0n);
