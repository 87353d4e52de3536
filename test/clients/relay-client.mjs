/** Relay's runtime over what its compiler makes of `relay/`, with the network layer of Relay's documentation. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import relay from 'relay-runtime';

const { Environment, fetchQuery, Network, RecordSource, Store } = relay;
const QUERIES = ['marketTileQuery', 'poolTileQuery'];
const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** Sends the document, or the id that the compiler has put in its place. */
export function relayClient({ endpoint, fetch }) {
  const environment = new Environment({
    store: new Store(new RecordSource()),
    network: Network.create(async ({ id, text }, variables) => {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...(text === null ? { doc_id: id } : { query: text }), variables }),
      });
      return response.json();
    }),
  });
  return ({ artifact }, variables) => fetchQuery(environment, artifact, variables).toPromise();
}

/** The artifacts of `relay/`'s queries by name. @param byId as with a `persistConfig`. */
export async function compileRelay({ byId }) {
  const name = path.basename(await mkdtemp(path.join(FOLDER, '.relay-')));
  // The compiler takes the folder of its settings for the project's.
  const settings = `${name}.json`;
  const inFolder = (file) => path.join(FOLDER, name, file);
  try {
    await mkdir(inFolder('artifacts'));
    await writeFile(inFolder('manifest.json'), '{}');
    const { persistConfig, ...own } = JSON.parse(
      await readFile(path.join(FOLDER, 'relay.config.json'), 'utf8'),
    );
    const config = {
      ...own,
      eagerEsModules: true,
      artifactDirectory: `./${name}/artifacts`,
      ...(byId ? { persistConfig: { ...persistConfig, file: `./${name}/manifest.json` } } : {}),
    };
    await writeFile(path.join(FOLDER, settings), JSON.stringify(config));
    await promisify(execFile)('node_modules/.bin/relay-compiler', [settings], { cwd: FOLDER });
    return await Promise.all(
      QUERIES.map(async (name) => {
        const file = pathToFileURL(inFolder(`artifacts/${name}.graphql.js`));
        return { name, artifact: (await import(file.href)).default };
      }),
    );
  } finally {
    await rm(path.join(FOLDER, settings), { force: true });
    await rm(path.join(FOLDER, name), { recursive: true });
  }
}
