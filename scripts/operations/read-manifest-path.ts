/** The operations of a manifest's file, of a folder of `.graphql` files, or of a folder of Cosmo's `<id>.json`. */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { CommandFailure, EXIT, wrongUse } from './command-failure.ts';
import { knownForms, ManifestProblem, readGraphQLFolder, readManifest } from './manifest-forms.ts';
import type { ManifestOperation } from './manifest-operation.ts';
import { readText } from './read-text.ts';

const fileOf = (file: string) => ({ path: file, text: readText(file) });

/** @throws CommandFailure with every reason why the manifest cannot be published. */
export function readManifestPath(source: string): ManifestOperation[] {
  const stats = statSync(source, { throwIfNoEntry: false });
  if (stats === undefined) throw wrongUse(`${source}: there is no such file or folder`);
  try {
    return stats.isDirectory() ? readFolder(source) : readManifest(fileOf(source).text, source);
  } catch (error) {
    if (!(error instanceof ManifestProblem)) throw error;
    const problems = error.reasons.map((message) => ({ code: 'MANIFEST_INVALID', message }));
    throw new CommandFailure(EXIT.refused, problems);
  }
}

const isHidden = (file: string) => file.split(path.sep).some((part) => part.startsWith('.'));

function readFolder(folder: string): ManifestOperation[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
  const find = (pattern: RegExp) =>
    files.filter((file) => pattern.test(file) && !isHidden(file)).map((file) => path.join(folder, file));
  const documents = find(/\.(graphql|gql)$/);
  if (documents.length > 0) return readGraphQLFolder(documents.map(fileOf));
  const single = find(/^[^/\\]+\.json$/).map(fileOf);
  if (single.length === 0)
    throw new ManifestProblem(folder, [`contains neither .graphql files nor manifests. ${knownForms()}`]);
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
