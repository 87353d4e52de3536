/**
 * Reads the manifest of a client's operations in any form that `manifest-shapes.ts` knows.
 *
 * Guarantees that the result is complete: at least one operation, each id once, and nothing left out silently.
 * Reads no files and knows no schema: the caller passes texts, and validates the documents.
 */
import type { HexIds, ManifestEntry, ManifestOperation } from './manifest-operation.ts';
import { sha256Id, toManifestOperation } from './manifest-operation.ts';
import { type ManifestShape, manifestShapes } from './manifest-shapes.ts';

/** A manifest that cannot be published, with all reasons, so that one run of a build shows them all. */
export class ManifestProblem extends Error {
  /** Each begins with the name of the source. */
  readonly reasons: readonly string[];

  constructor(sourceName: string, reasons: readonly string[]) {
    const named = reasons.map((reason) => `${sourceName}: ${reason}`);
    super(named.join('\n'));
    this.name = 'ManifestProblem';
    this.reasons = named;
  }
}

/**
 * @param sourceName the manifest's file: named in errors, and the id of the one operation in a Cosmo file.
 * @throws ManifestProblem
 */
export function readManifest(text: string, sourceName: string): ManifestOperation[] {
  const manifest = parseJson(text, sourceName);
  const shape = manifestShapes.find(({ marker }) => marker.safeParse(manifest).success);
  if (shape === undefined) {
    throw new ManifestProblem(sourceName, [`is in no known form. ${knownForms()}`]);
  }
  const entries = readEntries(manifest, shape, sourceName);
  const named = entries.map((entry) => ({ name: `operation ${nameAndId(entry)}`, entry }));
  return checkedOperations(named, shape.hexIds, sourceName);
}

/**
 * Each file is one document, unchanged; its id is the SHA-256 of its text with the last newline.
 *
 * @throws ManifestProblem
 */
export function readGraphQLFolder(files: readonly { path: string; text: string }[]): ManifestOperation[] {
  const named = files.map(({ path, text }) => ({
    name: nameAndId({ id: path, document: text }),
    entry: { id: sha256Id(text), document: text },
  }));
  return checkedOperations(named, 'text-hash', 'the folder');
}

export const knownForms = () =>
  `Known forms are a folder of .graphql files and:${manifestShapes.map(({ form }) => `\n  - ${form}`).join('')}`;

/** The name is read from the text, because a text that cannot be parsed has one too. */
function nameAndId({ id, name, document }: ManifestEntry): string {
  const [, written] = /\b(?:query|mutation|subscription)\s+([_A-Za-z]\w*)/.exec(document) ?? [];
  const known = name ?? written;
  return known === undefined ? id : `${known} (${id})`;
}

function parseJson(text: string, sourceName: string): unknown {
  try {
    return JSON.parse(text, (key, value) => {
      // zod's schemas drop this key silently, and an operation with it.
      if (key === '__proto__') throw new Error('__proto__ cannot be an id');
      return value;
    });
  } catch (error) {
    throw new ManifestProblem(sourceName, [
      `is in no known form: it cannot be read as JSON (${reasonOf(error)}). ${knownForms()}`,
    ]);
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
  entries: readonly { name: string; entry: ManifestEntry }[],
  hexIds: HexIds,
  sourceName: string,
): ManifestOperation[] {
  const reasons: string[] = [];
  const operations = new Map<string, ManifestOperation>();
  for (const { name, entry } of entries) {
    try {
      const operation = toManifestOperation(entry, hexIds);
      const known = operations.get(operation.id) ?? operation;
      if (known.document !== operation.document)
        throw new Error('the manifest contains it twice, with different texts');
      operations.set(operation.id, known);
    } catch (error) {
      reasons.push(`${name}: ${reasonOf(error)}`);
    }
  }
  if (entries.length === 0) reasons.push('holds no operations');
  if (reasons.length > 0) throw new ManifestProblem(sourceName, reasons);
  return [...operations.values()];
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
