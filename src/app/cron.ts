/** Passes the parts of an isolate that jobs need to the jobs of a cron event. */
import { log } from '../observability/log.ts';
import { jobsOfCron } from '../sync/jobs.ts';
import { runJobs } from '../sync/run-jobs.ts';
import { priceFeed, saleFeed } from './durable-objects.ts';
import { type Isolate, nowMs, randomId, sleep } from './isolate.ts';

/** Never rejects. */
export async function runCron(
  { env, patientApis }: Isolate,
  cron: string,
  { cache }: ExecutionContext,
): Promise<void> {
  const jobs = jobsOfCron(cron);
  if (jobs.length === 0) log.error('sync.unknown_cron', { cron });
  await runJobs(jobs, {
    db: env.DB,
    pricesKv: env.PRICES_KV,
    cacheKv: env.CACHE_KV,
    mainApi: patientApis.main,
    priceApi: patientApis.price,
    // Async, to return plain promises: p-timeout calls `cancel()` of a promise that has one, and a promise of a Durable
    // Object's answer seems to have every method.
    feedPrices: async () => priceFeed(env).prices(),
    notifySaleFeed: async () => saleFeed(env).changed(),
    purge: cache && ((tags) => cache.purge({ tags })),
    nowMs,
    sleep,
    randomId,
  });
}
