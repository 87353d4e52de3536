/** Each file's exported names, and the files that it imports on demand, as its compiled JavaScript has them. */
import { dirname, resolve } from 'node:path';
import type { build } from 'esbuild';

export interface CompiledFile {
  path: string;
  /** With those of files that it exports whole. */
  names: readonly string[];
  importedOnDemand: readonly string[];
}

export async function compileFiles(paths: readonly string[], compile: typeof build): Promise<CompiledFile[]> {
  // Types are gone from the output alone, so names are read there.
  const { metafile, outputFiles } = await compile({
    entryPoints: [...paths],
    format: 'esm',
    target: 'esnext',
    outbase: '/',
    outdir: '/',
    write: false,
    metafile: true,
  });
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [resolve(path), output]));
  const texts = new Map(outputFiles.map(({ path, text }) => [path, text]));
  const outputPathOf = (path: string): string => path.replace(/\.ts$/, '.js');
  const namesOf = (path: string): string[] => [
    ...(outputs.get(outputPathOf(path))?.exports ?? []),
    ...wholeExports(texts.get(outputPathOf(path)) ?? '').flatMap((exported) =>
      namesOf(resolve(dirname(path), exported)),
    ),
  ];
  return paths.map((path) => ({
    path,
    names: [...new Set(namesOf(path))],
    importedOnDemand: (outputs.get(outputPathOf(path))?.imports ?? [])
      .filter(({ kind, path: imported }) => kind === 'dynamic-import' && imported.startsWith('.'))
      .map(({ path: imported }) => resolve(dirname(path), imported)),
  }));
}

/** The paths of `export * from`. */
function wholeExports(code: string): string[] {
  return [...code.matchAll(/^export \* from "(.+)";$/gm)].flatMap(([, path]) => path ?? []);
}
