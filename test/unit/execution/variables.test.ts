import { buildSchema, GraphQLError, type GraphQLScalarType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bothExecute, type Question } from '../../support/execution/both-execute.ts';

const schema = buildSchema(`
  type Query {
    boolean(v: Boolean): String
    int(v: Int): String
    float(v: Float): String
    string(v: String): String
    id(v: ID): String
    colour(v: Colour): String
    odd(v: Odd): String
    filter(v: Filter): String
    choice(v: Choice): String
    list(v: [Int]): String
    strict(v: [Int!]!): String
    nested(v: [[Int]]): String
    withDefault(v: Int = 7): String
  }
  enum Colour { RED GREEN }
  scalar Odd
  input Filter { text: String!, size: Int = 10, tags: [String!], inner: Filter, colour: Colour = RED }
  input Choice @oneOf { a: String, b: Int }
`);
const odd = schema.getType('Odd') as GraphQLScalarType<unknown, unknown>;
odd.coerceInputValue = (value) => {
  if (value === 'plainly') {
    throw new Error('not today');
  }
  if (value === 'coded') {
    throw new GraphQLError('never', { extensions: { code: 'NEVER' } });
  }
  return value === 'nothing' ? undefined : `odd ${value}`;
};
const shown = (args: unknown) => JSON.stringify(args);
const FIELDS = Object.keys(schema.getQueryType()?.getFields() ?? {});
const rootValue = Object.fromEntries(FIELDS.map((field) => [field, shown]));

function ask(document: string, variableValues?: Record<string, unknown>, rest: Partial<Question> = {}) {
  return bothExecute(() => ({
    schema,
    document,
    rootValue,
    ...(variableValues && { variableValues }),
    ...rest,
  }));
}

/** Of a query with one variable `$v` of the type. */
function askWith(
  field: string,
  type: string,
  variableValues: Record<string, unknown>,
  rest?: Partial<Question>,
) {
  return ask(`query ($v: ${type}) { ${field}(v: $v) }`, variableValues, rest);
}

function refused(...messages: string[]) {
  return { errors: messages.map((message) => ({ message, locations: [{ line: 1, column: 8 }] })) };
}

describe('a variable’s value', () => {
  it.each([
    { field: 'boolean', type: 'Boolean', value: true, read: true },
    { field: 'int', type: 'Int', value: 5, read: 5 },
    { field: 'int', type: 'Int', value: 5.0, read: 5 },
    { field: 'float', type: 'Float', value: 5, read: 5 },
    { field: 'string', type: 'String', value: '', read: '' },
    { field: 'id', type: 'ID', value: 5, read: '5' },
    { field: 'colour', type: 'Colour', value: 'GREEN', read: 'GREEN' },
    { field: 'odd', type: 'Odd', value: 'value', read: 'odd value' },
    { field: 'list', type: '[Int]', value: [1, null], read: [1, null] },
    { field: 'list', type: '[Int]', value: 1, read: [1] },
    { field: 'list', type: '[Int]', value: new Set([1, 2]), read: [1, 2] },
    { field: 'nested', type: '[[Int]]', value: [1, [2, 3], null], read: [[1], [2, 3], null] },
    { field: 'nested', type: '[[Int]]', value: 1, read: [[1]] },
    { field: 'filter', type: 'Filter', value: { text: 'a' }, read: { text: 'a', size: 10, colour: 'RED' } },
    {
      field: 'filter',
      type: 'Filter',
      value: { tags: 'one', size: null, inner: { text: 'b', colour: 'GREEN' }, text: 'a' },
      read: {
        text: 'a',
        size: null,
        tags: ['one'],
        inner: { text: 'b', size: 10, colour: 'GREEN' },
        colour: 'RED',
      },
    },
    { field: 'choice', type: 'Choice', value: { b: 1 }, read: { b: 1 } },
  ])('$value of $type is read', async ({ field, type, value, read }) => {
    expect(await askWith(field, type, { v: value })).toEqual({ data: { [field]: shown({ v: read }) } });
  });

  it('is null where null is given, and absent where nothing is', async () => {
    expect(await askWith('int', 'Int', { v: null })).toEqual({ data: { int: '{"v":null}' } });
    expect(await askWith('int', 'Int', {})).toEqual({ data: { int: '{}' } });
    expect(await ask('query ($v: Int) { int(v: $v) }')).toEqual({ data: { int: '{}' } });
  });

  it('is the variable’s default, or else the argument’s, where nothing is given', async () => {
    expect(await askWith('withDefault', 'Int = 3', {})).toEqual({ data: { withDefault: '{"v":3}' } });
    expect(await askWith('withDefault', 'Int = 3', { v: undefined })).toEqual({
      data: { withDefault: '{"v":3}' },
    });
    expect(await askWith('withDefault', 'Int', {})).toEqual({ data: { withDefault: '{"v":7}' } });
    expect(await askWith('withDefault', 'Int = 3', { v: null })).toEqual({
      data: { withDefault: '{"v":null}' },
    });
    expect(await askWith('withDefault', 'Int = 3', { v: 4 })).toEqual({ data: { withDefault: '{"v":4}' } });
  });

  it('stands in the middle of literals too', async () => {
    const document = 'query ($a: Int, $b: String!) { list(v: [1, $a]) filter(v: { text: $b, size: $a }) }';
    expect(await ask(document, { a: 2, b: 'x' })).toEqual({
      data: { list: '{"v":[1,2]}', filter: '{"v":{"text":"x","size":2,"colour":"RED"}}' },
    });
    expect(await ask(document, { b: 'x' })).toEqual({
      data: { list: '{"v":[1,null]}', filter: '{"v":{"text":"x","size":10,"colour":"RED"}}' },
    });
  });

  it('is not read where no variable has its name', async () => {
    expect(await askWith('int', 'Int', { v: 1, other: 'wrong' })).toEqual({ data: { int: '{"v":1}' } });
  });
});

describe('a request is refused, and nothing resolved, where a value', () => {
  it.each([
    {
      type: 'Int',
      value: 1.5,
      message: 'Variable "$v" has invalid value: Int cannot represent non-integer value: 1.5',
    },
    {
      type: 'Int',
      value: 2 ** 31,
      message:
        'Variable "$v" has invalid value: Int cannot represent non 32-bit signed integer value: 2147483648',
    },
    {
      type: 'Int',
      value: '1',
      message: 'Variable "$v" has invalid value: Int cannot represent non-integer value: "1"',
    },
    {
      type: 'Float',
      value: 'x',
      message: 'Variable "$v" has invalid value: Float cannot represent non numeric value: "x"',
    },
    {
      type: 'String',
      value: ['a'],
      message: 'Variable "$v" has invalid value: String cannot represent a non string value: ["a"]',
    },
    {
      type: 'Boolean',
      value: 0,
      message: 'Variable "$v" has invalid value: Boolean cannot represent a non boolean value: 0',
    },
    {
      type: 'Colour',
      value: 'GREAN',
      message:
        'Variable "$v" has invalid value: Value "GREAN" does not exist in "Colour" enum. Did you mean the enum value "GREEN" or "RED"?',
    },
    {
      type: 'Colour',
      value: 1,
      message: 'Variable "$v" has invalid value: Enum "Colour" cannot represent non-string value: 1.',
    },
    {
      type: '[Int!]',
      value: [1, null],
      message:
        'Variable "$v" has invalid value at [1]: Expected value of non-null type "Int!" not to be null.',
    },
    {
      type: '[Int]',
      value: ['x'],
      message: 'Variable "$v" has invalid value at [0]: Int cannot represent non-integer value: "x"',
    },
    {
      type: 'Filter',
      value: 'text',
      message:
        'Variable "$v" has invalid value: Expected value of type "Filter" to be an object, found: "text".',
    },
    {
      type: 'Filter',
      value: {},
      message:
        'Variable "$v" has invalid value: Expected value of type "Filter" to include required field "text", found: {}.',
    },
    {
      type: 'Filter',
      value: { text: 'a', inner: { text: 1 } },
      message:
        'Variable "$v" has invalid value at .inner.text: String cannot represent a non string value: 1',
    },
    {
      type: 'Filter',
      value: { text: 'a', sise: 1 },
      message:
        'Variable "$v" has invalid value: Expected value of type "Filter" not to include unknown field "sise". Did you mean "size"? Found: { text: "a", sise: 1 }.',
    },
    {
      type: 'Odd',
      value: 'plainly',
      message:
        'Variable "$v" has invalid value: Expected value of type "Odd", but encountered error "not today"; found: "plainly".',
    },
    {
      type: 'Odd',
      value: 'nothing',
      message: 'Variable "$v" has invalid value: Expected value of type "Odd", found: "nothing".',
    },
    {
      type: 'Int!',
      value: null,
      message: 'Variable "$v" has invalid value: Expected value of non-null type "Int!" not to be null.',
    },
    {
      type: 'Int!',
      value: undefined,
      message: 'Variable "$v" has invalid value: Expected a value of non-null type "Int!" to be provided.',
    },
  ])('of $type is $value', async ({ type, value, message }) => {
    expect(await askWith('odd', type, { v: value })).toEqual(refused(message));
  });

  it('is refused by a scalar’s own error, whose extensions are kept', async () => {
    const { errors } = await askWith('odd', 'Odd', { v: 'coded' });
    expect(errors).toEqual([
      {
        message: 'Variable "$v" has invalid value: never',
        locations: [{ line: 1, column: 8 }],
        extensions: { code: 'NEVER' },
      },
    ]);
  });
});

describe('of an input object of which exactly one field is wanted', () => {
  const rule =
    'Within OneOf Input Object type "Choice", exactly one field must be specified, and the value for that field must be non-null.';

  it.each([{ value: {} }, { value: { a: 'x', b: 1 } }, { value: { a: 'x', b: null } }])(
    '$value is refused',
    async ({ value }) => {
      expect(await askWith('choice', 'Choice', { v: value })).toEqual(
        refused(`Variable "$v" has invalid value: ${rule}`),
      );
    },
  );

  it('one field that is null is refused at that field', async () => {
    expect(await askWith('choice', 'Choice', { v: { a: null } })).toEqual(
      refused(`Variable "$v" has invalid value at .a: ${rule}`),
    );
  });

  it('a variable as its one field is read', async () => {
    expect(await ask('query ($b: Int!) { choice(v: { b: $b }) }', { b: 3 })).toEqual({
      data: { choice: '{"v":{"b":3}}' },
    });
  });

  it('a variable without a value as its one field fails the field', async () => {
    const answer = await ask('query ($b: Int) { choice(v: { b: $b }) }', {});
    expect(answer.data).toEqual({ choice: null });
    expect(answer.errors).toEqual([
      {
        message:
          'Argument "Query.choice(v:)" has invalid value: Expected variable "$b" provided to field "b" for OneOf Input Object type "Choice" to provide a runtime value.',
        locations: [{ line: 1, column: 29 }],
        path: ['choice'],
      },
    ]);
  });
});

describe('several wrong values', () => {
  const document = 'query ($a: Int!, $b: [Int!], $c: Colour) { int(v: $a) strict(v: $b) colour(v: $c) }';
  const wrong = { b: [null, 'x', 1], c: 'BLUE' };
  const first = 'Variable "$a" has invalid value: Expected a value of non-null type "Int!" to be provided.';

  it('are all reported, in the order of the variables', async () => {
    const { errors } = await ask(document, wrong);
    expect(errors?.map(({ message }) => message)).toEqual([
      first,
      'Variable "$b" has invalid value at [0]: Expected value of non-null type "Int!" not to be null.',
      'Variable "$b" has invalid value at [1]: Int cannot represent non-integer value: "x"',
      'Variable "$c" has invalid value: Value "BLUE" does not exist in "Colour" enum.',
    ]);
  });

  it('are reported up to as many as the caller allows', async () => {
    const { errors } = await ask(document, wrong, { options: { maxCoercionErrors: 2 } });
    expect(errors?.map(({ message }) => message)).toEqual([
      first,
      'Variable "$b" has invalid value at [0]: Expected value of non-null type "Int!" not to be null.',
      'Too many errors processing variables, error limit reached. Execution aborted.',
    ]);
  });

  it('are reported up to 50 where the caller says nothing', async () => {
    const { errors } = await askWith('strict', '[Int!]!', { v: Array(60).fill('x') });
    expect(errors).toHaveLength(51);
    expect(errors?.at(-1)?.message).toMatch(/^Too many errors/);
  });
});

describe('suggestions', () => {
  it('are left out where the caller hides them', async () => {
    const rest = { hideSuggestions: true };
    expect(await askWith('filter', 'Filter', { v: { text: 'a', sise: 1 } }, rest)).toEqual(
      refused(
        'Variable "$v" has invalid value: Expected value of type "Filter" not to include unknown field "sise", found: { text: "a", sise: 1 }.',
      ),
    );
    expect(await askWith('colour', 'Colour', { v: 'GREAN' }, rest)).toEqual(
      refused('Variable "$v" has invalid value: Value "GREAN" does not exist in "Colour" enum.'),
    );
  });

  it('are left out of arguments’ errors too', async () => {
    const document = '{ colour(v: GREAN) }';
    const message =
      'Argument "Query.colour(v:)" has invalid value: Value "GREAN" does not exist in "Colour" enum.';
    const rest = { hideSuggestions: true };
    expect((await ask(document, undefined, rest)).errors?.[0]?.message).toBe(message);
    expect((await ask(document)).errors?.[0]?.message).toBe(
      `${message} Did you mean the enum value "GREEN" or "RED"?`,
    );
  });
});
