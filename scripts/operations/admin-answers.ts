/** The parts of the admin endpoint's answers that the commands read. All times are Unix seconds. */
import * as z from 'zod';

/** Null if it was made before changes had it. */
const lastChange = z
  .object({ kind: z.string(), changedAt: z.number(), keyName: z.string().nullable() })
  .nullable();
export type LastChange = z.infer<typeof lastChange>;

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

const ids = z.array(z.string());
const names = z.array(z.object({ id: z.string(), name: z.string() }));
export type OperationNames = z.infer<typeof names>;

export const publishedRelease = z.object({
  changed: z.boolean(),
  state: releaseState,
  /** New to the registry; `added` are new in the release. */
  new: ids,
  added: ids,
  unchanged: ids,
  /** No longer in the release; `dropped` are in no other release either. */
  gone: ids,
  dropped: ids,
  /** The names of those that are gone. */
  names,
  visibleEverywhereAt: z.string(),
});
export type PublishedRelease = z.infer<typeof publishedRelease>;

/** An operator's change of an operation. */
const steering = z.object({
  /** Null while it is on. */
  offSince: z.number().nullable(),
  timeLimitMs: z.number().nullable(),
  changedAt: z.number(),
  changedBy: z.string().nullable(),
});
export type Steering = z.infer<typeof steering>;

export const releaseList = z.object({
  /** The operations that are off or have a time limit. A gateway of an earlier build names none. */
  steered: z.array(steering.extend({ id: z.string(), name: z.string() })).default([]),
  releases: z.array(
    release.extend({
      state: releaseState,
      deprecatedAt: z.number().nullable(),
      sunset: z.number().nullable(),
      publishedAt: z.number(),
      operations: z.number(),
      lastUsedAt: z.number().nullable(),
      lastChange,
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
  isOverCostLimit: z.boolean().default(false),
  variableBounds: z.record(z.string(), z.number()),
  cachePolicy,
  scopes: z.array(z.string()),
  liveness: z.object({ state: z.enum(['live', 'deprecated', 'retired']) }).nullable(),
  steering: steering.nullable().default(null),
  releases: z.array(release.extend({ state: releaseState, lastChange })),
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
      /** Null if no operation with this id is stored. */
      name: z.string().nullable(),
      count: z.number(),
      lastSeen: z.number(),
    }),
  ),
});

const recordedAct = z.object({
  number: z.number(),
  /** Unix seconds. */
  at: z.number(),
  /** Null for an act of the room itself. */
  actorId: z.string().nullable(),
  action: z.string(),
  /** The number of the message in its room. */
  sequence: z.number().nullable(),
  userId: z.string().nullable(),
  seconds: z.number().nullable(),
  reason: z.string().nullable(),
});
export type RecordedAct = z.infer<typeof recordedAct>;

export const recordPage = z.object({ acts: z.array(recordedAct), next: z.number().nullable() });

export const liveOperations = z.object({
  operations: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      document: z.string(),
      /** As it was registered; a gateway of an earlier build does not say. */
      cost: z.number().optional(),
      releases: z.array(release.extend({ state: releaseState.optional() })),
      /** Uses in the requested number of days. */
      count: z.number(),
    }),
  ),
});
export type LiveOperation = z.infer<typeof liveOperations>['operations'][number];

/** The purge of caches in front; `none`: nothing was to be purged, or the platform offers no purge. */
const purge = z.enum(['purged', 'refused', 'none']).default('none');
export type PurgeOutcome = z.infer<typeof purge>;

export const steeredOperations = z.object({
  operations: z.array(z.object({ id: z.string(), name: z.string(), kind: z.string() })),
  /** The ids of those that were not so before. */
  changed: ids,
  visibleEverywhereAt: z.string(),
  purge,
});
export type SteeredOperations = z.infer<typeof steeredOperations>;

export const releaseChange = z.object({
  purge,
  releases: z.array(release.extend({ state: releaseState })),
  /** Those that the change has put into the state. */
  operations: z.object({ live: ids, deprecated: ids, retired: ids, dropped: ids }),
  names,
  visibleEverywhereAt: z.string(),
});
export type ReleaseChange = z.infer<typeof releaseChange>;

export const rolledBack = releaseChange.extend({ publishedAt: z.number(), came: ids, gone: ids });
export type RolledBack = z.infer<typeof rolledBack>;

export const retiredReleases = releaseChange.extend({ usesUnknownSince: z.number() });

export const retirementImpact = z.object({
  ending: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      kind: z.string(),
      /** Uses in the requested number of days. */
      count: z.number(),
      lastUsedAt: z.number().nullable(),
    }),
  ),
  usedBy: z.array(
    release.extend({ operationId: z.string(), name: z.string(), count: z.number(), lastUsedAt: z.number() }),
  ),
  livingOn: z.number(),
  usesUnknownSince: z.number(),
  /** True if `retire` would refuse without `--force`. */
  isInUse: z.boolean(),
});
export type RetirementImpact = z.infer<typeof retirementImpact>;

/** The extensions of UNKNOWN_OPERATIONS, and of a refusal to store. */
export const unknownOperations = z.object({ ids });
export const refusedOperations = z.object({ problems: z.array(problem) });

/** The extensions of RELEASE_DIFFERS: the release exists with other content. */
export const releaseDiffers = z.object({ added: ids, gone: ids, names });

/** The extensions of STILL_USED: operations that only these releases carry are in use. */
export const stillUsed = z.object({
  usedBy: z.array(release.extend({ operationId: z.string(), name: z.string(), lastUsedAt: z.number() })),
  usesUnknownSince: z.number(),
});
