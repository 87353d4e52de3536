/** The schemas of the answers, which `src/rest/answers/` exports by operation and status. */
import { glob } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import type { Endpoint } from '../../src/rest/endpoint.ts';

/** By status. Null where the answer has no body. */
export type Answers = Readonly<Record<number, z.ZodObject | null>>;

const FILES = 'src/rest/answers/*.ts';

/** By operation. @throws where an endpoint has no answers, or answers have no endpoint */
export async function readAnswers(endpoints: readonly Endpoint[]): Promise<Map<string, Answers>> {
  const answers = new Map<string, Answers>();
  for await (const file of glob(FILES)) {
    const { ANSWERS = {} }: { ANSWERS?: Record<string, Answers> } = await import(
      pathToFileURL(path.resolve(file)).href
    );
    for (const [operation, byStatus] of Object.entries(ANSWERS)) {
      if (answers.has(operation)) throw new Error(`${file}: the answers of ${operation} stand twice`);
      answers.set(operation, byStatus);
    }
  }
  const served = new Set(endpoints.map(({ operation }) => operation));
  const missing = [...served].filter((operation) => !answers.has(operation));
  if (missing.length > 0) throw new Error(`${FILES} have no ANSWERS of ${missing.join(', ')}`);
  const unserved = [...answers.keys()].filter((operation) => !served.has(operation));
  if (unserved.length > 0) throw new Error(`${FILES} have ANSWERS of no endpoint: ${unserved.join(', ')}`);
  return answers;
}

const warning = z
  .strictObject({
    code: z.string().describe('A stable word for the kind of the fault, e.g. `UPSTREAM_UNAVAILABLE`.'),
    message: z.string().describe('The fault, for a reader.'),
    path: z
      .string()
      .describe('The names in the operation that lead to the missing part, with dots between them.'),
  })
  .meta({ id: 'Warning', description: 'A part of the answer that is not there.' });

const withWarnings = new Map<z.ZodObject, z.ZodObject>();

/** An answer of which a part is missing says so beside its own fields. */
export function withOptionalWarnings(schema: z.ZodObject): z.ZodObject {
  const known = withWarnings.get(schema);
  if (known !== undefined) return known;
  const extended = schema.extend({
    warnings: z
      .array(warning)
      .min(1)
      .optional()
      .describe('Stands only where parts of the answer are missing.'),
  });
  const id = schema.meta()?.id;
  const named = id === undefined ? extended : extended.meta({ id: `${id}Answer` });
  withWarnings.set(schema, named);
  return named;
}
