import { describe, expect, it } from 'vitest';
import { ask, askWith } from '../../support/execution/variable-questions.ts';

function refused(...messages: string[]) {
  return { errors: messages.map((message) => ({ message, locations: [{ line: 1, column: 8 }] })) };
}

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
