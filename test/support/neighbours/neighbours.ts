/**
 * Workers of two versions of the gateway side by side in one workerd, over one D1, KV, R2 and simulated upstream. The
 * Durable Objects are in a third Worker, which has the code of both: a test says for each class which one runs.
 */
import { build } from 'esbuild';
import { gatewayObjects } from '../../../bench/bundle.ts';
import { migrateAndSync } from '../../../bench/synced-market.ts';
import { type BenchWorker, startWorkerd, type Workerd } from '../../../bench/workerd.ts';
import { DEFAULT_API_KEY, type Market } from '../upstream/market.ts';
import { startUpstream } from '../upstream/server.ts';
import type { BuiltVersions } from './built-versions.ts';
import { CONTROL_PATH, type Hosted, type ObjectClass, type Version } from './hosted.ts';
import { CLOCK_PATH } from './moved-clock.ts';

export const ADMIN_KEY = 'an-admin-key-for-tests-of-32-characters';
const HOST = 'objects';
const PAUSE_MS = 10;
/** A stream ends with its hub, and a request that waits while the clock is put forward seems slow. */
const EXPECTED_PROBLEMS = /"event":"(request\.slow|events\.hub_closed)"/;
const VERSIONS = ['older', 'newer'] as const satisfies Version[];

export interface Neighbours {
  /** Errors and warnings that any of the Workers has logged. */
  problems: readonly string[];
  market: Market;
  urlOf(version: Version): URL;
  database(): Promise<D1Database>;
  /** The code of these classes from now on; their objects that run are reset. */
  host(changed: Partial<Hosted>): Promise<void>;
  /** All objects of the class do now what their alarm does. */
  runAlarms(name: ObjectClass): Promise<void>;
  /** Does so until it has come to something. The clock of alarms is not the one that is put forward. */
  runAlarmsUntil(name: ObjectClass, awaited: Promise<unknown>): Promise<void>;
  /** The job of a cron expression, by the Worker of a version. */
  cron(version: Version, cron: string): Promise<void>;
  /** Puts the clocks of all Workers and of upstream forward. */
  advance(seconds: number): Promise<void>;
  close(): Promise<void>;
}

export async function startNeighbours(built: BuiltVersions): Promise<Neighbours> {
  const upstream = await startUpstream();
  const market = upstream.createMarket({ id: 'neighbours', live: true, source: 'made-up', projectCount: 20 });
  const vars = {
    ADMIN_KEY,
    MAIN_API_URL: market.mainApiUrl,
    PRICE_API_URL: market.priceApiUrl,
    INTERNAL_API_KEY: DEFAULT_API_KEY,
    JWT_SECRET: 'a-secret-for-tests-of-32-characters',
    RATE_LIMIT_THRESHOLD: '9999999',
    PRICE_POLL_SECONDS: '60',
    UPSTREAM_FILE_ORIGINS: '',
  };
  const problems: string[] = [];
  let workerd: Workerd | undefined;
  const close = async () => {
    await Promise.all([workerd?.stop(), upstream.close()]);
  };
  try {
    const [gateway, host] = await Promise.all([bundled('gateway-worker.ts'), bundled('hosting-worker.ts')]);
    const storage = 'neighbours';
    const classes = gatewayObjects();
    const objectsOfHost = Object.fromEntries(
      Object.entries(classes).map(([binding, className]) => [binding, { className, scriptName: HOST }]),
    );
    const workers: BenchWorker[] = [
      ...VERSIONS.map((version) => ({
        ...{ name: version, storage, version, durableObjects: objectsOfHost },
        vars: { ...built[version].vars, ...vars },
        script: { 'entry.js': gateway, 'gateway.bundle.js': built[version].script },
      })),
      {
        ...{ name: HOST, storage, vars, version: HOST, durableObjects: classes },
        script: {
          'entry.js': host,
          'older.bundle.js': built.older.script,
          'newer.bundle.js': built.newer.script,
        },
      },
    ];
    const onProblem = (line: string) => {
      if (!EXPECTED_PROBLEMS.test(line)) problems.push(line);
    };
    const started = await startWorkerd(workers, { onProblem });
    workerd = started;
    await migrateAndSync(started, 'older', { afterTheNight: false });
    const { miniflare, urlOf } = started;
    const control = async (path: string, name: string, body: string) => {
      const answer = await fetch(new URL(path, urlOf(name)), { method: 'POST', body });
      if (answer.status !== 204)
        throw new Error(`${path} of ${name}: ${answer.status} ${await answer.text()}`);
    };
    const runAlarms = (name: ObjectClass) => control(CONTROL_PATH.alarms, HOST, JSON.stringify(name));
    return {
      problems,
      market,
      urlOf,
      // Its own types name another build of the Workers types.
      database: () => miniflare.getD1Database('DB', HOST) as unknown as Promise<D1Database>,
      host: (changed) => control(CONTROL_PATH.host, HOST, JSON.stringify(changed)),
      runAlarms,
      async runAlarmsUntil(name, awaited) {
        let isOver = false;
        const over = awaited.finally(() => {
          isOver = true;
        });
        while (!isOver) {
          await runAlarms(name);
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
        await over;
      },
      async cron(version, cron) {
        const worker = (await miniflare.getWorker(version)) as unknown as {
          scheduled(options: { cron: string }): Promise<{ outcome: string }>;
        };
        const { outcome } = await worker.scheduled({ cron });
        if (outcome !== 'ok') throw new Error(`the jobs of ${cron} ended with ${outcome}`);
      },
      async advance(seconds) {
        market.advance(seconds);
        await Promise.all([...VERSIONS, HOST].map((name) => control(CLOCK_PATH, name, String(seconds))));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A Worker of this folder; the gateways' bundles are modules beside it. */
async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL(entry, import.meta.url).pathname],
    bundle: true,
    format: 'esm',
    write: false,
    external: ['cloudflare:*', '*.bundle.js'],
  });
  return outputFiles[0]?.text ?? '';
}
