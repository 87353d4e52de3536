/**
 * Writes everything that follows from the schema and the documents: `schema/schema.graphql` (the printed SDL),
 * `operations/generated/` (typed documents for web clients) and `operations/manifest.json` (the operations that
 * the Worker bundles, by id). Writes `src/auth/common-passwords.ts`, which follows from a list of leaked passwords.
 *
 * `node codegen.ts --check` writes nothing but the untracked typed documents, and fails where a checked-in file
 * is not what it would write.
 */
import { createHash } from 'node:crypto';
import { glob, readFile, writeFile } from 'node:fs/promises';
import { generate } from '@graphql-codegen/cli';
import { getOperationAST, lexicographicSortSchema, parse, printSchema } from 'graphql';
import { CACHE_HINTS } from './schema/cache-hints.ts';
import { schema } from './schema/schema.ts';
import { printCommonPasswords } from './scripts/print-common-passwords.ts';
import { OPERATION_RULES_VERSION } from './src/operations/operation-facts.ts';
import { operationForms } from './src/operations/operation-forms.ts';
import { registerOperation } from './src/operations/register-operation.ts';
import type { OperationForm, RegisteredOperation } from './src/operations/registered-operation.ts';

const SDL_FILE = 'schema/schema.graphql';
const MANIFEST_FILE = 'operations/manifest.json';
const COMMON_PASSWORDS_FILE = 'src/auth/common-passwords.ts';
const SOURCE_FILES = 'operations/*.graphql';
const TYPED_DOCUMENTS_FOLDER = 'operations/generated/';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const idOf = (document: string) => `sha256:${sha256(document)}`;
const SHORT_HASH_HEX_DIGITS = 12;

/** Writes the typed documents and returns the text of each document by its id. */
async function generateTypedDocuments(sdl: string): Promise<Map<string, string>> {
  const files: { filename: string; content: string }[] = await generate(
    {
      schema: sdl,
      documents: SOURCE_FILES,
      silent: true,
      generates: {
        [TYPED_DOCUMENTS_FOLDER]: {
          preset: 'client',
          presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: idOf } },
          config: {
            useTypeImports: true,
            enumsAsTypes: true,
            scalars: { DateTime: 'string', Decimal: 'string' },
          },
        },
      },
    },
    true,
  );
  const persisted = files.find((file) => file.filename.endsWith('persisted-documents.json'));
  if (persisted === undefined) throw new Error('the client preset wrote no persisted-documents.json');
  return new Map(Object.entries(JSON.parse(persisted.content) as Record<string, string>));
}

/** The texts of the files by the names of their operations: the registered texts have their fields in another order. */
async function readSources(): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for await (const file of glob(SOURCE_FILES)) {
    const text = await readFile(file, 'utf8');
    const name = getOperationAST(parse(text))?.name?.value;
    if (name === undefined) throw new Error(`${file} does not hold one operation with a name`);
    sources.set(name, text);
  }
  return sources;
}

/** The registered operations in the order of their names, so that a diff shows what changed; their hash is the version. */
async function printManifest(sdl: string, documents: Map<string, string>): Promise<string> {
  const rules = JSON.stringify([OPERATION_RULES_VERSION, CACHE_HINTS]);
  const schemaHash = sha256(sdl + rules).slice(0, SHORT_HASH_HEX_DIGITS);
  const operations: RegisteredOperation[] = [];
  for (const [id, document] of documents) {
    const registered = await registerOperation(schema, schemaHash, { id, document });
    if ('problem' in registered) {
      throw new Error(`${registered.problem.message}: ${document.slice(0, 60)}`);
    }
    operations.push(registered.operation);
  }
  operations.sort((a, b) => (a.name < b.name ? -1 : 1));
  const sources = await readSources();
  const forms: OperationForm[] = [];
  for (const operation of operations) {
    const sourceText = sources.get(operation.name);
    if (sourceText === undefined) throw new Error(`no file holds the operation ${operation.name}`);
    forms.push(...(await operationForms({ schema, schemaHash, operation, sourceText })));
  }
  const version = sha256(JSON.stringify({ operations, forms })).slice(0, SHORT_HASH_HEX_DIGITS);
  return `${JSON.stringify({ version, schemaHash, operations, forms }, null, 2)}\n`;
}

async function writeOrCheck(file: string, content: string, check: boolean): Promise<void> {
  const held = await readFile(file, 'utf8').catch(() => '');
  // A gateway that runs beside would build itself anew.
  if (held === content) return;
  if (!check) await writeFile(file, content);
  else throw new Error(`${file} is not fresh: run \`npm run generate\` and commit what it writes`);
}

const check = process.argv.includes('--check');
const sdl = `${printSchema(lexicographicSortSchema(schema))}\n`;
const documents = await generateTypedDocuments(sdl);
await writeOrCheck(SDL_FILE, sdl, check);
await writeOrCheck(MANIFEST_FILE, await printManifest(sdl, documents), check);
await writeOrCheck(COMMON_PASSWORDS_FILE, await printCommonPasswords(), check);
