/**
 * The public lines of a pool with a thousand investments, made by a ledger: most are paid and confirmed, some run out, some pay
 * late, some are refused or paid back, and other channels sell more than is left.
 */
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { LedgerWorld, MINUTE, SALE_SECONDS } from '../ledger.ts';

const INVESTMENTS = 1_000;
const FATES = [
  'confirmed',
  'confirmed',
  'late',
  'confirmed',
  'unpaid',
  'confirmed',
  'failed',
  'refunded',
] as const;
const PAUSE_SECONDS = 5;

/** Without line breaks; there is an entry of every kind. */
export function thousandSales(): { lines: string[]; investmentIds: string[] } {
  const world = new LedgerWorld({ token_price: '0.7', total_tokens: '200000', max_allocation: '1000' });
  const made = Array.from({ length: INVESTMENTS }, (_, number) => {
    world.pass(PAUSE_SECONDS);
    const investment = world.allocated(`user-${number}`, String(10 + (number % 97) + (number % 7) / 8));
    const fate = FATES[number % FATES.length] ?? 'unpaid';
    if (fate !== 'late' && fate !== 'unpaid') pay(world, investment, number);
    world.deliver();
    return { investment, fate, number };
  });
  world.pass(31 * MINUTE);
  world.ledger.tick();
  for (const { investment, fate, number } of made) {
    if (fate === 'late') pay(world, investment, number);
    if (fate === 'refunded') world.record(investment, { status: 'confirmed', sequence: 2 });
  }
  world.deliver();
  world.pass(MINUTE);
  for (const { investment, fate } of made) {
    if (fate === 'late') world.record(investment, { status: 'confirmed', sequence: 4 });
    else if (fate !== 'unpaid') world.record(investment, { status: fate, sequence: 2 });
  }
  const [first] = made;
  if (first === undefined) throw new Error('nothing was sold');
  const claimable = { total_claimed: '0', claimable_amount: '1', sequence: 2 };
  world.record(first.investment, { ...claimable, status: 'confirmed', updated_at: world.nowSeconds + 1 });
  world.claim(world.state(first.investment));
  for (const changes of [
    { upstream_sold_tokens: '150000' },
    { total_tokens: '210000' },
    { upstream_sold_tokens: '120000' },
    { upstream_sold_tokens: '400000' },
  ]) {
    world.deliver();
    world.pass(MINUTE);
    world.change(changes);
  }
  world.pass(2 * SALE_SECONDS);
  world.ledger.tick();
  const lines = world.ledger.exportEntries(0, 1_000_000).split('\n').slice(0, -1);
  return { lines, investmentIds: made.map(({ investment }) => investment.id) };
}

const pay = (world: LedgerWorld, investment: InvestmentRow, number: number) =>
  world.submit(investment, `0x${number.toString(16).padStart(64, '0')}`);
