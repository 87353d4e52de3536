import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readManifest } from '../../../scripts/operations/manifest-forms.ts';
import type { ManifestOperation } from '../../../scripts/operations/manifest-operation.ts';

const hexOf = (text: string) => createHash('sha256').update(text).digest('hex');

const graphqlName = fc.stringMatching(/^[A-Za-z_][0-9A-Za-z_]{0,12}$/);
const operation = fc
  .record({
    name: graphqlName,
    kind: fc.constantFrom('query' as const, 'mutation' as const, 'subscription' as const),
    fields: fc.array(graphqlName, { minLength: 1, maxLength: 4 }),
    argument: fc.string({ maxLength: 8 }),
    fragment: fc.option(graphqlName.filter((name) => name !== 'on')),
  })
  .map(({ name, kind, fields, argument, fragment }) => {
    const selection = `{ ${fields.join(' ')} echo(text: ${JSON.stringify(argument)}) }`;
    const document = fragment
      ? `${kind} ${name} { all { ...${fragment} } }\n\nfragment ${fragment} on All ${selection}\n`
      : `${kind} ${name} ${selection}`;
    return { name, kind, document };
  });
const operations = fc.uniqueArray(operation, {
  minLength: 1,
  maxLength: 6,
  selector: ({ document }) => document,
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

/** How each form writes operations down, given how it makes ids. */
const forms: Record<string, (operations: Operation[], idOf: (text: string) => string) => unknown> = {
  "Apollo's manifest": (operations, idOf) => ({
    format: 'apollo-persisted-query-manifest',
    version: 1,
    operations: operations.map(({ name, kind, document }) => ({
      id: idOf(document),
      name,
      type: kind,
      body: document,
    })),
  }),
  "Cosmo's manifest": (operations, idOf) => ({
    version: 1,
    revision: 'r1',
    operations: Object.fromEntries(operations.map(({ document }) => [idOf(document), document])),
  }),
  'a pair list': (operations, idOf) => operations.map(({ document }) => [idOf(document), document]),
  'a legacy map': (operations, idOf) =>
    Object.fromEntries(operations.map(({ name, document }) => [idOf(document), { name, source: document }])),
  'a map of texts': (operations, idOf) =>
    Object.fromEntries(operations.map(({ document }) => [idOf(document), document])),
};

const byId = (operations: ManifestOperation[]) => operations.toSorted((a, b) => (a.id < b.id ? -1 : 1));

describe.each(Object.entries(forms))('%s', (_form, write) => {
  it.each([
    ['bare SHA-256', hexOf, (text: string) => `sha256:${hexOf(text)}`],
    [
      'prefixed SHA-256',
      (text: string) => `sha256:${hexOf(text)}`,
      (text: string) => `sha256:${hexOf(text)}`,
    ],
    ['opaque', (text: string) => `v1.${hexOf(text)}`, (text: string) => `v1.${hexOf(text)}`],
  ])('gives back what was written into it, with %s ids', (_ids, idOf, registeredIdOf) => {
    fc.assert(
      fc.property(operations, (written) => {
        const read = readManifest(JSON.stringify(write(written, idOf)), 'manifest.json');
        const expected = written.map((each) => ({ id: registeredIdOf(each.document), ...each }));
        expect(byId(read)).toEqual(byId(expected));
      }),
    );
  });

  it('is refused where a sha256: id is not the hash of its text', () => {
    const text = JSON.stringify(
      write([{ name: 'A', kind: 'query', document: 'query A { a }' }], () => `sha256:${'0'.repeat(64)}`),
    );
    expect(() => readManifest(text, 'm.json')).toThrow(`another SHA-256: sha256:${hexOf('query A { a }')}`);
  });

  it('is refused where it holds no operations', () => {
    expect(() => readManifest(JSON.stringify(write([], hexOf)), 'm.json')).toThrow(
      'm.json: holds no operations',
    );
  });
});

describe('64 hex digits that are not the hash of the text', () => {
  const manifest = (form: string) =>
    JSON.stringify(
      forms[form]?.([{ name: 'A', kind: 'query', document: 'query A { a }' }], () => 'a'.repeat(64)),
    );

  it.each(['a pair list', 'a legacy map', 'a map of texts'])('are an opaque id in %s', (form) => {
    expect(readManifest(manifest(form), 'm.json')).toMatchObject([{ id: 'a'.repeat(64) }]);
  });

  it.each(["Apollo's manifest", "Cosmo's manifest"])(
    'are refused in %s, whose clients send hashes',
    (form) => {
      expect(() => readManifest(manifest(form), 'm.json')).toThrow(
        `clients send this id as the SHA-256 of the text, which is sha256:${hexOf('query A { a }')}`,
      );
    },
  );
});

describe("Cosmo's file of one operation", () => {
  const text = JSON.stringify({ version: 1, body: 'query A { a }' });

  it('has its id from its name', () => {
    const id = `sha256:${hexOf('query A { a }')}`;
    expect(readManifest(text, `web/${hexOf('query A { a }')}.json`)).toMatchObject([{ id, name: 'A' }]);
    expect(readManifest(text, 'web/my-id.json')).toMatchObject([{ id: 'my-id' }]);
  });

  it('is refused where its name is another hash', () => {
    expect(() => readManifest(text, `web/${'a'.repeat(64)}.json`)).toThrow('SHA-256 of the text');
  });
});
