import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const README_MAX_BYTES = 12_000;
const DOCS = readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.md'),
);
const PAGES = ['README.md', 'CONTRIBUTING.md', ...DOCS.map((name) => `docs/${name}`)];
const LINK = /\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g;
/** A path in backticks, without placeholders. */
const NAMED_PATH = /`((?:src|schema|scripts|test|bench|zone|operations|migrations|docs)\/[\w./-]*)`/g;

/** A file of TypeScript without its folder. */
const NAMED_FILE = /`([\w-]+\.ts)`/g;
const FILES = new Set(
  ['src', 'schema', 'scripts', 'test', 'bench', 'zone'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.basename(file)),
  ),
);

const read = (page: string) => readFileSync(page, 'utf8');
/** As GitHub makes them. */
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

describe.each(PAGES)('%s', (page) => {
  test('links to files and headings that exist', () => {
    for (const [link, target = '', anchor] of read(page).matchAll(LINK)) {
      const file = target === '' ? page : path.join(path.dirname(page), target);
      expect(existsSync(file), link).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(file), link).toContain(anchor);
    }
  });

  test('names files and folders that exist', () => {
    const paths = [...read(page).matchAll(NAMED_PATH)].map(([, name = '']) => name);
    expect(paths.filter((name) => !existsSync(name))).toEqual([]);
    const files = [...read(page).matchAll(NAMED_FILE)].map(([, name = '']) => name);
    expect(files.filter((name) => !FILES.has(name))).toEqual([]);
  });
});

/** A comment of TypeScript; a path in one begins with a folder of the project. */
const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/[^\n]*/g;
const PATH_IN_COMMENT = /(?<![\w./-])[\w-]+(?:\/[\w-]+)+\.(?:ts|md|sql|graphql)\b/g;
const SOURCES = ['src', 'schema', 'scripts', 'test', 'bench', 'zone'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/node_modules|worker-configuration/.test(file))
    .map((file) => path.join(folder, file)),
);

test('comments name files that exist', () => {
  const ends = SOURCES.map((file) => `/${file}`);
  const missing = SOURCES.flatMap((file) =>
    [...read(file).matchAll(COMMENT)].flatMap(([comment]) =>
      [...comment.matchAll(PATH_IN_COMMENT)]
        .map(([name]) => name)
        .filter((name) => !existsSync(name) && !ends.some((end) => end.endsWith(`/${name}`)))
        .map((name) => `${file}: ${name}`),
    ),
  );
  expect(missing).toEqual([]);
});

/** The first argument of a call of the log, and the event of an effect that fails. */
const LOGGED = /log\.(?:info|warn|error)\(([^,)]*)|failureEvent\b([^,;\n]*)/g;
const EVENT = /'([a-z]\w*\.\w+)'/g;

test('docs/operating.md has a row for each event of the log', () => {
  const rows = [...read('docs/operating.md').matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell]) => cell).join();
  const events = SOURCES.filter((file) => file.startsWith(`src${path.sep}`)).flatMap((file) =>
    [...read(file).matchAll(LOGGED)].flatMap(([call]) => [...call.matchAll(EVENT)].map(([, event]) => event)),
  );
  expect(events.length).toBeGreaterThan(100);
  expect([...new Set(events)].filter((event) => !rows.includes(`\`${event}\``)).sort()).toEqual([]);
});

test('README is short', () => {
  expect(Buffer.byteLength(read('README.md'))).toBeLessThanOrEqual(README_MAX_BYTES);
});
