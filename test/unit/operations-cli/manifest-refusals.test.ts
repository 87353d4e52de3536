import { describe, expect, it } from 'vitest';
import { readGraphQLFolder, readManifest } from '../../../scripts/operations/manifest-forms.ts';

const read = (manifest: unknown) => readManifest(JSON.stringify(manifest), 'app.json');
const apollo = (operation: Record<string, unknown>) => ({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: [{ id: 'a', name: 'A', type: 'query', body: 'query A { a }', ...operation }],
});

describe('a manifest is refused', () => {
  it.each([
    ['null', null],
    ['a text', 'query A { a }'],
    ['a list of texts', ['query A { a }']],
    ['an answer of a GraphQL server', { data: { a: { b: 1 } } }],
    ['texts and objects mixed', { a: 'query A { a }', b: {} }],
  ])('that is %s, saying which forms are known', (_what, manifest) => {
    expect(() => read(manifest)).toThrow(
      /app\.json: is in no known form[\s\S]*Apollo[\s\S]*Cosmo[\s\S]*Relay/,
    );
  });

  it.each([
    ['another format', { ...apollo({}), format: 'v2' }, 'format: Invalid input'],
    ['another version', { ...apollo({}), version: 2 }, 'version: Invalid input'],
    ['an operation without a text', apollo({ body: undefined }), 'operations.0.body: Invalid input'],
    ['a pair of three', [['a', 'query A { a }', 1]], '0: Too big'],
    ['a legacy entry without a name', { a: { source: 'query A { a }' } }, 'a.name: Invalid input'],
    ['another version of Cosmo', { version: 2, operations: {} }, 'version: Invalid input'],
  ])('with %s, saying where', (_what, manifest, reason) => {
    expect(() => read(manifest)).toThrow(reason);
  });

  it.each([
    [
      'no GraphQL',
      'query A { a',
      'its document is not GraphQL: Syntax Error: Expected Name, found <EOF>. (line 1',
    ],
    ['no name', '{ a }', 'its query has no name'],
    ['two operations', 'query A { a } query B { b }', 'its document holds 2 operations where one is needed'],
    ['fragments alone', 'fragment F on A { a }', 'its document holds 0 operations where one is needed'],
    [
      'a type',
      'query A { a } type T { a: Int }',
      'its document holds a ObjectTypeDefinition beside its operation',
    ],
  ])('whose document holds %s', (_what, document, reason) => {
    const name = document.includes('query A') ? 'A (id-1)' : 'id-1';
    expect(() => read({ 'id-1': document })).toThrow(`app.json: operation ${name}: ${reason}`);
  });

  it('that contradicts its documents', () => {
    expect(() => read(apollo({ name: 'B' }))).toThrow('its name is B in the manifest and A in the document');
    expect(() => read(apollo({ type: 'mutation' }))).toThrow(
      'its type is mutation in the manifest and query',
    );
  });

  it('that gives one id to two texts, and not where both are the same', () => {
    const twice = (second: string) => [
      ['a', 'query A { a }'],
      ['a', second],
    ];
    expect(read(twice('query A { a }'))).toHaveLength(1);
    expect(() => read(twice('query A { b }'))).toThrow(
      'operation A (a): the manifest contains it twice, with different texts',
    );
  });

  it('that is not JSON, or hides an operation under a key that objects lose', () => {
    expect(() => readManifest('{', 'app.json')).toThrow(
      'app.json: is in no known form: it cannot be read as JSON',
    );
    expect(() => readManifest('{"__proto__":"query A { a }"}', 'app.json')).toThrow(
      '__proto__ cannot be an id',
    );
  });

  it.each([
    ['a .graphql file', 'query A { a }'],
    ['YAML', 'operations:\n  - id: a\n'],
    ['nothing', ''],
  ])('that is %s, saying which forms are known', (_what, text) => {
    expect(() => readManifest(text, 'app')).toThrow(
      /^app: is in no known form: .*JSON.*a folder of \.graphql files and:/,
    );
  });

  it('naming the operation of a syntax error, by the manifest or by the text', () => {
    expect(() => read(apollo({ name: 'Market', body: 'query {' }))).toThrow(
      'operation Market (a): its document is not',
    );
    expect(() => read({ b: '# first\nquery Market($a: Int { a }' })).toThrow(
      'operation Market (b): its document is not',
    );
    const files = [{ path: 'market.graphql', text: 'subscription Market { a' }];
    expect(() => readGraphQLFolder(files)).toThrow(
      'the folder: Market (market.graphql): its document is not GraphQL',
    );
  });

  it('with an empty id', () => {
    expect(() => read({ '': 'query A { a }' })).toThrow('its id is empty');
  });

  it('with every reason at once', () => {
    expect(() => read({ a: '{ a }', b: 'query' })).toThrow(/operation a: .*\n.*operation b: /);
  });
});

describe('a folder of .graphql files', () => {
  it('keeps one operation of two files with one text', () => {
    const files = ['a.graphql', 'b.graphql'].map((path) => ({ path, text: 'query A { a }\n' }));
    expect(readGraphQLFolder(files)).toHaveLength(1);
  });

  it('is refused where it is empty, and names the file where one is wrong', () => {
    expect(() => readGraphQLFolder([])).toThrow('holds no operations');
    expect(() => readGraphQLFolder([{ path: 'fragments/f.graphql', text: 'fragment F on A { a }' }])).toThrow(
      'fragments/f.graphql: its document holds 0 operations',
    );
  });
});
