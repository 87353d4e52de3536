import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { readGraphQLFolder, readManifest } from '../../../scripts/operations/manifest-forms.ts';

const clients = new URL('../../clients/', import.meta.url).pathname;
const root = new URL('../../../', import.meta.url).pathname;
const fileOf = (path: string) => ({ path, text: readFileSync(path, 'utf8') });
const hash = (algorithm: string, text: string) => createHash(algorithm).update(text).digest('hex');

const documents = globSync([`${root}operations/*.graphql`, `${clients}documents/*.graphql`]).map(fileOf);
const heads = documents.map(({ text }) => /^(query|mutation|subscription) (\w+)/.exec(text) ?? []);
const documentNames = heads.map(([, , name]) => name).toSorted();
const kinds = Object.fromEntries(heads.map(([, kind, name]) => [name, kind]));
const RELAY_NAMES = ['marketTileQuery', 'poolTileQuery'];

const sha256 = (text: string) => `sha256:${hash('sha256', text)}`;
const md5 = (text: string) => hash('md5', text);
const sha1 = (text: string) => hash('sha1', text);

describe('`node test/clients/regenerate.mjs` leaves manifests of every form that read to', () => {
  it.each([
    ['apollo-web', documentNames, sha256],
    ['apollo-ios', documentNames, sha256],
    ['apollo-ios-legacy', documentNames, sha256],
    ['codegen-sha256', documentNames, sha256],
    ['codegen-sha1', documentNames, sha1],
    ['cosmo', documentNames, sha256],
    ['relay', RELAY_NAMES, md5],
    ['relay-pairs', RELAY_NAMES, md5],
  ])('the expected operations: %s', (name, expectedNames, idOf) => {
    const { path, text } = fileOf(`${clients}manifests/${name}.json`);
    const operations = readManifest(text, path);
    expect(operations.map((operation) => operation.name).toSorted()).toEqual(expectedNames);
    expect(operations.map(({ id }) => id)).toEqual(operations.map(({ document }) => idOf(document)));
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    for (const { kind, name: operation } of operations) expect(kind).toBe(kinds[operation] ?? 'query');
  });

  it("one operation for Cosmo's file of one operation", () => {
    const [path = ''] = globSync(`${clients}manifests/cosmo-operation/*.json`);
    const operations = readManifest(readFileSync(path, 'utf8'), path);
    expect(operations.map(({ id }) => id)).toEqual(operations.map(({ document }) => sha256(document)));
    expect(operations).toHaveLength(1);
  });
});

it("the gateway's own manifest reads to the operations that it bundles", () => {
  const { path, text } = fileOf(`${root}operations/manifest.json`);
  const { operations } = JSON.parse(text) as { operations: Record<string, unknown>[] };
  expect(readManifest(text, path)).toEqual(
    operations.map(({ id, name, kind, document }) => ({ id, name, kind, document })),
  );
});

it("the project's own folder of .graphql files reads to its operations, named by the hashes of their texts", () => {
  const operations = readGraphQLFolder(documents);
  expect(operations.map(({ name }) => name).toSorted()).toEqual(documentNames);
  expect(operations.map(({ id }) => id)).toEqual(documents.map(({ text }) => sha256(text)));
  expect(operations.map(({ document }) => document)).toEqual(documents.map(({ text }) => text));
});

it("Apollo's generator keeps what its client sends: `__typename` in every selection but the operation's own", () => {
  const { path, text } = fileOf(`${clients}manifests/apollo-web.json`);
  const card = readManifest(text, path).find(({ name }) => name === 'PriceCard');
  expect(card?.document.match(/__typename/g)).toHaveLength(2);
  expect(parse(card?.document ?? '').definitions).toHaveLength(2);
});
