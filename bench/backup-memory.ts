/**
 * `node bench/backup-memory.ts [MiB]`: makes a backup in a workerd whose isolates have so little heap, 32 MiB by default, the
 * gateway's own 8 included. V8 ends a workerd that needs more. Array buffers lie outside of it: a page, and a file twice.
 *
 * The database has 5,000 projects, 10,000 investments and 200,000 candles beside those of a sync: 41 MB of rows.
 */
import { bundleWorker, gatewayObjects } from './bundle.ts';
import { migrateAndSync, startBenchUpstream } from './synced-market.ts';
import { startWorkerd } from './workerd.ts';

const heapMib = Number(process.argv[2] ?? 32);
/** Miniflare passes it on to workerd. */
process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-heap-size=${heapMib}`;

const numbers = (count: number) =>
  `WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < ${count})`;
const STATEMENTS = [
  'CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY, name TEXT)',
  "INSERT INTO d1_migrations (name) VALUES ('the last one')",
  `INSERT INTO project_cache (id, name, symbol, slug, status, category, description, tags, blockchain, created_at, updated_at,
     name_folded, symbol_folded, search_text)
   ${numbers(5_000)} SELECT 'x' || i, 'X', 'X' || i, 'x' || i, 'delisted', 'c', hex(randomblob(900)), '[]', '[]', 1, 1, 'x', 'x', 'x'
   FROM number`,
  `INSERT INTO user_investment_cache (id, user_id, pool_id, investment_amount, token_amount, token_price, payment_token, status,
     total_claimed, claimable_amount, invested_at, confirmed_at, created_at, updated_at, total_claimed_units)
   ${numbers(10_000)} SELECT 'x' || i, 'u' || i, 'p', '100', '50', '2', 'USDT', 'confirmed', '0', '0', i, i, i, i, '' FROM number`,
  `INSERT INTO candle (symbol, interval, time, open, high, low, close)
   ${numbers(200_000)} SELECT 'X' || (i % 50), '1h', 3600 * i, 1.0 / i, 1.1 / i, 0.1 / 3, i / 7.0 FROM number`,
];

const script = await bundleWorker(AbortSignal.timeout(60_000), undefined, '.', { minify: true });
const upstream = await startBenchUpstream();
const workerd = await startWorkerd([
  {
    ...{ name: 'gateway', script, storage: 'gateway', vars: upstream.gatewayVars },
    durableObjects: gatewayObjects(),
  },
]);
try {
  await migrateAndSync(workerd, 'gateway', { afterTheNight: false });
  const db = await workerd.miniflare.getD1Database('DB', 'gateway');
  for (const sql of STATEMENTS) await db.prepare(sql).run();
  const worker = (await workerd.miniflare.getWorker('gateway')) as unknown as {
    scheduled(options: { cron: string }): Promise<{ outcome: string }>;
  };
  const before = workerd.cpuMs().process;
  await worker.scheduled({ cron: '30 * * * *' });
  const cpuMs = workerd.cpuMs().process - before;
  const run = await db
    .prepare("SELECT outcome, read_count AS rows, written_count AS files FROM sync_run WHERE job = 'backups'")
    .first();
  console.log(`heap of ${heapMib} MiB: ${JSON.stringify(run)}, ${Math.round(cpuMs)} ms of CPU for 41 MB`);
} finally {
  await Promise.all([workerd.stop(), upstream.close()]);
}
