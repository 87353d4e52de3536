/** The parts of the admin endpoint's answers that the commands read. All times are Unix seconds. */
import * as z from 'zod';

const release = z.object({ client: z.string(), version: z.string() });
const releaseState = z.enum(['published', 'deprecated', 'retired']);
const cachePolicy = z.object({
  maxAgeSeconds: z.number().nullable(),
  staleWhileRevalidateSeconds: z.number(),
  staleIfErrorSeconds: z.number(),
  scope: z.enum(['public', 'private']),
  tags: z.array(z.string()),
});

export const adminErrors = z.object({
  errors: z.array(
    z.object({ message: z.string(), extensions: z.looseObject({ code: z.string() }).optional() }),
  ),
});

const problem = z.object({ id: z.string(), code: z.string(), message: z.string() });

export const checkedOperations = z.object({
  operations: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      kind: z.string(),
      cost: z.number(),
      cachePolicy,
      scopes: z.array(z.string()),
      known: z.boolean(),
    }),
  ),
  problems: z.array(problem),
});
export type CheckedOperation = z.infer<typeof checkedOperations>['operations'][number];

export const storedOperations = z.object({ stored: z.number() });

export const publishedRelease = z.object({
  changed: z.boolean(),
  new: z.array(z.string()),
  unchanged: z.array(z.string()),
  gone: z.array(z.string()),
  visibleEverywhereAt: z.string(),
});
export type PublishedRelease = z.infer<typeof publishedRelease>;

export const releaseList = z.object({
  releases: z.array(
    release.extend({
      state: releaseState,
      deprecatedAt: z.number().nullable(),
      sunset: z.number().nullable(),
      publishedAt: z.number(),
      operations: z.number(),
      lastUsedAt: z.number().nullable(),
    }),
  ),
});
export type ListedRelease = z.infer<typeof releaseList>['releases'][number];

const useByClient = z.object({
  client: z.string().nullable(),
  version: z.string().nullable(),
  count: z.number(),
  firstSeen: z.number(),
  lastSeen: z.number(),
});

export const operationUsage = z.object({
  usage: z.array(useByClient.extend({ operationId: z.string(), name: z.string().nullable() })),
});

export const shownOperation = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  document: z.string(),
  cost: z.number(),
  variableBounds: z.record(z.string(), z.number()),
  cachePolicy,
  scopes: z.array(z.string()),
  liveness: z.object({ state: z.enum(['live', 'deprecated', 'retired']) }).nullable(),
  releases: z.array(release.extend({ state: releaseState })),
  usage: z.array(useByClient),
});
export type ShownOperation = z.infer<typeof shownOperation>;

export const refusalCounts = z.object({
  refusals: z.array(
    z.object({
      reason: z.string(),
      client: z.string().nullable(),
      version: z.string().nullable(),
      documentId: z.string().nullable(),
      count: z.number(),
      lastSeen: z.number(),
    }),
  ),
});

export const liveOperations = z.object({
  operations: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      document: z.string(),
      releases: z.array(release.extend({ state: releaseState.optional() })),
      /** Uses in the requested number of days. */
      count: z.number(),
    }),
  ),
});
export type LiveOperation = z.infer<typeof liveOperations>['operations'][number];

export const releaseChange = z.object({
  releases: z.array(release.extend({ state: releaseState })),
  operations: z.object({ retired: z.array(z.string()), deprecated: z.array(z.string()) }),
  visibleEverywhereAt: z.string(),
});
export type ReleaseChange = z.infer<typeof releaseChange>;

/** The extensions of RELEASE_DIFFERS: the release exists with other content. */
export const releaseDiffers = z.object({ new: z.array(z.string()), gone: z.array(z.string()) });

/** The extensions of STILL_USED: the release that should be retired is in use. */
export const stillUsed = z.object({
  usedBy: z.array(release.extend({ operationId: z.string(), lastUsedAt: z.number() })),
});
