import fc from 'fast-check';
import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createVariablesKey } from '../../../src/cache/response-cache.ts';

const SCHEMA = buildSchema(`
  enum Color { RED GREEN }
  input Inner { a: Int = 7, b: [String!], c: Color, d: Inner }
  type Query { field(i: Int, f: Float, s: String, id: ID, b: Boolean, c: Color, l: [Int], o: Inner): Int }
`);
const OPERATION = parse(`
  query ($i: Int = 20, $f: Float, $s: String, $id: ID, $b: Boolean, $c: Color, $l: [Int], $o: Inner) {
    field(i: $i, f: $f, s: $s, id: $id, b: $b, c: $c, l: $l, o: $o)
  }
`).definitions[0] as OperationDefinitionNode;
const variablesKey = createVariablesKey(SCHEMA);
const keyOf = (sent: Record<string, unknown>) => variablesKey(OPERATION, sent);

const int = fc.integer({ min: -5, max: 5 });
const nullable = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: null });
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('"', '\\', '\n', '{}', 'null', ','),
);
const { inner } = fc.letrec<{ inner: Record<string, unknown> }>((tie) => ({
  inner: fc.record(
    {
      a: nullable(int),
      b: nullable(fc.array(text, { maxLength: 3 })),
      c: fc.constantFrom('RED', 'GREEN'),
      d: fc.option(tie('inner'), { nil: null, maxDepth: 3 }),
    },
    { requiredKeys: [] },
  ),
}));
const sent = fc.record(
  {
    i: nullable(int),
    f: nullable(fc.oneof(int, fc.constantFrom(0.5, -0.25))),
    s: nullable(text),
    id: nullable(text),
    b: nullable(fc.boolean()),
    c: fc.constantFrom('RED', 'GREEN', null),
    l: nullable(fc.array(nullable(int), { maxLength: 3 })),
    o: nullable(inner),
  },
  { requiredKeys: [] },
);

/** The same object with its keys in another order, at every level. */
function reordered(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(
    ([key, item]) => [random(), key, reordered(item, random)] as const,
  );
  return Object.fromEntries(entries.sort(([a], [b]) => a - b).map(([, key, item]) => [key, item]));
}

/** As the coerced values should be: defaults in place. */
function meaning(variables: Record<string, unknown>): Record<string, unknown> {
  const innerMeaning = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    const given = value as Record<string, unknown>;
    return { a: 7, ...given, ...('d' in given ? { d: innerMeaning(given.d) } : {}) };
  };
  return { i: 20, ...variables, ...('o' in variables ? { o: innerMeaning(variables.o) } : {}) };
}

describe('two requests have one key', () => {
  test('whatever the order of the keys, and with variables that the operation does not take', () => {
    fc.assert(
      fc.property(
        sent,
        fc.infiniteStream(fc.double({ noNaN: true })),
        fc.anything(),
        (variables, stream, more) => {
          const shuffled = reordered(variables, () => stream.next().value as number) as Record<
            string,
            unknown
          >;
          const key = keyOf(variables);
          expect(key).not.toBeNull();
          expect(keyOf({ unknown: more, ...shuffled })).toBe(key);
        },
      ),
    );
  });

  test('with a default and with its value', () => {
    fc.assert(
      fc.property(sent, (variables) => {
        expect(keyOf(meaning(variables))).toBe(keyOf(variables));
      }),
    );
  });

  test.each([
    [{ l: 1 }, { l: [1] }],
    [{ id: 1 }, { id: '1' }],
    [{ f: 1 }, { f: 1.0 }],
    [{ o: { b: 'x' } }, { o: { b: ['x'] } }],
    [{ i: 20 }, {}],
  ])('%j and %j', (one, other) => {
    expect(keyOf(one)).toBe(keyOf(other));
  });
});

test('two requests that mean something else have two keys', () => {
  const name = fc.constantFrom('i', 'f', 's', 'id', 'b', 'c', 'l', 'o');
  fc.assert(
    fc.property(sent, name, sent, fc.boolean(), (one, changed, from, isAbsent) => {
      const { [changed]: _, ...rest } = one as Record<string, unknown>;
      const other = isAbsent
        ? rest
        : { ...rest, [changed]: (from as Record<string, unknown>)[changed] ?? null };
      const isSame = canonical(meaning(one)) === canonical(meaning(other));
      expect(keyOf(one) === keyOf(other)).toBe(isSame);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  [{ i: null }, {}],
  [{ s: null }, {}],
  [{ o: {} }, { o: null }],
  [{ o: { a: null } }, { o: {} }],
  [{ o: { c: 'RED' } }, { o: { c: 'GREEN' } }],
  [{ l: [] }, { l: null }],
  [{ l: [null] }, { l: null }],
  [{ l: [1, 2] }, { l: [2, 1] }],
  [{ s: 'null' }, { s: null }],
  [
    { s: '1', id: '2' },
    { s: '2', id: '1' },
  ],
])('%j and %j have two keys', (one, other) => {
  expect(keyOf(one)).not.toBe(keyOf(other));
});

test.each([
  { i: 'x' },
  { i: 2 ** 31 },
  { i: 1.5 },
  { c: 'BLUE' },
  { o: { e: 1 } },
  { o: { b: [null] } },
  { l: [[1]] },
  { b: 'true' },
])('%j is what no operation takes', (variables) => {
  expect(keyOf(variables)).toBeNull();
});

/** Written another way than the tested one: a list of what stands where, sorted. */
function canonical(value: unknown, at = ''): string {
  if (typeof value !== 'object' || value === null) return `${at}=${JSON.stringify(value) ?? 'absent'}`;
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  const parts = entries.map(([key, item]) => canonical(item, `${at}/${JSON.stringify(key)}`));
  return [`${at}:${Array.isArray(value) ? 'list' : 'object'}`, ...parts.sort()].join(';');
}
