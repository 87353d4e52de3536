/** Files of flow tests run in the same Worker: each begins with empty storage, modules of its own and a real clock. */
import { applyD1Migrations, type D1Migration } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { emptyStorage } from './empty-storage.ts';

declare global {
  namespace Cloudflare {
    interface Env {
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}

vi.useRealTimers();
vi.unstubAllGlobals();
await emptyStorage();
// The file is imported after this: what an isolate remembers stands in its modules.
vi.resetModules();
await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
