import { expect, test } from 'vitest';
import { refusalToTakePart, type TakingPart } from '../../../src/investing/taking-part.ts';

const INVESTOR: TakingPart['rights'] = { kycLevel: 2, permissions: ['invest'] };
const pools = (['public', 'private', 'whitelist'] as const).map((poolType) => ({ poolType }));
const places = [true, false].flatMap((isRegistered) =>
  [true, false, null].map((isEligible) => ({ isRegistered, isEligible })),
);

test.each(pools)('a right that is missing keeps everybody out of a $poolType pool', ({ poolType }) => {
  for (const place of places) {
    const without = (rights: TakingPart['rights']) => refusalToTakePart({ poolType, rights, ...place });
    expect(without({ kycLevel: 3, permissions: ['read', 'admin', 'trade'] })).toBe('NO_PERMISSION');
    expect(without({ kycLevel: 1, permissions: ['invest'] })).toBe('KYC_REQUIRED');
  }
});

test.each([
  ['public', true, null, null],
  ['public', false, false, null],
  ['private', false, true, null],
  ['private', true, false, 'NOT_ELIGIBLE'],
  ['private', true, null, 'NOT_ELIGIBLE'],
  ['whitelist', true, true, null],
  ['whitelist', false, true, null],
  ['whitelist', true, false, 'NOT_ELIGIBLE'],
  ['whitelist', false, false, 'NOT_ELIGIBLE'],
  ['whitelist', true, null, 'NOT_ELIGIBLE'],
  ['whitelist', false, null, 'NOT_REGISTERED'],
] as const)(
  'in a %s pool, on its list: %s, let in: %s, the refusal is %s',
  (poolType, isRegistered, isEligible, refusal) => {
    expect(refusalToTakePart({ poolType, rights: INVESTOR, isRegistered, isEligible })).toBe(refusal);
  },
);
