/**
 * Fields of answers for the description of the API. The Worker uses the types of these schemas alone: they are loaded when
 * the description is written.
 */
import { isInterfaceType, isObjectType } from 'graphql';
import * as z from 'zod';
import { schema } from '../../../schema/schema.ts';

export const PLATFORM_ID = 'The id of the platform.';

/** The description of a field of the schema, e.g. `Project.name`. @throws if there is none. */
export function descriptionOf(coordinate: string): string {
  const [typeName = '', fieldName = ''] = coordinate.split('.');
  const type = schema.getType(typeName);
  const hasFields = isObjectType(type) || isInterfaceType(type);
  const description = hasFields ? type.getFields()[fieldName]?.description : null;
  if (!description) throw new Error(`the schema has no description of ${coordinate}`);
  return description;
}

const described = <Schema extends z.ZodType>(made: Schema, coordinate: string): Schema =>
  made.describe(descriptionOf(coordinate));

/** Each with the description of the schema's field that it shows. */
export const string = (coordinate: string) => described(z.string(), coordinate);
export const number = (coordinate: string) => described(z.number(), coordinate);
export const integer = (coordinate: string) => described(z.int(), coordinate);
export const boolean = (coordinate: string) => described(z.boolean(), coordinate);
export const strings = (coordinate: string) => described(z.array(z.string()), coordinate);
export const optional = {
  string: (coordinate: string) => described(z.string().nullable(), coordinate),
  number: (coordinate: string) => described(z.number().nullable(), coordinate),
  integer: (coordinate: string) => described(z.int().nullable(), coordinate),
};

/** An instant. */
export const seconds = (coordinate: string) =>
  z.int().describe(`${descriptionOf(coordinate)} In Unix seconds.`);
export const optionalSeconds = (coordinate: string) =>
  z
    .int()
    .nullable()
    .describe(`${descriptionOf(coordinate)} In Unix seconds.`);

/** The newest instant of a list. */
export const lastUpdate = () =>
  z
    .int()
    .nullable()
    .describe('When the newest of its items last changed, in Unix milliseconds; null where there is none.');

/** Money or tokens. */
export const decimal = (coordinate: string) =>
  z
    .string()
    .regex(/^-?\d+(\.\d+)?$/)
    .describe(`${descriptionOf(coordinate)} An exact decimal.`);

/** One of the platform's words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, coordinate: string) =>
  described(z.enum(words), coordinate);

export const pagination = z
  .strictObject({
    page: z.int().min(1).describe('From 1.'),
    limit: z.int().min(1).describe('The most items of a page.'),
    total: z.int().min(0).describe('The items of all pages.'),
    totalPages: z.int().min(0),
    hasNext: z.boolean(),
    hasPrev: z.boolean(),
  })
  .meta({ id: 'Pagination' });

export const page = <Item extends z.ZodType>(item: Item) => ({ data: z.array(item), pagination });
