import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comeToRest } from '../../support/investing/come-to-rest.ts';
import { PlayedSale } from '../../support/investing/play-sale.ts';
import { saleStep, saleTerms } from '../../support/investing/sale-steps.ts';

/** More than CI has time for, and others: SALE_SEED=$RANDOM SALE_STEPS=5000000 npx vitest run --project unit test/unit/investing/drawn-sales.test.ts */
const STEPS = Number(process.env.SALE_STEPS ?? 100_000);
const SEED = Number(process.env.SALE_SEED ?? 20_261_125);
const STEPS_OF_A_SALE = { least: 1, most: 160 };
const TIMEOUT_MS = 300_000 + STEPS * 5;

test(
  'whatever people, machines, clocks and the main API do, nothing is sold twice and no payment is lost',
  () => {
    let steps = 0;
    const sales = Math.ceil((2 * STEPS) / (STEPS_OF_A_SALE.least + STEPS_OF_A_SALE.most));
    fc.assert(
      fc.property(
        saleTerms,
        fc.array(saleStep, {
          minLength: STEPS_OF_A_SALE.least,
          maxLength: STEPS_OF_A_SALE.most,
          size: 'max',
        }),
        (terms, drawn) => {
          const played = new PlayedSale(terms);
          for (const step of drawn) played.play(step);
          steps += drawn.length;
          played.end();
          comeToRest(played.sale);
        },
      ),
      { numRuns: sales, seed: SEED },
    );
    expect(steps).toBeGreaterThan(STEPS * 0.9);
  },
  TIMEOUT_MS,
);
