/**
 * Rewrites `manifests/` with the tools that clients use, from the project's own operations and the fixtures here.
 * Running it twice changes nothing. `--installed` skips `npm ci`.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const OPERATIONS_FOLDER = '../../operations';
const DOCUMENTS_FOLDER = 'documents';
const SCHEMA_FILE = '../../schema/schema.graphql';

const run = promisify(execFile);
process.chdir(fileURLToPath(new URL('.', import.meta.url)));

if (!process.argv.includes('--installed')) {
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--silent']);
}
await rm('manifests', { recursive: true, force: true });
await mkdir('manifests');
await Promise.all([runApolloGenerator(), runRelayCompiler(), runCodegen(), writeFormsWithoutTools()]);

async function runApolloGenerator() {
  await run('node_modules/.bin/generate-persisted-query-manifest', ['-c', 'apollo.config.json']);
}

/** The compiler adds to the file that it finds, and insists on finding one. Its pair list is the older form. */
async function runRelayCompiler() {
  await rm('.generated/relay', { recursive: true, force: true });
  await mkdir('.generated/relay', { recursive: true });
  await writeFile('manifests/relay.json', '{}');
  await run('node_modules/.bin/relay-compiler', ['relay.config.json']);
  const map = JSON.parse(await readFile('manifests/relay.json', 'utf8'));
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
    await writeFile(`manifests/codegen-${hashAlgorithm}.json`, persisted.content);
  }
}

async function writeFormsWithoutTools() {
  const { formsWithoutTools } = await import('./forms-without-tools.mjs');
  const texts = [...(await readTexts(OPERATIONS_FOLDER)), ...(await readTexts(DOCUMENTS_FOLDER))];
  const forms = formsWithoutTools(texts, (text) => createHash('sha256').update(text).digest('hex'));
  for (const [name, manifest] of Object.entries(forms)) await writeManifest(name, manifest);
}

async function readTexts(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort();
  return Promise.all(names.map((name) => readFile(`${folder}/${name}`, 'utf8')));
}

async function writeManifest(name, manifest) {
  const file = `manifests/${name}.json`;
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
}
