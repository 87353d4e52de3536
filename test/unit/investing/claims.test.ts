import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimableAmount } from '../../../src/storage/claimable-amount.ts';
import type { InvestmentRow } from '../../../src/storage/d1/investments.ts';
import { investmentOf, LedgerWorld, outcomeOf } from '../../support/ledger.ts';

let world: LedgerWorld;
let investment: InvestmentRow;
beforeEach(() => {
  world = new LedgerWorld();
  investment = world.allocated('ann', '100');
});
afterEach(() => expect(world.ledger.check()).toEqual([]));

const vest = (claimable_amount: string, total_claimed = '0') => {
  world.pass(1);
  world.record(investment, { status: 'confirmed', claimable_amount, total_claimed });
};
const claims = () => world.deliver().filter(({ kind }) => kind === 'claim');
const shown = () => claimableAmount(world.state(investment));

describe('a claim', () => {
  test('asks for all that has vested, and reduces it at once', () => {
    vest('20.5');
    expect(shown()).toBe('20.5');
    const claimed = investmentOf(world.claim(investment));
    expect(claimableAmount(claimed)).toBe('0');
    const [call] = claims();
    expect(JSON.parse(call?.body ?? '')).toEqual({
      id: call?.subject,
      investment_id: investment.id,
      user_id: 'ann',
      amount: '20.5',
      requested_at: world.nowSeconds,
    });
    expect(world.ledger.projection(9).claims).toMatchObject([
      { amount: '20.5', level: '20.5', status: 'stored' },
    ]);
  });

  test('of the same amount is made once', () => {
    vest('20');
    world.claim(investment);
    expect(outcomeOf(world.claim(investment))).toBe('NOTHING_TO_CLAIM');
    vest('0', '20');
    expect(outcomeOf(world.claim(investment))).toBe('NOTHING_TO_CLAIM');
    expect(claims()).toHaveLength(1);
  });

  test('asks for what has vested since', () => {
    vest('20');
    world.claim(investment);
    vest('25');
    expect(shown()).toBe('5');
    world.claim(investment);
    expect(claims().map(({ body }) => JSON.parse(body).amount)).toEqual(['20', '5']);
  });

  test('counts what was claimed through another channel', () => {
    vest('5', '20');
    world.claim(investment);
    expect(claims().map(({ body }) => JSON.parse(body).amount)).toEqual(['5']);
    expect(world.ledger.projection(9).claims).toMatchObject([{ level: '25' }]);
  });

  test('that is refused can be made again, and later ones keep their amount', () => {
    vest('20');
    world.claim(investment);
    vest('25');
    world.claim(investment);
    for (const row of world.ledger.due(9).filter(({ kind }) => kind === 'claim')) {
      if (JSON.parse(row.body).amount === '20') world.ledger.refuse(row, { code: 'NO', message: 'no' });
    }
    expect(shown()).toBe('20');
    const levels = world.ledger.projection(9).claims.map(({ status, level }) => [status, level]);
    expect(levels.toSorted()).toEqual([
      ['asked', '5'],
      ['refused', '20'],
    ]);
    expect(world.noticeKinds()).toEqual(['claim_refused']);
    expect(investmentOf(world.claim(investment)).claim_level).toBe('25');
  });

  test.each(['pending', 'failed', 'refunded'] as const)(
    'of an investment that is %s finds nothing',
    (status) => {
      world.pass(1);
      world.record(investment, { status, claimable_amount: '20' });
      expect(outcomeOf(world.claim(investment))).toBe('NOTHING_TO_CLAIM');
    },
  );

  test("of another's investment is refused", () => {
    vest('20');
    expect(outcomeOf(world.claim({ ...investment, user_id: 'bob' }))).toBe('INVESTMENT_NOT_FOUND');
  });

  test('is an entry that names the investment and moves nothing', () => {
    vest('20');
    world.claim(investment);
    const last = world.ledger.exportEntries(0, 99).trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ kind: 'claim', accounts: {} });
  });
});

describe('a claim of an investment that was made elsewhere', () => {
  const elsewhere = (): InvestmentRow => ({
    ...investment,
    id: 'made-elsewhere',
    status: 'confirmed',
    claimable_amount: '7',
    total_claimed: '1',
    revision: null,
  });

  test('goes by what the main API has said, and is made once', () => {
    const claimed = investmentOf(world.claim(elsewhere()));
    expect(claimed).toMatchObject({ id: 'made-elsewhere', claim_level: '8' });
    expect(outcomeOf(world.claim(elsewhere()))).toBe('NOTHING_TO_CLAIM');
    expect(world.ledger.projection(9).claimLevels).toEqual([
      { investment_id: 'made-elsewhere', claim_level: '8', revision: 1 },
    ]);
    const bodies = claims().map(({ body }) => JSON.parse(body));
    expect(bodies).toMatchObject([{ investment_id: 'made-elsewhere', amount: '7' }]);
  });

  test('that is refused can be made again', () => {
    world.claim(elsewhere());
    const row = world.ledger.due(9).find(({ kind }) => kind === 'claim');
    if (row === undefined) throw new Error('no call');
    world.ledger.refuse(row, { code: 'NO', message: 'no' });
    expect(investmentOf(world.claim(elsewhere())).claim_level).toBe('8');
  });
});
