/**
 * The forms of manifest that clients' tools write, each recognised by its shape and read into entries.
 *
 * A `marker` matches every manifest that was meant to have the form, valid or not, and no manifest of another form.
 * `entries` then reports the errors. Other properties are ignored.
 */
import path from 'node:path';
import * as z from 'zod';
import type { HexIds, ManifestEntry } from './manifest-operation.ts';

export interface ManifestShape {
  form: string;
  hexIds: HexIds;
  marker: z.ZodType;
  entries(sourceName: string): z.ZodType<ManifestEntry[]>;
}

/**
 * Apollo's tools for the web, iOS and Kotlin. Ids are SHA-256 by default; an app may make others
 * (`createOperationId`, `operationIdGenerator`). Its client sends both in `sha256Hash`, where 64 hex digits are always
 * the hash of the text. https://www.apollographql.com/docs/graphos/operations/persisted-queries
 */
const apolloManifest: ManifestShape = {
  form: "Apollo's apollo-persisted-query-manifest",
  hexIds: 'text-hash',
  marker: z.object({ format: z.string(), operations: z.array(z.unknown()) }),
  entries: () =>
    z
      .object({
        format: z.literal('apollo-persisted-query-manifest'),
        version: z.literal(1),
        operations: z.array(
          z.object({ id: z.string(), name: z.string(), type: z.string(), body: z.string() }),
        ),
      })
      .transform(({ operations }) =>
        operations.map(({ id, name, type, body }) => ({ id, name, kind: type, document: body })),
      ),
};

/**
 * The manifest that Cosmo's router loads, "a map of SHA256 hashes to GraphQL operation bodies", looked up by
 * `sha256Hash`.
 * https://github.com/wundergraph/cosmo/blob/main/router/internal/persistedoperation/PO_MANIFEST_S3_GUIDE.md
 */
const cosmoManifest: ManifestShape = {
  form: "Cosmo's PQL manifest {version, revision, operations: {id: text}}",
  hexIds: 'text-hash',
  marker: z.object({ version: z.number(), operations: z.record(z.string(), z.unknown()) }),
  entries: () =>
    z
      .object({ version: z.literal(1), operations: z.record(z.string(), z.string()) })
      .transform(({ operations }) => fromPairs(Object.entries(operations))),
};

/** Cosmo's file of one operation. The id of the operation is the name of the file, and is not in the file. */
const cosmoOperation: ManifestShape = {
  form: "Cosmo's <id>.json of one operation {version, body}",
  hexIds: 'text-hash',
  marker: z.object({ version: z.number(), body: z.string() }),
  entries: (sourceName) =>
    z
      .object({ version: z.literal(1), body: z.string() })
      .transform(({ body }) => [{ id: path.basename(sourceName, '.json'), document: body }]),
};

/**
 * Relay's older form, which Cosmo's `wgc operations push` still takes as its "query map".
 * https://cosmo-docs.wundergraph.com/router/persisted-queries/persisted-operations
 */
const pairList: ManifestShape = {
  form: "Relay's pair list [[id, text]]",
  hexIds: 'opaque',
  marker: z.array(z.array(z.unknown())),
  entries: () => z.array(z.tuple([z.string(), z.string()])).transform(fromPairs),
};

/**
 * Apollo iOS's `legacy` manifest, and Kotlin's `operationOutput`. Before 1.0, iOS could send the id as plain `id`,
 * and some releases hashed another text than they sent (https://github.com/apollographql/apollo-ios/issues/3162).
 */
const apolloLegacy: ManifestShape = {
  form: "Apollo iOS's legacy map {id: {name, source}}",
  hexIds: 'opaque',
  marker: z
    .record(z.string(), z.looseObject({ source: z.unknown().optional() }))
    .refine((map) => Object.values(map).some(({ source }) => source !== undefined)),
  entries: () =>
    z
      .record(z.string(), z.object({ name: z.string(), source: z.string() }))
      .transform((map) =>
        Object.entries(map).map(([id, { name, source }]) => ({ id, name, document: source })),
      ),
};

/**
 * relay-compiler's `persistConfig.file` (MD5 by default, SHA-1 and SHA-256 on request) and the codegen client
 * preset's `persisted-documents.json` (SHA-1 by default; `sha256:` is prefixed on request). They look the same.
 * https://relay.dev/docs/guides/persisted-queries/, https://the-guild.dev/graphql/codegen/plugins/presets/preset-client
 */
const textMap: ManifestShape = {
  form: "Relay's map or codegen's persisted-documents.json {id: text}",
  hexIds: 'opaque',
  marker: z.record(z.string(), z.string()),
  entries: () => z.record(z.string(), z.string()).transform((map) => fromPairs(Object.entries(map))),
};

/** The gateway's own `operations/manifest.json`, for apps that send its ids. `codegen.ts` writes it. */
const gatewayManifest: ManifestShape = {
  form: "the gateway's own operations/manifest.json",
  hexIds: 'text-hash',
  marker: z.object({ schemaHash: z.string(), operations: z.array(z.unknown()) }),
  entries: () =>
    z
      .object({
        operations: z.array(
          z.object({ id: z.string(), name: z.string(), kind: z.string(), document: z.string() }),
        ),
      })
      .transform(({ operations }) => operations),
};

export const manifestShapes: readonly ManifestShape[] = [
  apolloManifest,
  cosmoManifest,
  cosmoOperation,
  pairList,
  apolloLegacy,
  textMap,
  gatewayManifest,
];

function fromPairs(pairs: [string, string][]): ManifestEntry[] {
  return pairs.map(([id, document]) => ({ id, document }));
}
