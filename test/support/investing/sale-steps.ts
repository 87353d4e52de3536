/** Steps of a drawn sale: what people, the main API, syncs, clocks and machines do. They name things by small numbers, so that shrinking keeps them valid. */
import fc from 'fast-check';

export const USERS = 5;

/** How a command ends for its caller. */
const fault = fc.oneof(
  { withCrossShrink: true },
  { weight: 12, arbitrary: fc.constant({ kind: 'none' as const }) },
  // The caller hears nothing of a command that is done, and repeats it.
  { weight: 2, arbitrary: fc.constant({ kind: 'lost-answer' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('throws' as const),
      /** The statement of SQL that fails. */
      statement: fc.nat(24),
      restarts: fc.boolean(),
      repeats: fc.boolean(),
    }),
  },
);
export type Fault = typeof fault extends fc.Arbitrary<infer Value> ? Value : never;

const user = fc.nat(USERS - 1);
const nth = fc.nat(7);
const AMOUNTS = [
  ...['minimum', 'maximum', 'half', 'third', 'last', 'more-than-last', 'less-than-last', 'one', 'tiny'],
  ...['below-minimum', 'too-fine', 'zero'],
] as const;
export type Amount = (typeof AMOUNTS)[number];

const invest = fc.record({
  kind: fc.constant('invest'),
  user,
  /** One of a few keys, which people use again. */
  key: fc.nat(9),
  amount: fc.constantFrom<Amount>(...AMOUNTS, 'half', 'third', 'last', 'minimum', 'one'),
  zeros: fc.boolean(),
  view: fc.nat(3),
  seesElsewhere: fc.boolean(),
  isForbidden: fc.nat(19).map((number) => number === 0),
  fault,
});
const CHANGES = [
  'cap-up',
  'cap-down',
  'price',
  'longer',
  'shorter',
  'cancelled',
  'maximum',
  'places',
] as const;

export const saleStep = fc.oneof(
  { weight: 12, arbitrary: invest },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('register'), user, view: fc.nat(3), fault }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('submit'),
      investment: nth,
      /** Somebody else tells of it. */
      isStranger: fc.nat(9).map((number) => number === 0),
      hash: fc.nat(5),
      fault,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('claim'), investment: nth, fault }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tick'), fault }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('send'),
      row: fc.nat(5),
      fate: fc.constantFrom(
        'stored',
        'stored',
        'stored',
        'slow',
        'slow',
        'refused',
        'lost-before',
        'lost-after',
      ),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ kind: fc.constant('answer'), index: fc.nat(3), fault }),
  },
  {
    weight: 7,
    arbitrary: fc.record({
      kind: fc.constant('decide'),
      decision: fc.constantFrom('confirm', 'confirm', 'fail', 'fail', 'refund', 'vest'),
      investment: nth,
      quarters: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('buy-elsewhere'), user: fc.nat(USERS + 2), part: fc.nat(3) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release-elsewhere'), index: fc.nat(3) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('read'),
      /** How long the question was on its way. */
      askedBeforeMs: fc.constantFrom(0, 1, 400, 3_000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('hand-over'), snapshot: fc.nat(3), fault }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('records'),
      /** Counted from the newest version. */
      versions: fc.array(fc.nat(7), { minLength: 1, maxLength: 4 }),
      fault,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('change'), change: fc.constantFrom(...CHANGES) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('pass'),
      ms: fc.constantFrom(1, 300, 300, 999, 1_000, 60_000, 60_000, 900_000, 1_900_000, 7_200_000, 50_000_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('clock-jump'),
      ms: fc.constantFrom(-86_400_000, -3_600_000, -2_000, -300, 0, 0, 300, 2_000, 3_600_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('flush'),
      limit: fc.constantFrom(1, 2, 100),
      fate: fc.constantFrom('done', 'done', 'lost-before', 'lost-after'),
      fault,
    }),
  },
);
export type SaleStep = typeof saleStep extends fc.Arbitrary<infer Value> ? Value : never;

/** What differs from sale to sale. */
export const saleTerms = fc.record({
  price: fc.constantFrom('1', '0.5', '3', '0.07', '1234.56789'),
  decimals: fc.constantFrom(0, 2, 6, 18),
  total: fc.constantFrom('10', '100', '33.333333333333333333', '1000000'),
  /** In tenths of the whole pool's price; the maximum may be missing. */
  minimumTenths: fc.constantFrom(0, 1, 3),
  maximumTenths: fc.constantFrom(null, 3, 5, 10),
  places: fc.constantFrom(null, 1, 2, 3),
  hasRegistration: fc.nat(4).map((number) => number === 0),
  beginsInSeconds: fc.constantFrom(-60, -60, -60, 1, 600),
  lastsSeconds: fc.constantFrom(2_400, 86_400),
  checksRoom: fc.boolean(),
  stampsReads: fc.boolean(),
  syncSkewMs: fc.constantFrom(0, 0, -20_000, 20_000),
});
export type SaleTerms = typeof saleTerms extends fc.Arbitrary<infer Value> ? Value : never;
