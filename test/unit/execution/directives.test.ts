import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bothExecute } from '../../support/execution/both-execute.ts';

const schema = buildSchema('type Query { a: String, b: String, node: Query, nodes: [Query!] }');
const rootValue = { a: 'a', b: 'b', node: { a: 'inner a', b: 'inner b' }, nodes: [{ a: 1 }, { a: 2 }] };

const ask = (document: string, variableValues?: Record<string, unknown>) =>
  bothExecute(() => ({ schema, document, rootValue, ...(variableValues && { variableValues }) }));

describe('a constant condition', () => {
  it.each([
    { directive: '@include(if: true)', there: true },
    { directive: '@include(if: false)', there: false },
    { directive: '@skip(if: false)', there: true },
    { directive: '@skip(if: true)', there: false },
    { directive: '@include(if: true) @skip(if: false)', there: true },
    { directive: '@include(if: true) @skip(if: true)', there: false },
    { directive: '@include(if: false) @skip(if: true)', there: false },
    { directive: '@include(if: false) @skip(if: false)', there: false },
  ])('$directive decides about fields and fragments', async ({ directive, there }) => {
    const data = there ? { a: 'a', b: 'b' } : { a: 'a' };
    expect(await ask(`{ a b ${directive} }`)).toEqual({ data });
    expect(await ask(`{ a ... ${directive} { b } }`)).toEqual({ data });
    expect(await ask(`{ a ... on Query ${directive} { b } }`)).toEqual({ data });
    expect(await ask(`{ a ...B ${directive} } fragment B on Query { b }`)).toEqual({ data });
  });

  it('leaves an object without fields', async () => {
    expect(await ask('{ node { a @skip(if: true) } }')).toEqual({ data: { node: {} } });
    expect(await ask('{ a @include(if: false) }')).toEqual({ data: {} });
  });
});

describe('a variable condition', () => {
  const document = `
    query ($skip: Boolean!, $include: Boolean = true) {
      a @skip(if: $skip)
      node { b @include(if: $include) a }
      nodes { a @skip(if: $skip) @include(if: $include) __typename }
    }
  `;

  it('is decided anew for every request of one document', async () => {
    const items = (fields: (index: number) => object) => [1, 2].map((index) => ({ ...fields(index) }));
    expect(await ask(document, { skip: false })).toEqual({
      data: {
        a: 'a',
        node: { b: 'inner b', a: 'inner a' },
        nodes: items((index) => ({ a: String(index), __typename: 'Query' })),
      },
    });
    expect(await ask(document, { skip: true, include: true })).toEqual({
      data: { node: { b: 'inner b', a: 'inner a' }, nodes: items(() => ({ __typename: 'Query' })) },
    });
    expect(await ask(document, { skip: false, include: false })).toEqual({
      data: { a: 'a', node: { a: 'inner a' }, nodes: items(() => ({ __typename: 'Query' })) },
    });
  });

  it('holds for one of two mentions of a field alone', async () => {
    const twice = 'query ($skip: Boolean!) { node { a } node @skip(if: $skip) { b } }';
    expect(await ask(twice, { skip: true })).toEqual({ data: { node: { a: 'inner a' } } });
    expect(await ask(twice, { skip: false })).toEqual({ data: { node: { a: 'inner a', b: 'inner b' } } });
  });

  it('moves a field to where it is first included', async () => {
    const moving = 'query ($skip: Boolean!) { a @skip(if: $skip) b a }';
    expect(Object.keys((await ask(moving, { skip: false })).data as object)).toEqual(['a', 'b']);
    expect(Object.keys((await ask(moving, { skip: true })).data as object)).toEqual(['b', 'a']);
  });

  it('skips a fragment in one place, and takes it in another', async () => {
    const spread = `
      query ($skip: Boolean!) { ...B @skip(if: $skip) node { ...B } ...B @include(if: $skip) a }
      fragment B on Query { b }
    `;
    for (const skip of [true, false]) {
      expect(await ask(spread, { skip })).toEqual({ data: { a: 'a', b: 'b', node: { b: 'inner b' } } });
    }
  });

  it('refuses the request where it is no boolean', async () => {
    expect(await ask(document, { skip: 'yes' })).toEqual({
      errors: [
        {
          message: 'Variable "$skip" has invalid value: Boolean cannot represent a non boolean value: "yes"',
          locations: [{ line: 2, column: 12 }],
        },
      ],
    });
  });
});
