/**
 * Workers on one workerd process, each behind a socket of its own that leads straight into it: no dev proxy.
 *
 * D1 and KV are the local ones, which run inside the same process: what they cost is in the process's CPU.
 */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import path from 'node:path';
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare';
import { productionConfig } from './bundle.ts';
import { type CpuTimes, cpuTimesOf, residentBytesOf } from './process-usage.ts';

const HOST = '127.0.0.1';

export interface BenchWorker {
  name: string;
  /** One module, or several by name, of which the first is the entry. */
  script: string | Record<string, string>;
  /** Workers that name the same one share its database and namespaces. */
  storage: string;
  /** Over those of production. */
  vars?: Record<string, string>;
  /** Its own classes, by binding, or those of the Worker that is named. */
  durableObjects?: Record<string, string | { className: string; scriptName: string }>;
  /** True if they stay in memory while nothing calls them. */
  keepsObjects?: boolean;
  /** The id of its version; a made-up one where left out. */
  version?: string;
}

export interface Workerd {
  miniflare: Miniflare;
  urlOf(name: string): URL;
  cpuMs(): CpuTimes;
  memoryBytes(): number;
  stop(): Promise<void>;
}

/** Miniflare does not show its workerd. A child is told of before it has been spawned, so its file is read later. */
const children = new Set<ChildProcess>();
subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  children.add(child);
  child.once('exit', () => children.delete(child));
});
const workerds = () => [...children].filter((child) => path.basename(child.spawnfile) === 'workerd');

// However this process ends, no workerd outlives it.
process.on('exit', () => {
  for (const child of workerds()) child.kill('SIGKILL');
});

/** The platform's counts in memory, and refuses no benchmark. Miniflare's counts in a database, which costs a millisecond. */
const RATE_LIMITER = {
  name: 'rate-limiter',
  script: `import { WorkerEntrypoint } from 'cloudflare:workers';
    export default class extends WorkerEntrypoint {
      limit() { return { success: true }; }
    }`,
};

/** Miniflare passes it on to workerd. */
const V8_FLAGS = 'MINIFLARE_WORKERD_V8_FLAGS';
/** The platform's limit of an isolate, which V8 has not by itself: it would let garbage lie. */
const ISOLATE_HEAP_MIB = 128;

const sourceOf = (script: BenchWorker['script']) =>
  typeof script === 'string'
    ? { script }
    : {
        modules: Object.entries(script).map(([path, contents]) => ({
          type: 'ESModule' as const,
          path,
          contents,
        })),
      };

export interface WorkerdOptions {
  /** Opens the port that heaps are read through; not while anything is timed. */
  inspector?: boolean;
  /** The folder whose `wrangler.toml` names the bindings. */
  project?: string;
  /** V8 gets the heap that the platform gives an isolate. A Worker that needs more ends workerd. */
  hasHeapLimit?: boolean;
  /** Takes each error and warning that a Worker logs; they are printed where left out. */
  onProblem?: (line: string) => void;
}

export async function startWorkerd(
  workers: readonly BenchWorker[],
  { inspector = false, project = '.', hasHeapLimit = false, onProblem = console.error }: WorkerdOptions = {},
): Promise<Workerd> {
  const config = productionConfig(project);
  const idsIn = (storage: string, bindings: readonly { binding: string }[]) =>
    Object.fromEntries(bindings.map(({ binding }) => [binding, `${storage}-${binding}`]));
  const sameForAll = {
    modules: true,
    compatibilityDate: config.compatibility_date ?? '',
    compatibilityFlags: config.compatibility_flags,
    unsafeDirectSockets: [{ host: HOST, port: 0 }],
  };
  const before = new Set(workerds());
  if (hasHeapLimit) process.env[V8_FLAGS] = `--max-heap-size=${ISOLATE_HEAP_MIB}`;
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      host: HOST,
      ...(inspector ? { inspectorPort: 0 } : {}),
      log: new Log(LogLevel.ERROR),
      handleStructuredLogs: ({ level, message }) => {
        if (level === 'error' || level === 'warn') onProblem(message.trimEnd());
      },
      workers: [
        ...workers.map(
          ({ name, script, storage, vars, version, durableObjects = {}, keepsObjects = false }) => ({
            ...sameForAll,
            name,
            ...sourceOf(script),
            kvNamespaces: idsIn(storage, config.kv_namespaces),
            d1Databases: idsIn(storage, config.d1_databases),
            r2Buckets: idsIn(storage, config.r2_buckets),
            serviceBindings: Object.fromEntries(
              config.ratelimits.map((limiter: { name: string }) => [limiter.name, RATE_LIMITER.name]),
            ),
            ...(version === undefined ? { versionMetadata: config.version_metadata?.binding } : {}),
            analyticsEngineDatasets: Object.fromEntries(
              config.analytics_engine_datasets.map(({ binding }: { binding: string }) => [
                binding,
                { dataset: binding },
              ]),
            ),
            durableObjects: Object.fromEntries(
              Object.entries(durableObjects).map(([binding, object]) => [
                binding,
                typeof object === 'string'
                  ? { className: object, useSQLite: true, unsafePreventEviction: keepsObjects }
                  : object,
              ]),
            ),
            bindings: {
              ...(config.vars as Record<string, string>),
              ...vars,
              ...(version === undefined ? {} : { [config.version_metadata?.binding ?? '']: { id: version } }),
            },
          }),
        ),
        { ...sameForAll, ...RATE_LIMITER },
      ],
    }),
  );
  await miniflare.ready.finally(() => {
    delete process.env[V8_FLAGS];
  });
  const [child] = workerds().filter((candidate) => !before.has(candidate));
  const pid = child?.pid;
  if (child === undefined || pid === undefined) throw new Error('Miniflare started no workerd');
  const urls = new Map<string, URL>();
  for (const { name } of workers) urls.set(name, await miniflare.unsafeGetDirectURL(name));
  return {
    miniflare,
    urlOf(name) {
      const url = urls.get(name);
      if (url === undefined) throw new Error(`no Worker is called ${name}`);
      return url;
    },
    cpuMs: () => cpuTimesOf(pid),
    memoryBytes: () => residentBytesOf(pid),
    async stop() {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      await miniflare.dispose();
      child.kill('SIGKILL');
      await ended;
    },
  };
}
