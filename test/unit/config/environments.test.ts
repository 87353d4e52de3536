import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { CommandFailed, runNode, WRANGLER } from '../../../scripts/start/run-command.ts';
import { BACKUP_PAGES_PER_RUN, RATE_LIMIT_WINDOW_SECONDS } from '../../../src/config.ts';

/** The part of wrangler's configuration that is compared. */
interface Environment {
  name: string;
  vars: Record<string, unknown>;
  upload_source_maps?: boolean;
  workers_dev?: boolean;
  preview_urls?: boolean;
  routes?: { pattern: string; custom_domain?: boolean }[];
  limits?: { cpu_ms?: number };
  observability: { redact_query_string?: boolean; logs?: { head_sampling_rate?: number } };
  version_metadata: { binding: string };
  triggers: { crons: string[] };
  migrations: unknown[];
  d1_databases: { binding: string; database_id: string; database_name: string }[];
  kv_namespaces: { binding: string; id: string }[];
  r2_buckets: { binding: string; bucket_name: string }[];
  analytics_engine_datasets: { binding: string; dataset: string }[];
  ratelimits: { name: string; namespace_id: string; simple: { limit: number; period: number } }[];
  durable_objects: { bindings: { name: string; class_name: string }[] };
  images: { binding: string };
  send_email: { name: string }[];
}

const ENVIRONMENTS = ['development', 'staging', 'production'];
const environments = ENVIRONMENTS.map(
  (env): Environment => unstable_readConfig({ config: 'wrangler.toml', env }),
);

it('no two environments share a Worker, a database, a namespace, a bucket or a dataset', () => {
  const resources = environments.flatMap((environment) => [
    `Worker ${environment.name}`,
    ...environment.d1_databases.flatMap((d1) => [`D1 ${d1.database_id}`, `D1 ${d1.database_name}`]),
    ...environment.kv_namespaces.map(({ id }) => `KV ${id}`),
    ...environment.r2_buckets.map((bucket) => `R2 ${bucket.bucket_name}`),
    ...environment.analytics_engine_datasets.map(({ dataset }) => `dataset ${dataset}`),
    ...environment.ratelimits.map(({ namespace_id }) => `counts ${namespace_id}`),
  ]);
  expect(resources).toHaveLength(ENVIRONMENTS.length * 9);
  expect(new Set(resources).size).toBe(resources.length);
});

it('every environment has the same bindings, vars, crons and migrations of Durable Objects', () => {
  const names = environments.map((environment) => [
    environment.d1_databases.map(({ binding }) => binding),
    environment.kv_namespaces.map(({ binding }) => binding),
    environment.r2_buckets.map(({ binding }) => binding),
    environment.analytics_engine_datasets.map(({ binding }) => binding),
    environment.ratelimits.map(({ name }) => name),
    environment.durable_objects.bindings.map(({ name, class_name }) => `${name} ${class_name}`),
    environment.migrations,
    environment.triggers.crons,
    environment.version_metadata.binding,
    environment.images.binding,
    environment.send_email.map(({ name }) => name),
    Object.keys(environment.vars),
  ]);
  expect(names).toEqual(names.map(() => names[0]));
});

it('the rate limiter of every environment has its threshold, a minute', () => {
  for (const { ratelimits, vars } of environments) {
    const limit = Number(vars.RATE_LIMIT_THRESHOLD);
    expect(ratelimits.map(({ simple }) => simple)).toEqual([{ limit, period: RATE_LIMIT_WINDOW_SECONDS }]);
  }
});

const deployed = environments.slice(1);

it('a Worker that is deployed has source maps, and development has none', () => {
  expect(environments.map((environment) => environment.upload_source_maps)).toEqual([undefined, true, true]);
});

it.each(deployed)('$name is reached through its zone alone, at its PUBLIC_ORIGIN too', (environment) => {
  expect(environment).toMatchObject({ workers_dev: false, preview_urls: false });
  const { routes = [], vars } = environment;
  expect(routes.filter((route) => route.custom_domain !== true)).toEqual([]);
  expect(routes.map(({ pattern }) => `https://${pattern}`)).toContain(vars.PUBLIC_ORIGIN);
});

it.each(deployed)(
  '$name leaves no line out of its log, and no signature of a URL in it',
  ({ observability }) => {
    expect(observability).toMatchObject({ redact_query_string: true, logs: { head_sampling_rate: 1 } });
  },
);

/** Measured in a local workerd, with its SQLite, by `bench/backup-memory.ts`. */
const CPU_MS_A_PAGE_OF_A_BACKUP = 60;

it.each(deployed)('the longest run of a job fits into the CPU that $name has for an event', ({ limits }) => {
  expect(limits?.cpu_ms).toBeGreaterThan(BACKUP_PAGES_PER_RUN * CPU_MS_A_PAGE_OF_A_BACKUP);
});

it.each([
  ['deploy', '--dry-run'],
  ['versions', 'upload', '--dry-run'],
])('wrangler %s without an environment is refused', async (...command) => {
  const failure = await runNode([WRANGLER, ...command], AbortSignal.timeout(30_000)).catch((error) => error);
  expect(failure).toBeInstanceOf(CommandFailed);
  expect(failure.output).toContain('name an environment: --env staging or --env production');
});

it('the bucket lets the pages of production upload, as docs/deploying.md says', () => {
  const page = readFileSync(new URL('../../../docs/deploying.md', import.meta.url), 'utf8');
  const [, policy = ''] = /^ +```json\n([\s\S]*?)^ +```$/m.exec(page) ?? [];
  const { vars, r2_buckets } = environments[2] as Environment;
  expect(JSON.parse(policy).rules).toEqual([
    {
      id: 'uploads',
      allowed: {
        origins: String(vars.CORS_ORIGINS).split(','),
        methods: ['PUT'],
        headers: ['content-type'],
      },
      maxAgeSeconds: expect.any(Number),
    },
  ]);
  for (const command of ['cors set', 'lifecycle add'])
    expect(page).toContain(`wrangler r2 bucket ${command} ${r2_buckets[0]?.bucket_name} `);
});
