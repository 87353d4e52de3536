import { fromUnits, toUnits, UNITS_OF_ONE } from '../../storage/decimal-units.ts';
import { type Applicant, admit, type Sale } from './admission.ts';
import { costOfRest, DECIMAL_MAX_DIGITS, paymentStep, roundedDown } from './allocation.ts';

const GREATEST_DECIMAL = (10n ** BigInt(DECIMAL_MAX_DIGITS) - 1n) * UNITS_OF_ONE;

/** The greatest amount that a person may invest now, in units of the payment token; 0 if there is none. */
export function remainingAllocation(sale: Sale, applicant: Applicant): bigint {
  const { terms, rest } = sale;
  const price = toUnits(terms.token_price);
  if (terms.payment_decimals === null || price === 0n || rest <= 0n) return 0n;
  const cost = costOfRest(rest, price, terms.payment_decimals);
  const left = terms.max_allocation === null ? cost : toUnits(terms.max_allocation) - applicant.invested;
  if (left <= 0n) return 0n;
  const payable = left < cost ? left - (left % paymentStep(terms.payment_decimals)) : cost;
  const amount = roundedDown(payable < GREATEST_DECIMAL ? payable : GREATEST_DECIMAL);
  // A refused amount has no lower one that is admitted: only the price of all the rest may be below the minimum.
  return admit(fromUnits(amount), sale, applicant).kind === 'admitted' ? amount : 0n;
}
