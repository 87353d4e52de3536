import {
  buildSchema,
  GraphQLEnumType,
  GraphQLObjectType,
  type GraphQLScalarType,
  GraphQLSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { bothExecute } from '../../support/execution/both-execute.ts';

function leaf(type: string, value: unknown, schema = buildSchema(`type Query { leaf: ${type} } scalar Odd`)) {
  return bothExecute(() => ({ schema, document: '{ leaf }', rootValue: { leaf: () => value } }));
}

function refused(message: string) {
  return {
    data: { leaf: null },
    errors: [{ message, locations: [{ line: 1, column: 3 }], path: ['leaf'] }],
  };
}

describe('a scalar of the specification', () => {
  it.each([
    { type: 'Int', value: 5, written: 5 },
    { type: 'Int', value: '5', written: 5 },
    { type: 'Int', value: true, written: 1 },
    { type: 'Int', value: -(2 ** 31), written: -2147483648 },
    { type: 'Float', value: 1.5, written: 1.5 },
    { type: 'Float', value: '1.5', written: 1.5 },
    { type: 'String', value: 'text', written: 'text' },
    { type: 'String', value: 5, written: '5' },
    { type: 'String', value: { toJSON: () => 'as JSON' }, written: 'as JSON' },
    { type: 'Boolean', value: 0, written: false },
    { type: 'ID', value: 5, written: '5' },
  ])('writes $value as $type', async ({ type, value, written }) => {
    expect(await leaf(type, value)).toEqual({ data: { leaf: written } });
  });

  it.each([
    {
      type: 'Int',
      value: 2 ** 31,
      message: 'Int cannot represent non 32-bit signed integer value: 2147483648',
    },
    { type: 'Int', value: 1.5, message: 'Int cannot represent non-integer value: 1.5' },
    { type: 'Int', value: '', message: 'Int cannot represent non-integer value: ""' },
    { type: 'Float', value: Number.NaN, message: 'Float cannot represent non numeric value: NaN' },
    {
      type: 'Float',
      value: Number.POSITIVE_INFINITY,
      message: 'Float cannot represent non numeric value: Infinity',
    },
    { type: 'String', value: {}, message: 'String cannot represent value: {}' },
    { type: 'Boolean', value: 'true', message: 'Boolean cannot represent a non boolean value: "true"' },
    { type: 'ID', value: 1.5, message: 'ID cannot represent value: 1.5' },
  ])('refuses $value as $type', async ({ type, value, message }) => {
    expect(await leaf(type, value)).toEqual(refused(message));
  });
});

describe('a project’s own scalar', () => {
  const odd = (write: (value: unknown) => unknown) => {
    const schema = buildSchema('type Query { leaf: Odd } scalar Odd');
    (schema.getType('Odd') as GraphQLScalarType).coerceOutputValue = write;
    return schema;
  };

  it('writes what its function makes of the value', async () => {
    expect(
      await leaf(
        'Odd',
        5,
        odd((value) => ({ odd: [value] })),
      ),
    ).toEqual({ data: { leaf: { odd: [5] } } });
  });

  it('is not asked about null', async () => {
    expect(
      await leaf(
        'Odd',
        null,
        odd(() => 'written'),
      ),
    ).toEqual({ data: { leaf: null } });
  });

  it.each([null, undefined])('must not write %s', async (nothing) => {
    expect(
      await leaf(
        'Odd',
        { a: 1 },
        odd(() => nothing),
      ),
    ).toEqual(
      refused(
        `Expected \`Odd.coerceOutputValue({ a: 1 })\` to return non-nullable value, returned: ${nothing}`,
      ),
    );
  });

  it('has the errors of its function', async () => {
    const fails = () => {
      throw new Error('cannot write it');
    };
    expect(await leaf('Odd', 5, odd(fails))).toEqual(refused('cannot write it'));
  });
});

describe('an enum', () => {
  const colour = new GraphQLEnumType({ name: 'Colour', values: { RED: { value: 1 }, GREEN: {} } });
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { leaf: { type: colour } } }),
  });

  it('writes the name of an internal value', async () => {
    expect(await leaf('Colour', 1, schema)).toEqual({ data: { leaf: 'RED' } });
    expect(await leaf('Colour', 'GREEN', schema)).toEqual({ data: { leaf: 'GREEN' } });
  });

  it('refuses what none of its names stands for', async () => {
    expect(await leaf('Colour', 'RED', schema)).toEqual(
      refused('Enum "Colour" cannot represent value: "RED"'),
    );
  });
});
