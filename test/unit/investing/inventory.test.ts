import { expect, test } from 'vitest';
import { toUnits } from '../../../src/storage/decimal-units.ts';
import { type Buyer, CrowdedSale } from '../../support/investing/crowded-sale.ts';
import type { PoolSettings } from '../../support/investing/main-api-in-memory.ts';

const START_MS = Date.UTC(2026, 10, 25, 12);
const HOUR_MS = 3_600_000;
const SALE_HOURS = 24;
const ATTACKERS = 200;
const HONEST = 300;
const TIMEOUT_MS = 120_000;

/** The attackers together can reserve it twice. */
const settings: PoolSettings = {
  id: 'crowded-pool',
  pool_type: 'public',
  token_price: '0.5',
  total_tokens: '1000000',
  min_allocation: '10',
  max_allocation: '5000',
  max_participants: null,
  payment_token: 'USDC',
  payment_decimals: 6,
  blockchain: 'ethereum',
  registration_start: null,
  registration_end: null,
  sale_start: START_MS / 1_000,
  sale_end: START_MS / 1_000 + SALE_HOURS * 3_600,
  status: 'active',
};

/** Park and Miller's generator. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** They come in the first 20 hours, and want a fifth more than there is. */
function honest(seed: number): Buyer[] {
  const random = randomOf(seed);
  return Array.from({ length: HONEST }, (_, number) => ({
    userId: `honest-${number}`,
    amount: '2000',
    paysAfterMs: 0,
    isPaymentReal: true,
    isRepeated: false,
    nextAtMs: START_MS + Math.floor(random() * 20 * HOUR_MS),
  }));
}

/** All of them are there when the sale opens, and come again as soon as they may. */
const attackers = (paysAfterMs: (number: number) => number | null): Buyer[] =>
  Array.from({ length: ATTACKERS }, (_, number) => ({
    userId: `attacker-${number}`,
    amount: '5000',
    paysAfterMs: paysAfterMs(number),
    isPaymentReal: false,
    isRepeated: true,
    nextAtMs: START_MS,
  }));

test.each([
  ['reserve and never pay', () => null],
  ['tell of payments that they made up', () => 0],
  ['do both', (number: number) => (number % 2 === 0 ? null : 0)],
] as const)(
  'people who pay get the pool while 200 accounts %s',
  (_, paysAfterMs) => {
    const sale = new CrowdedSale(settings, START_MS);
    sale.run([...attackers(paysAfterMs), ...honest(11)], START_MS + SALE_HOURS * HOUR_MS + HOUR_MS);
    const sold = toUnits(sale.ledger.balances()['tokens:sold'] ?? '0');
    const ofAttackers = [...sale.d1.investments.values()].filter(
      ({ user_id, status }) => user_id.startsWith('attacker') && status !== 'failed',
    );
    expect(ofAttackers).toEqual([]);
    expect(sold * 100n).toBeGreaterThanOrEqual(toUnits(settings.total_tokens) * 99n);
    // The attack is one: it has often taken what others wanted.
    expect(sale.answers.get('SOLD_OUT')).toBeGreaterThan(ATTACKERS);
    expect(sale.answers.get('RESERVATION_LIMIT')).toBeGreaterThan(ATTACKERS);
  },
  TIMEOUT_MS,
);

test('a sale that is cancelled owes every payment that it was told of, and nothing else', () => {
  const sale = new CrowdedSale(settings, START_MS);
  const allocated = (userId: string) => {
    const answer = sale.invest(userId, '1000');
    if ('code' in answer) throw new Error(answer.message);
    return answer.investment.id;
  };
  const confirmed = Array.from({ length: 10 }, (_, number) => allocated(`confirmed-${number}`));
  for (const [number, id] of confirmed.entries()) sale.pay(`confirmed-${number}`, id, true);
  sale.run([], START_MS + 300_000);
  const told = Array.from({ length: 20 }, (_, number) => allocated(`told-${number}`));
  for (const [number, id] of told.entries()) sale.pay(`told-${number}`, id, true);
  const unpaid = Array.from({ length: 20 }, (_, number) => allocated(`unpaid-${number}`));

  sale.mainApi.change({ status: 'cancelled' });
  sale.ledger.applyTerms(sale.mainApi.snapshot(sale.mainApi.nowMs, 0).terms);
  const projection = sale.ledger.projection(1_000);
  sale.d1.write(projection);
  sale.ledger.projected(projection);

  const states = (ids: string[]) => [
    ...new Set(
      ids.map((id) => {
        const row = sale.d1.investments.get(id);
        return `${row?.status} ${row?.failure} ${row?.refund_due}`;
      }),
    ),
  ];
  expect(states(confirmed)).toEqual(['confirmed null 0']);
  expect(states(told)).toEqual(['failed POOL_CANCELLED 1']);
  expect(states(unpaid)).toEqual(['failed POOL_CANCELLED 0']);
  expect(sale.ledger.balances()).toMatchObject({
    'money:owed': '20000',
    'money:due': '0',
    'money:submitted': '0',
    'tokens:reserved': '0',
  });
  expect([...sale.d1.notices.values()].map(({ kind }) => kind)).toContain('cancelled');

  // The main API gives back what it has, and nothing is owed any longer.
  sale.run([], START_MS + 900_000);
  for (const id of [...confirmed, ...told]) sale.mainApi.refund(id);
  sale.run([], START_MS + 1_200_000);
  expect(states([...confirmed, ...told])).toEqual(['refunded null 0']);
  expect(sale.ledger.balances()).toMatchObject({ 'money:owed': '0', 'money:returned': '30000' });
});
