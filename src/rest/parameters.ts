/** Kinds of parameters that several endpoints share. Each reads text, once; a default stands for a parameter that is left out. */
import * as z from 'zod';
import { DECIMAL, DECIMAL_RULE } from '../../schema/decimal.ts';
import { encodeGlobalId, localId, type NodeTypeName } from '../../schema/global-ids.ts';
import {
  IDEMPOTENCY_KEY_MAX_CHARACTERS,
  IDEMPOTENCY_KEY_MIN_CHARACTERS,
  LIST_MAX_ITEMS,
  LIST_MAX_OFFSET_ROWS,
} from '../config.ts';
import { canonicalSymbol } from '../upstream/price-symbols.ts';

/** @param range.byDefault the parameter is required where left out. */
export function integer({ min, max, byDefault }: { min: number; max: number; byDefault: number }) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .pipe(z.int().min(min, { error }).max(max, { error }))
    .default(byDefault)
    .meta({ override: { type: 'integer', minimum: min, maximum: max, default: byDefault } });
}

/** @param max characters. An empty parameter is a mistake: leave it out. */
export const text = (max: number) =>
  z
    .string()
    .min(1, { error: 'must not be empty' })
    .max(max, { error: `must have at most ${max} characters` })
    .refine(hasNoControls, { error: 'must not have control characters' });

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const CONTROLS = /[\x00-\x1f\x7f]/;
const hasNoControls = (value: string) => !CONTROLS.test(value);

/** The values of the platform, each with its meaning: a value of an enum of the schema, for the most part. */
export function enumerated<const Values extends Readonly<Record<string, unknown>>>(values: Values) {
  const names = Object.keys(values) as [keyof Values & string, ...(keyof Values & string)[]];
  return z.enum(names, { error: `must be one of ${names.join(', ')}` });
}

export const flag = () =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((value) => value === 'true')
    .default(false)
    .meta({ override: { type: 'boolean', default: false } });

const LIMIT_BY_DEFAULT = 20;
export const limit = (byDefault = LIMIT_BY_DEFAULT) =>
  integer({ min: 1, max: LIST_MAX_ITEMS, byDefault }).describe('The most items of an answer.');

/** The query of a list with pages. `page` × `limit` is bounded: each page costs the rows before it. */
export const pagedQuery = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .strictObject({
      page: integer({ min: 1, max: LIST_MAX_OFFSET_ROWS, byDefault: 1 }).describe(
        `The page, from 1. page × limit is at most ${LIST_MAX_OFFSET_ROWS}.`,
      ),
      limit: limit(),
      ...shape,
    })
    .refine(isWithinRows, {
      path: ['page'],
      when: ({ issues }) => issues.length === 0,
      error: `page × limit must be at most ${LIST_MAX_OFFSET_ROWS}: ask for fewer rows, or by GraphQL with a cursor`,
    });

const isWithinRows = (query: object) => {
  const { page, limit: size } = query as Paging;
  return page * size <= LIST_MAX_OFFSET_ROWS;
};

export interface Paging {
  page: number;
  limit: number;
}

export const rowsOf = ({ page, limit: size }: Paging) => ({ first: size, offset: (page - 1) * size });

/** A page of a list. @param total of all pages. */
export const pageAnswer = <Node, Item>(
  { nodes, totalCount }: { nodes: readonly Node[]; totalCount: number },
  query: Paging,
  answerOf: (node: Node) => Item,
) => ({ data: nodes.map(answerOf), pagination: paginationOf(query, totalCount) });

function paginationOf({ page, limit: size }: Paging, total: number) {
  const totalPages = Math.ceil(total / size);
  return { page, limit: size, total, totalPages, hasNext: page < totalPages, hasPrev: page > 1 };
}

const SYMBOL_MAX_CHARACTERS = 64;
export const symbol = () =>
  z
    .string()
    .transform(canonicalSymbol)
    .pipe(text(SYMBOL_MAX_CHARACTERS))
    .meta({ override: { type: 'string', minLength: 1, maxLength: SYMBOL_MAX_CHARACTERS } });

/** Symbols between commas, in any case and order: the same ones are one question. Sorted, each once. */
export function symbols({ min, max }: { min: number; max: number }) {
  const error = `must hold ${min} to ${max} symbols, with commas between them`;
  return z
    .string()
    .transform((value) => [...new Set(value.split(',').map(canonicalSymbol))].sort())
    .pipe(z.array(text(SYMBOL_MAX_CHARACTERS)).min(min, { error }).max(max, { error }))
    .meta({
      param: { style: 'form', explode: false },
      override: {
        type: 'array',
        items: { type: 'string', minLength: 1, maxLength: SYMBOL_MAX_CHARACTERS },
        minItems: min,
        maxItems: max,
      },
    });
}

const ID_MAX_CHARACTERS = 256;
/** An id of the platform, or a global id of the API. */
export const id = () => text(ID_MAX_CHARACTERS);

/** The one global id, for an id of either kind. */
export const globalIdOf = (typeName: NodeTypeName, value: string): string =>
  encodeGlobalId(typeName, localId(typeName, value) ?? value);

const PROJECT_ID = /^prj_/;

/** By which key a project is looked up: ids of the platform's projects begin with `prj_`, and slugs do not. */
export function projectKeyOf(value: string): { id: string } | { slug: string } {
  const isId = PROJECT_ID.test(value) || localId('Project', value) !== null;
  return isId ? { id: globalIdOf('Project', value) } : { slug: value };
}

/** Each digit counts, and the point. */
const AMOUNT_MAX_CHARACTERS = 31;
/** As generated clients check it: those in Python and Go cannot compile the look-ahead of `DECIMAL`. */
const AMOUNT = '^(\\d+\\.?\\d*|\\.\\d+)$';

/** Money or tokens, in a body. */
export const decimal = () =>
  z
    .string({ error: 'must be a string such as "1250.50": a JSON number may already have lost digits' })
    .regex(DECIMAL, { error: DECIMAL_RULE })
    .meta({ override: { type: 'string', pattern: AMOUNT, maxLength: AMOUNT_MAX_CHARACTERS } });

/** Without spaces, so two headers, which come as one value with ", " between them, are refused. */
export function idempotencyKey() {
  const [min, max] = [IDEMPOTENCY_KEY_MIN_CHARACTERS, IDEMPOTENCY_KEY_MAX_CHARACTERS];
  const pattern = new RegExp(`^[\\x21-\\x7e]{${min},${max}}$`);
  return z
    .string()
    .regex(pattern, { error: `must be ${min} to ${max} visible ASCII characters` })
    .describe('Chosen by the client; one for each intent to invest. Case matters.');
}
