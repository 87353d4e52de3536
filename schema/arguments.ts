/** The arguments that many fields share. An argument given as null means its default, everywhere. */
import * as z from 'zod';
import { LIST_MAX_ITEMS } from '../src/config.ts';
import { badArguments } from './errors.ts';

/** How many items of a list: 1 to 100. */
export const listSize = z
  .int()
  .min(1, { error: 'must be at least 1' })
  .max(LIST_MAX_ITEMS, { error: `must be at most ${LIST_MAX_ITEMS}` });

/** What a list costs: as many items as `first` asks for, within what it may. */
export const listCost = (first: number | null | undefined, byDefault: number) => ({
  field: 1,
  multiplier: Math.min(Math.max(first ?? byDefault, 1), LIST_MAX_ITEMS),
});

/** What a list costs that answers each of its keys. One key may stand for a list of it, and variables may be missing. */
export const keysCost = (keys: unknown, atMost = LIST_MAX_ITEMS) => ({
  field: 1,
  multiplier: Array.isArray(keys) ? Math.min(keys.length, atMost) : 1,
});

/** Points of a stored series are read together: a day's hours weigh as much as one object. */
export const POINTS_AS_ONE = 24;

/** Symbols are short; anything else in them is left to the sources to know or not. */
const SYMBOL_MAX_CHARACTERS = 64;
export const symbol = z
  .string()
  .min(1, { error: 'must not be empty' })
  .max(SYMBOL_MAX_CHARACTERS, { error: `must be at most ${SYMBOL_MAX_CHARACTERS} characters` });
export const symbolList = z
  .array(symbol)
  .min(1, { error: 'must hold at least 1 symbol' })
  .max(LIST_MAX_ITEMS, { error: `must hold at most ${LIST_MAX_ITEMS} symbols` });

/**
 * Validates a nested field's argument. Root fields use Pothos's `validate` instead, which makes every resolver
 * it wraps asynchronous: too dear for a field of each item of a list.
 */
export function parseArgument<Output>(name: string, schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badArguments(
    new z.ZodError(parsed.error.issues.map((issue) => ({ ...issue, path: [name, ...issue.path] }))),
  );
}
