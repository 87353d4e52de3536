/**
 * The gateway with two users on workerd, the same broken in each way, and the production bundle, over one storage that
 * was synced from the simulated upstream.
 */
import { bundleWorker } from '../../bench/bundle.ts';
import { migrateAndSync } from '../../bench/synced-market.ts';
import { startWorkerd, type Workerd } from '../../bench/workerd.ts';
import { encodeGlobalId } from '../../schema/global-ids.ts';
import type { FaultSetting } from '../support/upstream/faults.ts';
import { DEFAULT_API_KEY, type Market } from '../support/upstream/market.ts';
import { startUpstream } from '../support/upstream/server.ts';
import {
  CANARY_NUMBERS,
  canariesOf,
  canaryNumber,
  canaryText,
  USER_IDS,
  USER_NAMES,
  type UserName,
} from './canaries.ts';
import { BREAKAGES, type Breakage, CLOCK_PATH } from './harness.ts';
import type { Held } from './questions.ts';
import type { Canaries } from './verdict.ts';

const STORAGE = 'shared-cache';
export const JWT_SECRET = 'a-secret-for-this-test-of-32-characters';
/** Without a second attempt: what asks for a price that is not held fails, and fails soon. */
const NO_PRICES_ON_DEMAND: FaultSetting = { route: 'prices-batch', kind: 'truncated' };

export interface Bundles {
  production: string;
  harness: string;
}

export async function bundleBoth(signal: AbortSignal): Promise<Bundles> {
  const [production, harness] = await Promise.all([
    bundleWorker(signal),
    bundleWorker(signal, 'test/shared-cache/canary-worker.ts'),
  ]);
  return { production, harness };
}

export interface Stage {
  gateway: URL;
  production: URL;
  brokenBy(breakage: Breakage): URL;
  held: Held;
  canaries: Canaries;
  market: Market;
  /** Puts the clocks of upstream and gateway forward, then runs the crons. On-demand prices fail but for then. */
  moveOn(seconds: number, crons: readonly string[]): Promise<void>;
  /** These projects then have a logo in the bucket, as the job `project-files` leaves it. @param ids local ones */
  copyLogos(ids: readonly string[]): Promise<void>;
  /** The bucket of all of them. */
  bucket(): Promise<Pick<R2Bucket, 'put' | 'delete'>>;
  database(): Promise<Pick<D1Database, 'prepare'>>;
  close(): Promise<void>;
}

export async function setStage({ production, harness }: Bundles): Promise<Stage> {
  const upstream = await startUpstream();
  const market = upstream.createMarket({ id: 'shared-cache', live: true, source: 'made-up' });
  const vars = {
    MAIN_API_URL: market.mainApiUrl,
    PRICE_API_URL: market.priceApiUrl,
    INTERNAL_API_KEY: DEFAULT_API_KEY,
    JWT_SECRET,
    // All traffic of a cache comes from one network.
    RATE_LIMIT_THRESHOLD: '9999999',
    OPERATIONS_MODE: 'open',
    // The job that copies logos has no server to ask: `copyLogos` does without it.
    UPSTREAM_FILE_ORIGINS: '',
  };
  let workerd: Workerd | undefined;
  const close = async () => {
    await Promise.all([workerd?.stop(), upstream.close()]);
  };
  try {
    workerd = await startWorkerd(
      [
        { name: 'gateway', script: harness, storage: STORAGE, vars },
        { name: 'production', script: production, storage: STORAGE, vars },
        ...BREAKAGES.map((breakage) => ({
          name: nameOf(breakage),
          script: harness,
          storage: STORAGE,
          vars: { ...vars, BROKEN: breakage },
        })),
      ],
      { inspector: false },
    );
    await migrateAndSync(workerd, 'gateway', { afterTheNight: false });
    for (const name of USER_NAMES) await investFor(name, workerd);
    const { held, canaries } = await whatIsHeld(workerd);
    market.setFault(NO_PRICES_ON_DEMAND);
    const { miniflare, urlOf } = workerd;
    const sync = (await miniflare.getWorker('gateway')) as unknown as {
      scheduled(options: { cron: string }): Promise<{ outcome: string }>;
    };
    return {
      gateway: urlOf('gateway'),
      production: urlOf('production'),
      brokenBy: (breakage) => urlOf(nameOf(breakage)),
      held,
      canaries,
      market,
      async moveOn(seconds, crons) {
        market.advance(seconds);
        for (const name of ['gateway', ...BREAKAGES.map(nameOf)])
          await fetch(new URL(CLOCK_PATH, urlOf(name)), { method: 'POST', body: String(seconds) });
        market.clearFaults();
        for (const cron of crons) {
          const { outcome } = await sync.scheduled({ cron });
          if (outcome !== 'ok') throw new Error(`the sync of ${cron} ended with ${outcome}`);
        }
        market.setFault(NO_PRICES_ON_DEMAND);
      },
      copyLogos: (ids) => copyLogos(miniflare, ids),
      bucket: () => bucketOf(miniflare),
      database: () => miniflare.getD1Database('DB', 'gateway') as unknown as Promise<D1Database>,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const nameOf = (breakage: Breakage) => `gateway-broken-by-${breakage.replaceAll(' ', '-')}`;

const bucketOf = (miniflare: Workerd['miniflare']) =>
  miniflare.getR2Bucket('STORAGE', 'gateway') as unknown as Promise<R2Bucket>;

async function copyLogos(miniflare: Workerd['miniflare'], ids: readonly string[]): Promise<void> {
  const db = await miniflare.getD1Database('DB', 'gateway');
  const bucket = await bucketOf(miniflare);
  const updates = ids.map(async (id) => {
    const key = `projects/logos/${id}.png`;
    const { etag } = await bucket.put(key, id, { httpMetadata: { contentType: 'image/png' } });
    const update = db.prepare('UPDATE project_cache SET logo_file = ?2 WHERE id = ?1');
    return update.bind(id, `${key}?v=${etag.slice(0, 8)}`);
  });
  await db.batch(await Promise.all(updates));
}

/** An investment whose every value is a canary: it is in the user's portfolio, and its payment in their transactions. */
async function investFor(name: UserName, { miniflare }: Workerd): Promise<void> {
  const db = await miniflare.getD1Database('DB', 'gateway');
  const amount = (what: keyof typeof CANARY_NUMBERS) => canaryNumber(name, CANARY_NUMBERS[what]);
  await db
    .prepare(
      `INSERT INTO user_investment_cache
         (id, user_id, pool_id, investment_amount, token_amount, token_price, payment_token, status, total_claimed,
          claimable_amount, transaction_hash, invested_at, confirmed_at, created_at, updated_at)
       VALUES (?1, ?2, 'none', ?3, ?4, '1', ?5, 'confirmed', '0', '0', ?6, ?7, ?7, ?7, ?7)`,
    )
    .bind(
      ...[`investment-${name}`, USER_IDS[name], amount('invested'), amount('tokens')],
      ...[canaryText(name, 'payment-token'), canaryText(name, 'transaction-hash')],
      Math.floor(Date.now() / 1000),
    )
    .run();
}

/** Investments are canaries too: D1 holds whose they are. */
async function whatIsHeld({ miniflare }: Workerd): Promise<{ held: Held; canaries: Canaries }> {
  const db = await miniflare.getD1Database('DB', 'gateway');
  const rowsOf = async (sql: string): Promise<Record<string, string>[]> =>
    (await db.prepare(sql).all()).results;
  const projects = await rowsOf('SELECT id, symbol FROM project_cache ORDER BY id LIMIT 3');
  const pools = await rowsOf('SELECT id FROM ido_pool_cache ORDER BY id LIMIT 2');
  const investments = await rowsOf(
    `SELECT id, user_id, transaction_hash FROM user_investment_cache WHERE user_id IN
      (${Object.values(USER_IDS).map((id) => `'${id}'`)}) ORDER BY id LIMIT 100`,
  );
  const canariesOfUser = (name: UserName) => {
    const rows = investments.filter((row) => row.user_id === USER_IDS[name]);
    if (rows.length === 0) throw new Error(`the simulated upstream has no investment of ${USER_IDS[name]}`);
    const ids = rows.map(({ id = '' }) => encodeGlobalId('Investment', id));
    const hashes = rows.map((row) => row.transaction_hash).filter((hash) => typeof hash === 'string');
    // `/api` shows ids as D1 has them. They are short: the marks keep one from being found in another.
    const ownIds = [USER_IDS[name], ...rows.map(({ id = '' }) => id)].map((id) => `"${id}"`);
    return [...canariesOf(name), encodeGlobalId('User', USER_IDS[name]), ...ids, ...ownIds, ...hashes];
  };
  return {
    held: {
      projectIds: projects.map(({ id = '' }) => encodeGlobalId('Project', id)),
      symbols: projects.map(({ symbol = '' }) => symbol),
      poolIds: pools.map(({ id = '' }) => encodeGlobalId('IdoPool', id)),
      investmentIds: investments.slice(0, 20).map(({ id = '' }) => encodeGlobalId('Investment', id)),
    },
    canaries: Object.fromEntries(
      USER_NAMES.map((name) => [name, canariesOfUser(name)]),
    ) as unknown as Canaries,
  };
}
