/** The operations of a manifest's file, of a folder of `.graphql` files, or of a folder of Cosmo's `<id>.json`. */
import { globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { CommandFailure, EXIT, wrongUse } from './command-failure.ts';
import { ManifestProblem, readGraphQLFolder, readManifest } from './manifest-forms.ts';
import type { ManifestOperation } from './manifest-operation.ts';

const fileOf = (file: string) => ({ path: file, text: readFileSync(file, 'utf8') });

/** @throws CommandFailure with every reason why the manifest cannot be published. */
export function readManifestPath(source: string): ManifestOperation[] {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (stats === undefined) throw wrongUse(`${source}: there is no such file or folder`);
  try {
    return stats.isDirectory() ? readFolder(source) : readManifest(fileOf(source).text, source);
  } catch (error) {
    if (!(error instanceof ManifestProblem)) throw error;
    const problems = error.message.split('\n').map((message) => ({ code: 'MANIFEST_INVALID', message }));
    throw new CommandFailure(EXIT.refused, problems);
  }
}

function readFolder(folder: string): ManifestOperation[] {
  const find = (pattern: string) => globSync(path.join(folder, pattern)).toSorted();
  const documents = find('**/*.{graphql,gql}');
  if (documents.length > 0) return readGraphQLFolder(documents.map(fileOf));
  const single = find('*.json').map(fileOf);
  if (single.length === 0)
    throw new ManifestProblem(folder, ['contains neither .graphql files nor manifests']);
  const byId = new Map<string, ManifestOperation>();
  for (const { path: file, text } of single) {
    for (const operation of readManifest(text, file)) {
      if ((byId.get(operation.id) ?? operation).document !== operation.document)
        throw new ManifestProblem(file, [
          `operation ${operation.id}: another file has a different text for it`,
        ]);
      byId.set(operation.id, operation);
    }
  }
  return [...byId.values()];
}
