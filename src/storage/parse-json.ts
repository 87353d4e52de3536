import type * as z from 'zod';

/** Undefined if the text is not JSON, or not of the schema's form. */
export function parseJson<Value>(text: string, schema: z.ZodType<Value>): Value | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
