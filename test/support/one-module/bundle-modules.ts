/** Bundles files into one module, and gives for each file the code that exports from it what the file exports. */
import { resolve } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';
import { type CompiledFile, compileFiles } from './compile-files.ts';

export interface BundledModules {
  code: string;
  map: string;
  /** By path. Files that load on demand have none. */
  views: ReadonlyMap<string, string>;
}

/** @param name by which views import the one module */
export async function bundleModules(paths: readonly string[], name: string): Promise<BundledModules> {
  // Not above: Vitest's configuration sets what esbuild reads when it is loaded, and imports above would load it before.
  const { build } = await import('esbuild');
  const files = await compileFiles(paths, build);
  const onDemand = new Set(files.flatMap((file) => file.importedOnDemand));
  const bundled = files.filter(({ path }) => !onDemand.has(path));
  const { outputFiles } = await build({
    ...BUNDLE,
    stdin: { contents: bundled.map((file, index) => exportsUnique(file, index)).join('\n'), resolveDir: '/' },
    plugins: [staysOutside((path) => onDemand.has(path) || path.endsWith('.json'))],
  });
  const textOf = (ending: string): string =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? '';
  return {
    code: textOf('.js'),
    map: withAbsoluteSources(textOf('.map')),
    views: new Map(bundled.map((file, index) => [file.path, exportsFrom(name, file, index)])),
  };
}

const BUNDLE = {
  bundle: true,
  write: false,
  format: 'esm',
  target: 'esnext',
  packages: 'external',
  external: ['cloudflare:*'],
  // As wrangler bundles: errors and logs name classes.
  keepNames: true,
  sourcemap: 'external',
  sourcesContent: false,
  minifyWhitespace: true,
  outfile: '/bundled.js',
} as const satisfies BuildOptions;

/** The module lies in no folder, from which its sources could be found. */
function withAbsoluteSources(map: string): string {
  const { sources, ...rest } = JSON.parse(map) as { sources: string[] };
  return JSON.stringify({ ...rest, sources: sources.map((source) => resolve('/', source)) });
}

function exportsUnique({ path, names }: CompiledFile, index: number): string {
  return names.length === 0
    ? `import ${JSON.stringify(path)};`
    : `export { ${names.map((name) => `${name} as ${unique(name, index)}`).join(', ')} } from ${JSON.stringify(path)};`;
}

function exportsFrom(module: string, { names }: CompiledFile, index: number): string {
  return names.length === 0
    ? `import '${module}';`
    : `export { ${names.map((name) => `${unique(name, index)} as ${name}`).join(', ')} } from '${module}';`;
}

function unique(name: string, index: number): string {
  return `${name}_${index}`;
}

function staysOutside(isOutside: (path: string) => boolean): Plugin {
  return {
    name: 'stays-outside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.|^\// }, ({ path, resolveDir }) => {
        const absolute = resolve(resolveDir, path);
        return isOutside(absolute) ? { path: absolute, external: true } : undefined;
      });
    },
  };
}
