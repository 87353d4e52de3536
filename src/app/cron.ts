/** A cron event: its jobs one after another, then what their writes ask of others. */
import { errorFields, log } from '../observability/log.ts';
import { repairLiveness } from '../operations/liveness-writes.ts';
import { hasSaleChanges } from '../storage/d1/sale-changes.ts';
import { invalidateCaches, PURGE_DELAY_MS } from '../sync/cache-generations.ts';
import { jobsOfCron } from '../sync/schedule.ts';
import { createSync } from '../sync/sync.ts';
import { priceFeed, saleFeed } from './durable-objects.ts';
import { type Isolate, nowMs, randomId, sleep } from './isolate.ts';

export async function runCron(
  { env, patientApis }: Isolate,
  cron: string,
  ctx: ExecutionContext,
): Promise<void> {
  const sync = createSync({
    db: env.DB,
    pricesKv: env.PRICES_KV,
    mainApi: patientApis.main,
    priceApi: patientApis.price,
    feedPrices: () => priceFeed(env).prices(),
    now: nowMs,
    randomId,
  });
  const results = await sync.runCron(cron);
  for (const result of results) log.info('sync.finished', { cron, ...result });
  await tellOfSales(env);
  if (jobsOfCron(cron).includes('cleanup')) {
    await repairLiveness({ db: env.DB, kv: env.CACHE_KV, nowMs, sleep });
  }
  await invalidateCaches(results, {
    db: env.DB,
    kv: env.CACHE_KV,
    sleep,
    purge: async (tags) => {
      if (ctx.cache === undefined) return undefined;
      await sleep(PURGE_DELAY_MS);
      return ctx.cache.purge({ tags });
    },
  });
}

/** Whatever the jobs say that they wrote, and also a minute later, where the feed could not be told of what a sync wrote. */
async function tellOfSales(env: Env): Promise<void> {
  try {
    if (await hasSaleChanges(env.DB)) await saleFeed(env).changed();
  } catch (error) {
    log.warn('sync.sale_feed_not_told', errorFields(error));
  }
}
