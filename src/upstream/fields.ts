/** Schemas of single fields. Lengths are limited, so that each record fits into one bound value of D1 (2 MB). */
import * as z from 'zod';

const ID_MAX_CHARACTERS = 200;
const SHORT_TEXT_MAX_CHARACTERS = 2_000;
const LONG_TEXT_MAX_CHARACTERS = 20_000;
const DECIMAL_MAX_DIGITS = 30;
const DECIMAL_MAX_FRACTION_DIGITS = 18;
/** GraphQL's Int has 32 bits: a list with a greater number could not be answered. */
const INT_MAX = 2_147_483_647;
/**
 * The last second of the year 9999, the last that RFC 3339 can write. It refuses a time in milliseconds, which would
 * freeze the record for thousands of years.
 */
const UNIX_SECONDS_MAX = 253_402_300_799;
/** A price and a rate of these sizes have a finite product, and so have the sums of a comparison. */
const PRICED_MAX = 1e300;
export const RATE_MAX = 1e8;

/** SQLite cuts text at NUL in some functions and replaces lone surrogates: such text would differ on every sync. */
const storable = (text: string) => text.toWellFormed().replaceAll('\0', '');

export const id = z.string().min(1).max(ID_MAX_CHARACTERS).transform(storable).pipe(z.string().regex(/\S/));
export const shortText = z.string().max(SHORT_TEXT_MAX_CHARACTERS).transform(storable);
export const longText = z.string().max(LONG_TEXT_MAX_CHARACTERS).transform(storable);
export const unixSeconds = z.int().min(0).max(UNIX_SECONDS_MAX);
export const count = z.int().min(0).max(INT_MAX);
/** Finite: zod refuses the infinity that `1e999` parses to. */
export const amount = z.number().min(0);
/** An amount that is shown in other currencies too. */
export const pricedAmount = amount.max(PRICED_MAX);
/** A number of either sign that is shown in other currencies, or added up. */
export const pricedNumber = z.number().min(-PRICED_MAX).max(PRICED_MAX);

/** An absolute link, which browsers may open: a `javascript:` link would run in the client's page. Null if empty. */
export const linkOrNull = shortText
  .refine((text) => text === '' || /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
    error: 'Invalid link',
  })
  .nullish()
  .transform((text) => text || null);

/** An absolute link of a list's item, which is refused with it. */
export const link = shortText.refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
  error: 'Invalid link',
});

/** The contract's Decimal without a sign, because amounts are never negative. The text stays as it is. */
export const decimal = z
  .string()
  .max(64)
  .regex(/^(?=\.?\d)\d*\.?\d*$/, { error: 'Invalid decimal' })
  .refine(hasDecimalSize, { error: 'Too many digits' });

function hasDecimalSize(text: string): boolean {
  const point = text.indexOf('.');
  const fractionDigits = point === -1 ? 0 : text.length - point - 1;
  const digits = text.length - (point === -1 ? 0 : 1);
  return digits <= DECIMAL_MAX_DIGITS && fractionDigits <= DECIMAL_MAX_FRACTION_DIGITS;
}

/** For an optional field: null if it is null or absent. */
export const orNull = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? null);

/** For an optional field: undefined if it is null or absent. */
export const orUndefined = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);
