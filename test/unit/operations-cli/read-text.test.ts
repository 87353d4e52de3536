import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { printSchema } from 'graphql';
import { afterAll, describe, expect, it } from 'vitest';
import { readManifestPath } from '../../../scripts/operations/read-manifest-path.ts';
import { readOldSchema, readSchema } from '../../../scripts/operations/read-schema.ts';
import { runOperations } from '../../support/run-operations.ts';

const root = new URL('../../../', import.meta.url).pathname;
const folder = mkdtempSync(path.join(tmpdir(), 'com2000-text-'));
afterAll(() => rmSync(folder, { recursive: true }));

const utf16 = (text: string, bigEndian = false) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return bigEndian ? bytes.swap16() : bytes;
};
/** A text as PowerShell, Notepad and Visual Studio write it. */
const WRITERS: [string, (text: string) => Buffer][] = [
  ['UTF-8 with a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16 little-endian', (text) => utf16(text)],
  ['UTF-16 big-endian', (text) => utf16(text, true)],
];

function write(name: string, bytes: Buffer): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

describe.each(WRITERS)('a file in %s reads as without it:', (_form, encoded) => {
  it.each([
    'apollo-web.json',
    'apollo-ios-legacy.json',
    'codegen-sha1.json',
    'cosmo.json',
    'relay-pairs.json',
  ])('the manifest %s', (name) => {
    const source = `${root}test/clients/manifests/${name}`;
    const file = write(name, encoded(readFileSync(source, 'utf8')));
    expect(readManifestPath(file)).toEqual(readManifestPath(source));
  });

  it('a document of a folder, whose id is the hash of the text alone', () => {
    const text = 'query A { a(e: "ü") }\n';
    const plain = path.dirname(write('plain/a.graphql', Buffer.from(text)));
    const marked = path.dirname(write('marked/a.graphql', encoded(text)));
    expect(readManifestPath(marked)).toEqual(readManifestPath(plain));
  });

  it('a schema, and the live operations of a file', async () => {
    const source = `${root}schema/schema.graphql`;
    const schema = write('schema.graphql', encoded(readFileSync(source, 'utf8')));
    for (const read of [readSchema, readOldSchema])
      expect(printSchema(read(schema))).toBe(printSchema(readSchema(source)));
    const live = write('live.json', encoded('{"operations":[]}'));
    const { exitCode } = await runOperations(['check', schema, '--from', source, '--operations', live]);
    expect(exitCode).toBe(0);
  });
});

it('a file that is not text is refused, and named', () => {
  const file = write('image.json', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0xd8]));
  expect(() => readManifestPath(file)).toThrow(`${file}: is not text in UTF-8`);
  expect(() => readSchema(file)).toThrow(`${file}: is not text in UTF-8`);
});
