/**
 * Writes everything that follows from the schema and the documents: `schema/schema.graphql` (the printed SDL),
 * `operations/generated/` (typed documents for web clients), `operations/manifest.json` (the operations that
 * the Worker bundles, by id) and `operations/rest/manifest.json` (those that `/api` runs). Writes
 * `src/rest/openapi.json` (the description of `/api`) and the calls of `docs/rest.md`. Writes `src/auth/common-passwords.ts`,
 * which follows from a list of leaked passwords, and `src/chat/rules/data/`, which follows from lists of hosts and characters.
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
import { expectExamples, readExamples } from './scripts/openapi/examples.ts';
import { printRestPage } from './scripts/openapi/print-calls.ts';
import { printOpenapi, type RestRelease } from './scripts/openapi/print-openapi.ts';
import { printConfusables, printPhishingHosts, printTopLevelDomains } from './scripts/print-chat-data.ts';
import { printCommonPasswords } from './scripts/print-common-passwords.ts';
import { OPERATION_RULES_VERSION } from './src/operations/operation-facts.ts';
import { operationForms } from './src/operations/operation-forms.ts';
import { registerOperation } from './src/operations/register-operation.ts';
import type { OperationForm, RegisteredOperation } from './src/operations/registered-operation.ts';
import { ENDPOINTS } from './src/rest/endpoints.ts';

const SDL_FILE = 'schema/schema.graphql';
const MANIFEST_FILE = 'operations/manifest.json';
const COMMON_PASSWORDS_FILE = 'src/auth/common-passwords.ts';
const CHAT_DATA_FOLDER = 'src/chat/rules/data';
const REST_MANIFEST_FILE = 'operations/rest/manifest.json';
const OPENAPI_FILE = 'src/rest/openapi.json';
const REST_PAGE = 'docs/rest.md';
const SOURCE_FILES = 'operations/*.graphql';
const REST_SOURCE_FILES = 'operations/rest/*.graphql';
const TYPED_DOCUMENTS_FOLDER = 'operations/generated/';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const idOf = (document: string) => `sha256:${sha256(document)}`;
const SHORT_HASH_HEX_DIGITS = 12;
const shortHash = (text: string) => sha256(text).slice(0, SHORT_HASH_HEX_DIGITS);

/** Writes the typed documents and returns the text of each document by its id. */
async function generateTypedDocuments(sdl: string): Promise<Map<string, string>> {
  const files: { filename: string; content: string }[] = await generate(
    {
      schema: sdl,
      documents: [SOURCE_FILES, REST_SOURCE_FILES],
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
async function readSources(files: string): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for await (const file of glob(files)) {
    const text = await readFile(file, 'utf8');
    const name = getOperationAST(parse(text))?.name?.value;
    if (name === undefined) throw new Error(`${file} does not hold one operation with a name`);
    sources.set(name, text);
  }
  return sources;
}

interface Build {
  schemaHash: string;
  /** By id. */
  documents: ReadonlyMap<string, string>;
}

/** The registered operations of the sources in the order of their names, so that a diff shows what changed. */
async function registeredOperations(
  { schemaHash, documents }: Build,
  sources: ReadonlyMap<string, string>,
): Promise<RegisteredOperation[]> {
  const operations: RegisteredOperation[] = [];
  for (const [id, document] of documents) {
    if (!sources.has(getOperationAST(parse(document))?.name?.value ?? '')) continue;
    const registered = await registerOperation(schema, schemaHash, { id, document });
    if ('problem' in registered) {
      throw new Error(`${registered.problem.message}: ${document.slice(0, 60)}`);
    }
    operations.push(registered.operation);
  }
  return operations.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Its version is the hash of all that is in it. */
async function printManifest(build: Build): Promise<string> {
  const { schemaHash } = build;
  const sources = await readSources(SOURCE_FILES);
  const operations = await registeredOperations(build, sources);
  const forms: OperationForm[] = [];
  for (const operation of operations) {
    const sourceText = sources.get(operation.name) ?? '';
    forms.push(...(await operationForms({ schema, schemaHash, operation, sourceText })));
  }
  const version = shortHash(JSON.stringify({ operations, forms }));
  return `${JSON.stringify({ version, schemaHash, operations, forms }, null, 2)}\n`;
}

/** Its version is the hash of the documents: a release that is deprecated stays so, whatever else changes. */
async function printRestManifest(build: Build): Promise<string> {
  const operations = await registeredOperations(build, await readSources(REST_SOURCE_FILES));
  const version = shortHash(operations.map(({ id }) => id).join());
  return `${JSON.stringify({ version, schemaHash: build.schemaHash, operations }, null, 2)}\n`;
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
const build: Build = {
  schemaHash: shortHash(sdl + JSON.stringify([OPERATION_RULES_VERSION, CACHE_HINTS])),
  documents: await generateTypedDocuments(sdl),
};
await writeOrCheck(SDL_FILE, sdl, check);
await writeOrCheck(MANIFEST_FILE, await printManifest(build), check);
const restManifest = await printRestManifest(build);
await writeOrCheck(REST_MANIFEST_FILE, restManifest, check);
const examples = await readExamples();
const openapi = await printOpenapi(JSON.parse(restManifest) as RestRelease, examples);
await writeOrCheck(OPENAPI_FILE, openapi, check);
await writeOrCheck(REST_PAGE, await printRestPage(ENDPOINTS, examples), check);
await writeOrCheck(COMMON_PASSWORDS_FILE, await printCommonPasswords(), check);
await writeOrCheck(`${CHAT_DATA_FOLDER}/confusable-characters.ts`, await printConfusables(), check);
await writeOrCheck(`${CHAT_DATA_FOLDER}/top-level-domains.ts`, await printTopLevelDomains(), check);
await writeOrCheck(`${CHAT_DATA_FOLDER}/phishing-hosts.ts`, await printPhishingHosts(), check);
expectExamples(ENDPOINTS, examples);
