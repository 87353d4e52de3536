/**
 * Reads what a client's build says its operations are, in any form that `manifest-shapes.ts` knows.
 *
 * Guarantees that what it returns is whole: at least one operation, each id once, and nothing dropped in silence.
 * Reads no files and knows no schema: the caller brings texts, and validates the documents.
 */
import type { HexIds, ManifestEntry, ManifestOperation } from './manifest-operation.ts';
import { sha256Id, toManifestOperation } from './manifest-operation.ts';
import { ManifestProblem } from './manifest-problem.ts';
import { type ManifestShape, manifestShapes } from './manifest-shapes.ts';

export type { ManifestOperation } from './manifest-operation.ts';

/**
 * @param sourceName the manifest's file: named in errors, and the id of a Cosmo file that holds one operation.
 * @throws ManifestProblem
 */
export function readManifest(text: string, sourceName: string): ManifestOperation[] {
  const manifest = parseJson(text, sourceName);
  const shape = manifestShapes.find(({ marker }) => marker.safeParse(manifest).success);
  if (shape === undefined) {
    const known = manifestShapes.map(({ form }) => `\n  - ${form}`).join('');
    throw new ManifestProblem(sourceName, [
      `is in no known form. Known are, besides a folder of .graphql files:${known}`,
    ]);
  }
  return checkedOperations(readEntries(manifest, shape, sourceName), shape.hexIds, sourceName);
}

/**
 * A file is a document as it stands; its id is the SHA-256 of its text, to the last newline.
 *
 * @throws ManifestProblem
 */
export function readGraphQLFolder(files: readonly { path: string; text: string }[]): ManifestOperation[] {
  const reasons: string[] = [];
  const operations = new Map<string, ManifestOperation>();
  for (const { path, text } of files) {
    try {
      const operation = toManifestOperation({ id: sha256Id(text), document: text }, 'text-hash');
      operations.set(operation.id, operation);
    } catch (error) {
      reasons.push(`${path}: ${reasonOf(error)}`);
    }
  }
  if (files.length === 0) reasons.push('holds no operations');
  if (reasons.length > 0) throw new ManifestProblem('the folder', reasons);
  return [...operations.values()];
}

function parseJson(text: string, sourceName: string): unknown {
  try {
    return JSON.parse(text, (key, value) => {
      // Schemas drop this key without a word, and an operation with it.
      if (key === '__proto__') throw new Error('__proto__ cannot be an id');
      return value;
    });
  } catch (error) {
    throw new ManifestProblem(sourceName, [`cannot be read as JSON: ${reasonOf(error)}`]);
  }
}

function readEntries(manifest: unknown, shape: ManifestShape, sourceName: string): ManifestEntry[] {
  const entries = shape.entries(sourceName).safeParse(manifest);
  if (entries.success) return entries.data;
  throw new ManifestProblem(
    sourceName,
    entries.error.issues.map(
      ({ path, message }) => `looks like ${shape.form}, but ${path.join('.')}: ${message}`,
    ),
  );
}

function checkedOperations(
  entries: readonly ManifestEntry[],
  hexIds: HexIds,
  sourceName: string,
): ManifestOperation[] {
  const reasons: string[] = [];
  const operations = new Map<string, ManifestOperation>();
  for (const entry of entries) {
    try {
      const operation = toManifestOperation(entry, hexIds);
      const known = operations.get(operation.id) ?? operation;
      if (known.document !== operation.document) throw new Error('it stands here twice, with two texts');
      operations.set(operation.id, known);
    } catch (error) {
      reasons.push(`operation ${entry.id}: ${reasonOf(error)}`);
    }
  }
  if (entries.length === 0) reasons.push('holds no operations');
  if (reasons.length > 0) throw new ManifestProblem(sourceName, reasons);
  return [...operations.values()];
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
