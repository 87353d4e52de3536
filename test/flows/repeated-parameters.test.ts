/** A GET may name ids in several places of its URL, and a parameter may stand there twice: every value counts. */
import { describe, expect, test } from 'vitest';
import {
  apolloProperties,
  documentOf,
  MODES,
  namesOf,
  type OperationNames,
  startWire,
  type WireBench,
  wireRequest,
} from '../support/wire-bench.ts';

describe('a GET whose URL names ids in several places', () => {
  type Url = { parameters: [string, string][]; path: string };
  const extensionOf = (id: string) => JSON.stringify(apolloProperties(id).extensions);
  /** Ways to put an id into a URL. A path has room for one. */
  const PLACES: Record<string, (id: string, url: Url) => Url> = {
    documentId: (id, url) => ({ ...url, parameters: [...url.parameters, ['documentId', id]] }),
    doc_id: (id, url) => ({ ...url, parameters: [...url.parameters, ['doc_id', id]] }),
    id: (id, url) => ({ ...url, parameters: [...url.parameters, ['id', id]] }),
    extensions: (id, url) => ({ ...url, parameters: [...url.parameters, ['extensions', extensionOf(id)]] }),
    path: (id, url) => ({ ...url, path: `/graphql/${encodeURIComponent(id)}` }),
  };
  const FORMS: Record<string, (names: OperationNames) => string> = {
    'with a prefix': ({ hash }) => `sha256:${hash}`,
    bare: ({ hash }) => hash,
    opaque: ({ opaque }) => opaque,
    'of a release': ({ hash }) => `ios~5.2.0~sha256:${hash}`,
    'opaque of a release': ({ opaque }) => `ios~5.2.0~${opaque}`,
  };
  const pairs = Object.keys(PLACES).flatMap((first) =>
    Object.keys(PLACES)
      .filter((second) => first !== 'path' || second !== 'path')
      .map((second) => ({ first, second })),
  );
  async function outcome(wire: WireBench, sent: readonly (readonly [place: string, id: string])[]) {
    let url: Url = { parameters: [], path: '/graphql' };
    for (const [place, id] of sent) url = PLACES[place]?.(id, url) ?? url;
    const query = new URLSearchParams(url.parameters);
    const answer = await wire.send(`${url.path}?${query}`, { headers: { 'x-graphql-csrf': '1' } });
    return [answer.status, answer.body.errors?.[0]?.extensions.code ?? null];
  }

  describe.each(MODES)('in %s', (mode) => {
    test.each(pairs)('$first and $second: two that differ are a mismatch', async ({ first, second }) => {
      const wire = await startWire(mode);
      const [known, other] = [await namesOf('known'), await namesOf('deprecated')];
      for (const one of Object.values(FORMS)) {
        for (const two of Object.values(FORMS)) {
          const mismatch = [400, 'PERSISTED_QUERY_HASH_MISMATCH'];
          expect(
            await outcome(wire, [
              [first, one(known)],
              [second, two(other)],
            ]),
          ).toEqual(mismatch);
          expect(
            await outcome(wire, [
              [first, one(other)],
              [second, two(known)],
            ]),
          ).toEqual(mismatch);
          const before = [first, one(known)] as const;
          expect(await outcome(wire, [before, before, [second, two(other)]])).toEqual(mismatch);
        }
      }
      expect(wire.runs()).toBe(0);
      expect(wire.lookups()).toEqual([]);
    });

    test.each(pairs)('$first and $second: the same twice runs', async ({ first, second }) => {
      const wire = await startWire(mode);
      const known = await namesOf('known');
      for (const form of Object.values(FORMS))
        expect(
          await outcome(wire, [
            [first, form(known)],
            [second, form(known)],
          ]),
        ).toEqual([200, null]);
      if (first === 'extensions' && second === 'extensions') return;
      const [prefixed, bare] = [FORMS['with a prefix'], FORMS.bare];
      expect(
        await outcome(wire, [
          [first, prefixed?.(known) ?? ''],
          [second, bare?.(known) ?? ''],
        ]),
      ).toEqual([200, null]);
    });
  });
});

describe('a parameter of a GET that stands twice', () => {
  const ADDITIONS: Record<string, [one: string, other: string]> = {
    query: [documentOf('known'), documentOf('unknown')],
    operationName: ['known', 'unknown'],
    variables: ['{"a":1}', '{"a":2}'],
    extensions: ['{"a":1}', '{"a":2}'],
  };
  const send = (wire: WireBench, parameters: string[][]) =>
    wire.send(`/graphql?${new URLSearchParams(parameters)}`, { headers: { 'x-graphql-csrf': '1' } });

  test.each(Object.entries(ADDITIONS))(
    '%s is refused with two values, and runs with one',
    async (name, [one, other]) => {
      const wire = await startWire('open');
      const base = name === 'query' ? [] : [['query', documentOf('known')]];
      for (const values of [
        [one, other],
        [other, one],
        [one, one, other],
      ]) {
        const answer = await send(wire, [...base, ...values.map((value) => [name, value])]);
        expect([answer.status, answer.body.errors?.[0]?.extensions]).toEqual([
          400,
          { code: 'BAD_USER_INPUT', argumentPath: [name] },
        ]);
        expect(answer.body).not.toHaveProperty('data');
      }
      expect(wire.runs()).toBe(0);
      for (const values of [[one], [one, one], ['', one], [one, '']])
        expect((await send(wire, [...base, ...values.map((value) => [name, value])])).body).toEqual({
          data: { __typename: 'Query' },
        });
    },
  );

  test('is a mismatch before anything else where ids differ', async () => {
    const wire = await startWire('id_only');
    const [known, other] = [await namesOf('known'), await namesOf('deprecated')];
    const answer = await send(wire, [
      ['documentId', known.hash],
      ['variables', '{"a":1}'],
      ['variables', '{"a":2}'],
      ['id', other.opaque],
    ]);
    expect([answer.status, answer.body.errors?.[0]?.extensions.code]).toEqual([
      400,
      'PERSISTED_QUERY_HASH_MISMATCH',
    ]);
  });

  test('of a POST’s URL is ignored', async () => {
    const wire = await startWire('id_only');
    const [known, other] = [await namesOf('known'), await namesOf('deprecated')];
    const [path, init] = wireRequest(
      'POST',
      { documentId: known.hash },
      { path: `/graphql?id=${other.hash}&id=1` },
    );
    expect((await wire.send(path, init)).status).toBe(200);
  });
});
