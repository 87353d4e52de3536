/** Parameters as OpenAPI has them, though zod reads all of them as text. */
import type { createDocument } from 'zod-openapi';

type Document = ReturnType<typeof createDocument>;

/**
 * Moves descriptions from schemas to the parameters: a default or an option around a zod schema hides it from
 * `zod-openapi`. Takes what holds for text from the schemas whose type `.meta({ override })` replaced.
 *
 * @throws where a parameter has no description
 */
export function tidyParameters(document: Document): Document {
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const operation of [item.get, item.post, item.put]) {
      for (const parameter of operation?.parameters ?? []) {
        if ('$ref' in parameter || typeof parameter.schema !== 'object' || '$ref' in parameter.schema)
          continue;
        const { schema } = parameter;
        if (schema.description !== undefined) parameter.description ??= schema.description;
        delete schema.description;
        if (!parameter.description) throw new Error(`${parameter.name} of ${path} has no .describe('…')`);
        if (schema.type === 'string') continue;
        delete schema.pattern;
        delete schema.enum;
      }
    }
  }
  return document;
}
