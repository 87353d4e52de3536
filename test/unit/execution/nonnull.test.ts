import type { GraphQLSchema } from 'graphql';
import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bothExecute } from '../../support/execution/both-execute.ts';

const schema = buildSchema(`
  type Query {
    nullable: Node
    required: Node!
    leaf: String
    must: String!
    list: [String!]
    wants(value: String!): String
    wantsWithDefault(value: String! = "default"): String
  }
  type Node {
    leaf: String
    must: String!
    nullable: Node
    required: Node!
  }
`);

type Leaf = () => unknown;

/** A node whose nodes are itself, and whose leaves are all alike. */
function nodeWith(leaf: Leaf): Record<string, unknown> {
  const node: Record<string, unknown> = { leaf, must: leaf };
  node.nullable = () => node;
  node.required = () => Promise.resolve(node);
  return node;
}

function ask(document: string, rootValue: () => unknown, of: GraphQLSchema = schema) {
  return bothExecute(() => ({ schema: of, document, rootValue: rootValue() }));
}

const thrown: Leaf = () => {
  throw new Error('broken');
};
const rejected: Leaf = () => Promise.reject(new Error('broken'));
const failures = [
  { how: 'throws', leaf: thrown, message: 'broken' },
  { how: 'rejects', leaf: rejected, message: 'broken' },
  { how: 'returns an error', leaf: () => new Error('broken'), message: 'broken' },
];

describe.each(failures)('a field that $how', ({ leaf, message }) => {
  it('is null where it may be, and its siblings stay', async () => {
    expect(await ask('{ nullable { leaf } __typename }', () => nodeWith(leaf))).toEqual({
      data: { nullable: { leaf: null }, __typename: 'Query' },
      errors: [{ message, locations: [{ line: 1, column: 14 }], path: ['nullable', 'leaf'] }],
    });
  });

  it('makes its parent null where it must not be', async () => {
    expect(await ask('{ nullable { must } __typename }', () => nodeWith(leaf))).toEqual({
      data: { nullable: null, __typename: 'Query' },
      errors: [{ message, locations: [{ line: 1, column: 14 }], path: ['nullable', 'must'] }],
    });
  });

  it('makes null the nearest parent that may be', async () => {
    const document = '{ nullable { nullable { required { required { must } } } } }';
    expect(await ask(document, () => nodeWith(leaf))).toEqual({
      data: { nullable: { nullable: null } },
      errors: [
        {
          message,
          locations: [{ line: 1, column: 47 }],
          path: ['nullable', 'nullable', 'required', 'required', 'must'],
        },
      ],
    });
  });

  it('leaves no data where no parent may be null', async () => {
    expect(await ask('{ required { required { must } } }', () => nodeWith(leaf))).toEqual({
      data: null,
      errors: [{ message, locations: [{ line: 1, column: 25 }], path: ['required', 'required', 'must'] }],
    });
  });
});

describe.each([
  { how: 'null', value: () => null },
  { how: 'undefined', value: () => undefined },
  { how: 'a promise of null', value: () => Promise.resolve(null) },
])('$how', ({ value }) => {
  it('is an answer where null is allowed', async () => {
    expect(await ask('{ leaf }', () => ({ leaf: value }))).toEqual({ data: { leaf: null } });
  });

  it('is an error that names the field where it is not', async () => {
    expect(await ask('{ nullable { must } }', () => nodeWith(value))).toEqual({
      data: { nullable: null },
      errors: [
        {
          message: 'Cannot return null for non-nullable field Node.must.',
          locations: [{ line: 1, column: 14 }],
          path: ['nullable', 'must'],
        },
      ],
    });
  });
});

it('reports the first error alone where several would make one parent null', async () => {
  const document = '{ nullable { must again: must } required { leaf } }';
  const rootValue = () => ({ nullable: nodeWith(thrown), required: nodeWith(() => 'fine') });
  expect(await ask(document, rootValue)).toEqual({
    data: { nullable: null, required: { leaf: 'fine' } },
    errors: [{ message: 'broken', locations: [{ line: 1, column: 14 }], path: ['nullable', 'must'] }],
  });
});

it('calls no sibling after a field that threw and must not be null', async () => {
  const called: string[] = [];
  const noting = (name: string) => () => {
    called.push(name);
    throw new Error(name);
  };
  await ask('{ nullable { must leaf } }', () => ({
    nullable: { must: noting('must'), leaf: noting('leaf') },
  }));
  expect(called).toEqual(['must', 'must']);
});

it('keeps errors of nullable fields that came before the one that made the parent null', async () => {
  expect(await ask('{ nullable { leaf must } }', () => nodeWith(thrown))).toEqual({
    data: { nullable: null },
    errors: [
      { message: 'broken', locations: [{ line: 1, column: 14 }], path: ['nullable', 'leaf'] },
      { message: 'broken', locations: [{ line: 1, column: 19 }], path: ['nullable', 'must'] },
    ],
  });
});

it('says nothing of what fails below a parent that is null already, while the answer is still to come', async () => {
  const document = '{ nullable { nullable { leaf } must } leaf }';
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const rootValue = () => {
    const late = turn().then(turn);
    const soon = late.then(() => Promise.reject(new Error('late')));
    return {
      nullable: { nullable: { leaf: soon }, must: rejected },
      leaf: soon.catch(turn).then(() => 'last of all'),
    };
  };
  expect(await ask(document, rootValue)).toEqual({
    data: { nullable: null, leaf: 'last of all' },
    errors: [{ message: 'broken', locations: [{ line: 1, column: 32 }], path: ['nullable', 'must'] }],
  });
});

it('asks nobody for more below a parent that is null once the answer is there', async () => {
  const called: string[] = [];
  const release: (() => void)[] = [];
  const slow = () =>
    new Promise((resolve) => {
      release.push(() => resolve({ leaf: () => called.push('too late') }));
    });
  await ask('{ nullable { nullable { leaf } must } }', () => ({
    nullable: { nullable: slow, must: rejected },
  }));
  for (const goOn of release) {
    goOn();
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(release).toHaveLength(2);
  expect(called).toEqual([]);
});

it('makes the parent null where the field is mentioned more than once', async () => {
  expect(await ask('{ nullable { must ... { must } } }', () => nodeWith(thrown))).toEqual({
    data: { nullable: null },
    errors: [
      {
        message: 'broken',
        locations: [
          { line: 1, column: 14 },
          { line: 1, column: 25 },
        ],
        path: ['nullable', 'must'],
      },
    ],
  });
});

it('gives the value where a field that must not be null has one', async () => {
  const rootValue = () => nodeWith(() => 'fine');
  expect(await ask('{ required { must nullable { must } } }', rootValue)).toEqual({
    data: { required: { must: 'fine', nullable: { must: 'fine' } } },
  });
});

describe('a required argument', () => {
  const rootValue = () => ({
    wants: (args: unknown) => JSON.stringify(args),
    wantsWithDefault: (args: unknown) => JSON.stringify(args),
  });
  const askWith = (document: string, variableValues: Record<string, unknown>) =>
    bothExecute(() => ({ schema, document, variableValues, rootValue: rootValue() }));

  it('takes a variable that has a value', async () => {
    expect(await askWith('query ($v: String!) { wants(value: $v) }', { v: 'given' })).toEqual({
      data: { wants: '{"value":"given"}' },
    });
  });

  it('takes a default where a nullable variable is missing', async () => {
    expect(await askWith('query ($v: String) { wantsWithDefault(value: $v) }', {})).toEqual({
      data: { wantsWithDefault: '{"value":"default"}' },
    });
  });

  it('refuses the null of a nullable variable in spite of the default', async () => {
    const document = 'query ($v: String = "other") { wantsWithDefault(value: $v) leaf: __typename }';
    expect(await askWith(document, { v: null })).toEqual({
      data: { wantsWithDefault: null, leaf: 'Query' },
      errors: [
        {
          message:
            'Argument "Query.wantsWithDefault(value:)" has invalid value: Expected variable "$v" provided to non-null type "String!" not to be null.',
          locations: [{ line: 1, column: 56 }],
          path: ['wantsWithDefault'],
        },
      ],
    });
  });

  it('is asked for where the document leaves it out', async () => {
    expect(await askWith('{ wants }', {})).toEqual({
      data: { wants: null },
      errors: [
        {
          message: 'Argument "Query.wants(value:)" of required type "String!" was not provided.',
          locations: [{ line: 1, column: 3 }],
          path: ['wants'],
        },
      ],
    });
  });
});
