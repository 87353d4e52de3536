import * as z from 'zod';
import manifest from '../../operations/manifest.json' with { type: 'json' };

const NAME = 'MarketList';
const documentId = manifest.operations.find(({ name }) => name === NAME)?.id;
if (documentId === undefined) throw new Error(`operations/manifest.json has no ${NAME}`);

/** A public query that each client of the platform asks first. */
export const PERSISTED_QUERY = { name: NAME, documentId, variables: { first: 1 } };

/** An answer of a query, without errors. */
export const queried = z.object({
  data: z.record(z.string(), z.unknown()),
  errors: z.never({ error: 'it has errors' }).optional(),
});
