/** Arguments that several fields share. An argument of null always means its default. */
import * as z from 'zod';
import { LIST_MAX_ITEMS, LIST_MAX_OFFSET_ROWS } from '../src/config.ts';
import { builder } from './builder.ts';
import { badArguments } from './errors.ts';

export const SortDirection = builder.enumType('SortDirection', {
  description: 'Which end of an order comes first.',
  values: { ASC: { description: 'The least first.' }, DESC: { description: 'The greatest first.' } } as const,
});

export const listSize = z
  .int()
  .min(1, { error: 'must be at least 1' })
  .max(LIST_MAX_ITEMS, { error: `must be at most ${LIST_MAX_ITEMS}` });

/** `first` of a root field. */
export const firstArgument = (defaultValue: number) =>
  builder.args((t) => ({
    first: t.int({ defaultValue, validate: { schema: listSize }, description: 'How many, 1 to 100.' }),
  })).first;

/** Where a page of a list begins. `pageStart` reads them. */
export const startArguments = builder.args((t) => ({
  after: t.string({ description: 'A cursor of this list, to go on behind it.' }),
  offset: t.int({
    defaultValue: 0,
    description:
      'Rows to leave out, up to 10,000; not with `after`. Costs the rows it leaves out: cursors are for scrolling.',
  }),
}));

export const rowsToLeaveOut = z
  .int()
  .min(0, { error: 'must be at least 0' })
  .max(LIST_MAX_OFFSET_ROWS, { error: `must be at most ${LIST_MAX_OFFSET_ROWS}` });

/** The cost of a list that `first` sizes. The cost is counted before `first` is validated, so it is clamped here. */
export const listCost = (first: number | null | undefined, byDefault: number) => ({
  field: 1,
  multiplier: Math.min(Math.max(first ?? byDefault, 1), LIST_MAX_ITEMS),
});

/** The cost of a list with one item per key. GraphQL accepts a single key for a list; a variable may be missing. */
export const keysCost = (keys: unknown, atMost = LIST_MAX_ITEMS) => ({
  field: 1,
  multiplier: Array.isArray(keys) ? Math.min(keys.length, atMost) : 1,
});

/** The points of a series are read together, so the cost counts 24 of them as one object. */
export const POINTS_AS_ONE = 24;

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
 * Validates an argument of a nested field. Root fields use Pothos's `validate` instead. That makes the resolver
 * asynchronous, which costs too much for a field of each item of a list.
 */
export function parseArgument<Output>(name: string, schema: z.ZodType<Output>, value: unknown): Output {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw badArguments(
    new z.ZodError(parsed.error.issues.map((issue) => ({ ...issue, path: [name, ...issue.path] }))),
  );
}
