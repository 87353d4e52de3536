import { buildSchema, execute as graphqlExecute, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { execute } from '../../../src/execution/execute.ts';
import { bothExecute, leftToGraphqlJs, type Question } from '../../support/execution/both-execute.ts';

const schema = buildSchema('type Query { a: String, b: String }');
const rootValue = { a: 'a', b: 'b' };
const question =
  (document: string, rest: Partial<Question> = {}) =>
  () => ({ schema, document, rootValue, ...rest });

describe('the operation that is executed', () => {
  const two = 'query First { a } query Second { b }';

  it('is the only one where none is named, be it named itself or not', async () => {
    expect(await bothExecute(question('{ a }'))).toEqual({ data: { a: 'a' } });
    expect(await bothExecute(question('query Named { a }'))).toEqual({ data: { a: 'a' } });
    expect(await bothExecute(question('{ a }', { operationName: null }))).toEqual({ data: { a: 'a' } });
  });

  it('is the one that is named', async () => {
    expect(await bothExecute(question(two, { operationName: 'First' }))).toEqual({ data: { a: 'a' } });
    expect(await bothExecute(question(two, { operationName: 'Second' }))).toEqual({ data: { b: 'b' } });
  });

  it('may stand after fragments and beside type definitions', async () => {
    const document = 'fragment A on Query { a } type Other { a: Int } query { ...A }';
    expect(await bothExecute(question(document))).toEqual({ data: { a: 'a' } });
  });

  it.each([
    {
      what: 'several, none of them named',
      document: two,
      operationName: undefined,
      message: 'Must provide operation name if query contains multiple operations.',
    },
    {
      what: 'none at all',
      document: 'fragment A on Query { a }',
      operationName: undefined,
      message: 'Must provide an operation.',
    },
    {
      what: 'none of the name',
      document: two,
      operationName: 'Third',
      message: 'Unknown operation named "Third".',
    },
    {
      what: 'none whose name is empty',
      document: '{ a }',
      operationName: '',
      message: 'Unknown operation named "".',
    },
  ])('is an error where there are $what', async ({ document, operationName, message }) => {
    expect(await leftToGraphqlJs(question(document, { operationName }))).toEqual({ errors: [{ message }] });
  });

  it('is an error where the schema has no such operations', async () => {
    expect(await leftToGraphqlJs(question('mutation { a }'))).toEqual({
      data: null,
      errors: [
        {
          message: 'Schema is not configured to execute mutation operation.',
          locations: [{ line: 1, column: 1 }],
        },
      ],
    });
  });
});

describe('a document that validation would refuse', () => {
  it('has fields left out that the schema does not know', async () => {
    expect(await bothExecute(question('{ a unknown b { c } }'))).toEqual({ data: { a: 'a', b: 'b' } });
  });

  it('has fragments left out that nobody defined', async () => {
    expect(await bothExecute(question('{ a ...Unknown ... on Nothing { b } }'))).toEqual({
      data: { a: 'a' },
    });
  });

  it('ends where fragments spread themselves', async () => {
    expect(await bothExecute(question('{ ...A } fragment A on Query { a ...A }'))).toEqual({
      data: { a: 'a' },
    });
  });

  it('is refused where a variable’s type is none for input', async () => {
    expect(await leftToGraphqlJs(question('query ($v: Query) { a }'))).toEqual({
      errors: [
        {
          message: 'Variable "$v" expected value of type "Query" which cannot be used as an input type.',
          locations: [{ line: 1, column: 12 }],
        },
      ],
    });
  });
});

describe('a schema that is invalid', () => {
  const invalid = buildSchema(
    'type Query { a: String } type Empty implements Missing { a: Int } interface Missing { b: Int }',
    {
      assumeValid: false,
    },
  );

  it('makes execution throw as graphql-js does', () => {
    const args = { schema: invalid, document: parse('{ a }'), rootValue };
    expect(() => graphqlExecute(args)).toThrow(
      'Interface field Missing.b expected but Empty does not provide it.',
    );
    expect(() => execute(args)).toThrow('Interface field Missing.b expected but Empty does not provide it.');
  });
});

it('is answered by each schema in its own way where two are asked the same document', async () => {
  const other = buildSchema('type Query { a: Int }');
  for (const _ of [1, 2]) {
    expect(await bothExecute(question('{ a }'))).toEqual({ data: { a: 'a' } });
    expect(await bothExecute(question('{ a }', { schema: other, rootValue: { a: 5 } }))).toEqual({
      data: { a: 5 },
    });
  }
});

it('reads variables that are own properties alone', async () => {
  const inheriting = Object.create({ skip: true });
  const document = 'query ($skip: Boolean = false) { a @skip(if: $skip) }';
  expect(await bothExecute(question(document, { variableValues: inheriting }))).toEqual({ data: { a: 'a' } });
});
