/**
 * Rewrites `manifests/` with the tools that clients use, and `sent-documents.json` with the texts that clients send, from
 * the project's own operations and the fixtures here. Running it twice changes nothing. `--installed` skips `npm ci`;
 * `--check` rewrites nothing, and exits with 1 where a file is not what the tools make now.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const OPERATIONS_FOLDER = '../../operations';
const DOCUMENTS_FOLDER = 'documents';
/** No manifest has these. */
const DOCUMENTS_TO_SEND_FOLDER = 'documents-to-send';
const SENT_DOCUMENTS_FILE = 'sent-documents.json';
const SCHEMA_FILE = '../../schema/schema.graphql';
const MANIFESTS_FOLDER = 'manifests';
/** As in the tools' own settings beside this file. */
const MADE_FOLDER = '.generated/manifests';

const run = promisify(execFile);
process.chdir(fileURLToPath(new URL('.', import.meta.url)));

const { values: options } = parseArgs({
  options: { installed: { type: 'boolean' }, check: { type: 'boolean' } },
});

if (!options.installed) {
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']);
}
await rm('.generated', { recursive: true, force: true });
await mkdir(MADE_FOLDER, { recursive: true });
await Promise.all([
  runApolloGenerator(),
  runRelayCompiler(),
  runCodegen(),
  writeFormsWithoutTools(),
  writeSentDocuments(),
]);
if (options.check) {
  await compareManifests();
  await compareSentDocuments();
} else {
  await rename(`.generated/${SENT_DOCUMENTS_FILE}`, SENT_DOCUMENTS_FILE);
  await rm(MANIFESTS_FOLDER, { recursive: true, force: true });
  await rename(MADE_FOLDER, MANIFESTS_FOLDER);
}

async function compareManifests() {
  const [made, kept] = await Promise.all([readFolder(MADE_FOLDER), readFolder(MANIFESTS_FOLDER)]);
  const names = new Set([...made.keys(), ...kept.keys()]);
  const different = [...names].filter((name) => made.get(name) !== kept.get(name));
  if (different.length > 0) sayDifferent(different);
}

async function compareSentDocuments() {
  const files = [`.generated/${SENT_DOCUMENTS_FILE}`, SENT_DOCUMENTS_FILE];
  const [made, kept] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  if (made !== kept) sayDifferent([SENT_DOCUMENTS_FILE]);
}

function sayDifferent(files) {
  process.stderr.write(`Not what the tools make now: ${files.join(', ')}. Run this without --check.\n`);
  process.exitCode = 1;
}

/** The text of each file, by its path in the folder. */
async function readFolder(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [path.relative(folder, file), await readFile(file, 'utf8')])),
  );
}

async function runApolloGenerator() {
  await run('node_modules/.bin/generate-persisted-query-manifest', ['-c', 'apollo.config.json']);
}

/** The compiler adds to the file that it finds, and insists on finding one. Its pair list is the older form. */
async function runRelayCompiler() {
  await mkdir('.generated/relay', { recursive: true });
  await writeFile(`${MADE_FOLDER}/relay.json`, '{}');
  await run('node_modules/.bin/relay-compiler', ['relay.config.json']);
  const map = JSON.parse(await readFile(`${MADE_FOLDER}/relay.json`, 'utf8'));
  await writeManifest('relay-pairs', Object.entries(map));
}

/** SHA-1 is the preset's default; with `sha256` it prefixes its ids as the GraphQL over HTTP appendix asks. */
async function runCodegen() {
  const { generate } = await import('@graphql-codegen/cli');
  for (const hashAlgorithm of ['sha1', 'sha256']) {
    const files = await generate(
      {
        schema: SCHEMA_FILE,
        documents: [`${OPERATIONS_FOLDER}/*.graphql`, `${DOCUMENTS_FOLDER}/*.graphql`],
        silent: true,
        generates: {
          '.generated/codegen/': {
            preset: 'client',
            presetConfig: { persistedDocuments: { hashAlgorithm } },
          },
        },
      },
      false,
    );
    const persisted = files.find((file) => file.filename.endsWith('persisted-documents.json'));
    if (persisted === undefined) throw new Error('the client preset wrote no persisted-documents.json');
    await writeFile(`${MADE_FOLDER}/codegen-${hashAlgorithm}.json`, persisted.content);
  }
}

async function writeFormsWithoutTools() {
  const { formsWithoutTools } = await import('./forms-without-tools.mjs');
  const texts = [...(await readTexts(OPERATIONS_FOLDER)), ...(await readTexts(DOCUMENTS_FOLDER))];
  const forms = formsWithoutTools(texts, (text) => createHash('sha256').update(text).digest('hex'));
  for (const [name, manifest] of Object.entries(forms)) await writeManifest(name, manifest);
}

async function writeSentDocuments() {
  const { recordSentDocuments } = await import('./record-sent-documents.mjs');
  const folders = [OPERATIONS_FOLDER, DOCUMENTS_FOLDER, DOCUMENTS_TO_SEND_FOLDER];
  const texts = (await Promise.all(folders.map(readTexts))).flat();
  const folder = `${DOCUMENTS_TO_SEND_FOLDER}/with-client-directives`;
  const [source, inTheApp] = await Promise.all(
    ['registered', 'in-the-app'].map((name) => readFile(`${folder}/${name}.graphql`, 'utf8')),
  );
  const records = await recordSentDocuments(texts, [{ source, inTheApp }]);
  await writeFile(`.generated/${SENT_DOCUMENTS_FILE}`, `${JSON.stringify(records, null, 2)}\n`);
}

async function readTexts(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'utf8')));
}

async function writeManifest(name, manifest) {
  const file = `${MADE_FOLDER}/${name}.json`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
}
