/**
 * What a single field of an upstream record may hold.
 *
 * Lengths are bounded, so that no record alone outgrows what D1 takes as one bound value (2 MB).
 */
import * as z from 'zod';

const ID_MAX_CHARACTERS = 200;
const SHORT_TEXT_MAX_CHARACTERS = 2_000;
const LONG_TEXT_MAX_CHARACTERS = 20_000;
const DECIMAL_MAX_DIGITS = 30;
const DECIMAL_MAX_FRACTION_DIGITS = 18;
/** Ten digits: a time in milliseconds is refused instead of freezing the record until the year 50000. */
const UNIX_SECONDS_MAX = 9_999_999_999;

/** SQLite ends a text at NUL in some functions, and keeps no lone surrogates: both would differ on every sync. */
const storable = (text: string) => text.toWellFormed().replaceAll('\0', '');

export const id = z.string().min(1).max(ID_MAX_CHARACTERS).transform(storable).pipe(z.string().regex(/\S/));
export const shortText = z.string().max(SHORT_TEXT_MAX_CHARACTERS).transform(storable);
export const longText = z.string().max(LONG_TEXT_MAX_CHARACTERS).transform(storable);
export const unixSeconds = z.int().min(0).max(UNIX_SECONDS_MAX);
export const count = z.int().min(0);
/** Finite: JSON knows no other, but `1e999` parses to infinity. */
export const amount = z.number().min(0);

/** The contract's Decimal without a sign: amounts are never negative. Kept as given. */
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

/** A `?` field of the main API: null and absent both mean null. */
export const orNull = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? null);

/** A `?` field of the price API: null and absent both mean undefined. */
export const orUndefined = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((value) => value ?? undefined);
