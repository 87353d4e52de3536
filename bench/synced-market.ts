/** The simulated upstream, and storage that the gateway has synced from it as it does in its first minutes and night. */
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { readD1Migrations } from '@cloudflare/vitest-plugin';
import { DEFAULT_API_KEY } from '../test/support/upstream/market.ts';
import type { UpstreamUrls } from './upstream-thread.ts';
import type { Workerd } from './workerd.ts';

/** Projects before prices, which are those of the projects held. */
const FIRST_CRONS = ['*/5 * * * *', '* * * * *', '*/15 * * * *'];
const NIGHTLY_CRON = '0 0 * * *';

export interface BenchUpstream {
  /** Vars of a gateway that syncs from it, in the mode that production runs in. */
  gatewayVars: Record<string, string>;
  close(): Promise<void>;
}

export async function startBenchUpstream(): Promise<BenchUpstream> {
  const thread = new Worker(new URL('upstream-thread.ts', import.meta.url));
  const [{ mainApiUrl, priceApiUrl }] = (await once(thread, 'message')) as [UpstreamUrls];
  return {
    gatewayVars: {
      RATE_LIMIT_THRESHOLD: '9999999',
      MAIN_API_URL: mainApiUrl,
      PRICE_API_URL: priceApiUrl,
      INTERNAL_API_KEY: DEFAULT_API_KEY,
      JWT_SECRET: 'a-secret-for-benchmarks-of-32-characters',
      OPERATIONS_MODE: 'id_only',
      // No server of the platform is there to copy files from.
      UPSTREAM_FILE_ORIGINS: '',
    },
    close: async () => {
      await thread.terminate();
    },
  };
}

interface ScheduledWorker {
  scheduled(options: { cron: string }): Promise<{ outcome: string }>;
}

/** @param project the folder whose migrations they are. */
export async function migrate({ miniflare }: Workerd, gateway: string, project = '.'): Promise<void> {
  const db = await miniflare.getD1Database('DB', gateway);
  for (const { queries } of await readD1Migrations(path.join(project, 'migrations'))) {
    await db.batch(queries.map((query) => db.prepare(query)));
  }
}

/** @param afterTheNight with the nightly run, which brings a month of hourly closes to every symbol. */
export async function migrateAndSync(
  workerd: Workerd,
  gateway: string,
  { afterTheNight, project }: { afterTheNight: boolean; project?: string },
): Promise<void> {
  const { miniflare } = workerd;
  await migrate(workerd, gateway, project);
  // Its own types name another build of the Workers types, whose handlers TypeScript loses.
  const worker = (await miniflare.getWorker(gateway)) as unknown as ScheduledWorker;
  for (const cron of [...FIRST_CRONS, ...(afterTheNight ? [NIGHTLY_CRON] : [])]) {
    const { outcome } = await worker.scheduled({ cron });
    if (outcome !== 'ok') throw new Error(`the sync of ${cron} ended with ${outcome}`);
  }
  const db = await miniflare.getD1Database('DB', gateway);
  const failed = await db
    .prepare("SELECT count(*) AS runs FROM sync_run WHERE outcome <> 'ok'")
    .first('runs');
  if (failed !== 0) throw new Error(`${failed} sync runs are not ok`);
}
