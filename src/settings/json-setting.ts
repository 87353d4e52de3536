/** Settings whose text is JSON. An issue is one sentence without any part of the value, which may be a secret. */
import * as z from 'zod';

/** Undefined if it is not JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/**
 * @param options.form the sentence that an issue begins with, e.g. `must be JSON such as [{"name": "ci"}]`
 * @param options.item what the list is of
 */
export function parseKeys<Keys>(
  json: string,
  {
    schema,
    form,
    item = 'key',
    context,
  }: { schema: z.ZodType<Keys>; form: string; item?: string; context: z.RefinementCtx },
): Keys {
  const parsed = schema.safeParse(parseJson(json));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const [index, property] = issue?.path ?? [];
  const place = typeof index === 'number' ? `${item} ${index + 1}: ` : '';
  const subject = property === undefined ? '' : `${String(property)} `;
  context.addIssue({ code: 'custom', message: `${form}; ${place}${subject}${issue?.message}` });
  return z.NEVER;
}
