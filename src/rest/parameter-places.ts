/** The places that a request has its parameters in, and the names of those that an endpoint takes there. */
import * as z from 'zod';

/** The parameters by their place. A schema reads text, but for the body: that is parsed JSON. */
export interface ParameterSchemas {
  path?: z.ZodType;
  query?: z.ZodType;
  /** By lower-case name. Other headers are not looked at. */
  headers?: z.ZodType;
  /** Where left out, a body is empty or an object without members: every other one is refused. */
  body?: z.ZodType;
}

/** As errors and the description of the API call them. */
export const PLACE_NAMES = { path: 'path', query: 'query', headers: 'header', body: 'body' } as const;
export type ParameterPlace = keyof ParameterSchemas;

export const PARAMETER_PLACES = Object.keys(PLACE_NAMES) as ParameterPlace[];

/** @param schema of all parameters of a place; none are taken there where it is left out. */
export function parameterNames(schema: z.ZodType | undefined): string[] {
  if (schema instanceof z.ZodDefault) return parameterNames(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
