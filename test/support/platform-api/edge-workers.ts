/** Versions of a Worker as Workers of one miniflare, and their Durable Objects in another one that keeps its name. */
import type { V4WorkerOptions, V4WorkerOptionsShape } from 'miniflare';
import type { WorkerVersion } from './worker.ts';
import type { Binding } from './worker-upload.ts';

export const CLOCK_PATH = '/edge/clock';
/** The Worker that has the objects. Their storage goes by its name: it outlives the version whose code they run. */
const OBJECTS = 'objects';
const ENTRY = 'edge-entry.js';

/** The entry around a version. It has a clock that a test puts forward. */
const entryOf = (main: string) => `
  export * from './${main}';
  import gateway from './${main}';
  let aheadMs = 0;
  const realNow = Date.now;
  Date.now = () => realNow() + aheadMs;
  export default {
    async fetch(request, env, ctx) {
      if (new URL(request.url).pathname !== '${CLOCK_PATH}') return gateway.fetch(request, env, ctx);
      aheadMs = Number(await request.text());
      return new Response(null, { status: 204 });
    },
    scheduled: (controller, env, ctx) => gateway.scheduled(controller, env, ctx),
  };`;

/**
 * @param versions of the deployment
 * @param main the version whose code the objects run
 * @param vars in the place of those that were uploaded
 */
export const edgeWorkers = (
  versions: readonly WorkerVersion[],
  main: WorkerVersion,
  vars: Readonly<Record<string, string>>,
): V4WorkerOptions[] => [
  ...versions.map((version) => workerOf(version, version.id, vars)),
  workerOf(main, OBJECTS, vars),
];

function workerOf(
  version: WorkerVersion,
  name: string,
  vars: Readonly<Record<string, string>>,
): V4WorkerOptions {
  const { metadata, modules, bindings } = version;
  const main = metadata.main_module;
  const own = { path: ENTRY, contents: entryOf(main) };
  const uploaded = [...modules]
    .filter(([, { type }]) => type === 'application/javascript+module')
    .map(([path, { content }]) => ({ path, contents: Buffer.from(content).toString() }));
  return {
    name,
    modules: [own, ...uploaded].map((module) => ({ type: 'ESModule' as const, ...module })),
    compatibilityDate: metadata.compatibility_date ?? '',
    compatibilityFlags: [...(metadata.compatibility_flags ?? [])],
    unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    ...boundTo(bindings, name === OBJECTS, version.id, vars),
  };
}

/** @throws if a type of binding is not known here */
function boundTo(
  bindings: readonly Binding[],
  hasObjects: boolean,
  versionId: string,
  vars: Readonly<Record<string, string>>,
): V4WorkerOptionsShape {
  const named = (type: string) => bindings.filter((binding) => binding.type === type);
  const entries = <Value>(type: string, optionOf: (binding: Binding) => Value) =>
    Object.fromEntries(named(type).map((binding) => [binding.name, optionOf(binding)]));
  const unknown = bindings.filter(({ type }) => !KNOWN_TYPES.has(type));
  if (unknown.length > 0) throw new Error(`the edge binds no ${unknown.map(({ type }) => type).join(', ')}`);
  return {
    kvNamespaces: entries('kv_namespace', ({ namespace_id }) => String(namespace_id)),
    d1Databases: entries('d1', ({ id, database_id }) => String(database_id ?? id)),
    r2Buckets: entries('r2_bucket', ({ bucket_name }) => String(bucket_name)),
    ratelimits: entries('ratelimit', ({ namespace_id, simple }) => ({
      namespace_id: String(namespace_id),
      simple: simple as { limit: number; period: 10 | 60 },
    })),
    analyticsEngineDatasets: entries('analytics_engine', ({ dataset }) => ({ dataset: String(dataset) })),
    email: { send_email: named('send_email').map(({ name }) => ({ name })) },
    ...Object.fromEntries(named('images').map(({ name }) => ['images', { binding: name }])),
    durableObjects: entries('durable_object_namespace', ({ class_name }) =>
      hasObjects
        ? { className: String(class_name), useSQLite: true }
        : { className: String(class_name), scriptName: OBJECTS },
    ),
    bindings: {
      ...entries('plain_text', ({ text }) => text ?? ''),
      ...entries('secret_text', ({ text }) => text ?? ''),
      ...entries('version_metadata', () => ({ id: versionId })),
      ...vars,
    },
  };
}

const KNOWN_TYPES = new Set([
  ...['kv_namespace', 'd1', 'r2_bucket', 'ratelimit', 'analytics_engine', 'send_email', 'images'],
  ...['durable_object_namespace', 'plain_text', 'secret_text', 'version_metadata'],
]);
