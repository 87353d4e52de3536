import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import './test/support/temporary-files-in-memory.ts';

/** Long enough for a first sync of 5,000 projects on a slow machine; a test that hangs still ends. */
const FLOW_TIMEOUT_MS = 60_000;

// The secrets that wrangler.toml requires come from the environment, as they do for `wrangler dev`.
process.env.INTERNAL_API_KEY = 'simulated-internal-key';
process.env.JWT_SECRET = 'a-secret-for-tests-of-32-characters';

// Wrangler formats its warnings by esbuild, whose thread may have ended in a process with many test files: without an answer
// the process then waits for it without end, and no time limit of a test ends that. Esbuild reads this when it is loaded.
process.env.ESBUILD_WORKER_THREADS = '0';
const { cloudflareTest, readD1Migrations } = await import('@cloudflare/vitest-plugin');
const { oneModule } = await import('./test/support/one-module/one-module.ts');

/** The entry first: the files run in this order, and those of the schema in the order of `schema/schema.ts`. */
const GATEWAY_FILES = [
  ...new Set(['src/index.ts', ...globSync('{schema,src}/**/*.ts', { exclude: ['**/*.d.ts'] }).sort()]),
];

/** These open sockets and streams, which outlive a test: each has a Worker of its own. The others share a few. */
const ALONE = [
  'test/flows/realtime/**/*.test.ts',
  'test/flows/chat/{canaries,costs,events,storm}.test.ts',
  'test/flows/event-stream*.test.ts',
  'test/flows/accounts/{limited-fields,rights,signed-in}.test.ts',
  'test/flows/investing/ledger-events.test.ts',
];

const FLOWS = {
  plugins: [
    oneModule(GATEWAY_FILES.map((path) => resolve(path))),
    cloudflareTest({
      main: './test/support/worker.ts',
      wrangler: { configPath: './wrangler.toml', environment: 'development' },
      miniflare: {
        // Backups are restored into it: no migration is applied before.
        d1Databases: { EMPTY_DB: 'empty' },
        bindings: {
          TEST_MIGRATIONS: await readD1Migrations('./migrations'),
          R2_ACCESS_KEY_ID: 'test-key-id',
          R2_SECRET_ACCESS_KEY: 'test-secret',
        },
      },
    }),
  ],
  define: { GRAPHIQL: 'false' },
  test: {
    include: ['test/flows/**/*.test.ts'],
    globalSetup: ['test/support/simulated-upstream.ts'],
    setupFiles: ['test/support/migrate.ts'],
    // Bundled once for all files: one by one, their hundreds of modules cost seconds a file.
    deps: {
      optimizer: {
        ssr: {
          enabled: true,
          include: [
            'graphql',
            'graphql-yoga',
            'graphql-http',
            '@pothos/core',
            '@pothos/plugin-complexity',
            '@pothos/plugin-relay',
            '@pothos/plugin-scope-auth',
            '@pothos/plugin-zod',
            'zod',
            '@cfworker/json-schema',
            '@envelop/rate-limiter/get-graphql-rate-limiter',
            'aws4fetch',
            'content-type',
            'punycode.js',
            'trading-signals',
            'big.js',
            'dataloader',
            'jose',
            'p-limit',
            'p-timeout',
            'ethers',
            'viem',
            'viem/accounts',
            'viem/siwe',
            'viem/utils',
          ],
        },
      },
    },
    testTimeout: FLOW_TIMEOUT_MS,
    hookTimeout: FLOW_TIMEOUT_MS,
  },
};

export default defineConfig({
  test: {
    silent: 'passed-only',
    // One more than the cores of a small machine: each waits now and then, for a time limit or for the start of a Worker.
    maxWorkers: 3,
    projects: [
      {
        test: {
          name: 'unit',
          // A worker loads the schema once for all of its files: one by one, they took a third longer.
          isolate: false,
          include: ['test/unit/**/*.test.ts', 'test/contracts/**/*.test.ts'],
          globalSetup: ['test/support/compiled-modules.ts'],
          // Left outside, it would load the other of graphql's two builds, whose schemas are not ours.
          server: { deps: { inline: ['@graphql-inspector/core'] } },
          testTimeout: 30_000,
        },
      },
      {
        ...FLOWS,
        test: {
          ...FLOWS.test,
          name: 'flows',
          exclude: ALONE,
          // A Worker's start, with all of its modules, costs two seconds; `migrate.ts` empties the storage for each file.
          isolate: false,
          globalSetup: [
            ...FLOWS.test.globalSetup,
            'test/support/local-chains.ts',
            'test/support/alert-receivers.ts',
            'test/support/clickhouse.ts',
          ],
        },
      },
      { ...FLOWS, test: { ...FLOWS.test, name: 'flows-alone', include: ALONE } },
    ],
  },
});
