/**
 * The gateway's code as one module for the flow tests: module by module, each test file fetched seven hundred from Vite.
 * A file of `src` or `schema` becomes a view of that module, so a test and its Worker share all state and classes.
 * Libraries, JSON and the files that load on demand stay modules of their own.
 *
 * Only for `vitest run`: a watching developer gets each file from Vite, which sees changes.
 */
import type { Vite } from 'vitest/node';
import { type BundledModules, bundleModules } from './bundle-modules.ts';

const GATEWAY = 'virtual:gateway';
const GATEWAY_ID = `\0${GATEWAY}`;

/** @param paths absolute paths of all files that become one module, in the order in which they run */
export function oneModule(paths: readonly string[]): Vite.Plugin {
  const known = new Set(paths);
  let watches = false;
  let bundle: Promise<BundledModules> | undefined;
  const bundled = (): Promise<BundledModules> => {
    bundle ??= bundleModules(paths, GATEWAY);
    return bundle;
  };
  return {
    name: 'one-module',
    enforce: 'pre',
    // Global set-ups run in Node, which has no modules of Cloudflare.
    applyToEnvironment: ({ name }) => name === 'ssr',
    configureVitest({ vitest, defineCacheKeyGenerator }) {
      watches = vitest.config.watch;
      // A view changes with other files too, and Vitest keeps a module as long as its own file stays as it is.
      defineCacheKeyGenerator(({ id }) => (id === GATEWAY_ID || known.has(id) ? false : undefined));
    },
    resolveId: (id) => (id === GATEWAY ? GATEWAY_ID : undefined),
    async load(id) {
      if (id === GATEWAY_ID) {
        const { code, map } = await bundled();
        return { code, map };
      }
      return known.has(id) && !watches ? (await bundled()).views.get(id) : undefined;
    },
    // A source map goes to each test file's Worker, and those of libraries are twice as long as their code.
    transform: (code, id) => (id.includes('/node_modules/') ? { code, map: { mappings: '' } } : undefined),
  };
}
