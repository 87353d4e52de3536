import { type GraphQLTypeResolver, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bothExecute } from '../../support/execution/both-execute.ts';
import { schemaWith, type TypeFunctions } from '../../support/execution/schema-with.ts';

const SDL = `
  type Query { pets: [Pet] }
  interface Pet { name: String }
  type Dog implements Pet { name: String, barks: Boolean }
  type Cat implements Pet { name: String, meows: Boolean }
  type Stone { name: String }
  scalar Colour
`;
const DOCUMENT = `{
  pets { __typename name ... on Dog { barks } ... on Cat { meows } }
}`;

class Dog {
  name = 'Odie';
  barks = true;
}
class Cat {
  name = 'Garfield';
  meows = false;
}

function ask(
  functions: Readonly<Record<string, TypeFunctions>>,
  pets: () => unknown = () => [new Dog(), new Cat()],
) {
  const schema = schemaWith(SDL, functions);
  return bothExecute(() => ({ schema, document: DOCUMENT, rootValue: { pets: pets() } }));
}

const BOTH = {
  data: {
    pets: [
      { __typename: 'Dog', name: 'Odie', barks: true },
      { __typename: 'Cat', name: 'Garfield', meows: false },
    ],
  },
};

function fails(message: string) {
  return {
    data: { pets: [null, null] },
    errors: [0, 1].map((index) => ({
      message,
      locations: [{ line: 2, column: 3 }],
      path: ['pets', index],
    })),
  };
}

describe('the type of a value', () => {
  const typeName: GraphQLTypeResolver<unknown, unknown> = (value) => (value instanceof Dog ? 'Dog' : 'Cat');

  it('is what resolveType says', async () => {
    expect(await ask({ Pet: { resolveType: typeName } })).toEqual(BOTH);
  });

  it('is what resolveType promises', async () => {
    const resolveType: typeof typeName = async (...args) => typeName(...args);
    expect(await ask({ Pet: { resolveType } })).toEqual(BOTH);
  });

  it('is its __typename where nobody else is asked', async () => {
    const named = () => [
      { __typename: 'Dog', name: 'Odie', barks: true },
      { __typename: 'Cat', name: 'Garfield', meows: false },
    ];
    expect(await ask({}, named)).toEqual(BOTH);
  });

  it('is the first whose isTypeOf agrees', async () => {
    const functions = {
      Dog: { isTypeOf: (value: unknown) => value instanceof Dog },
      Cat: { isTypeOf: (value: unknown) => value instanceof Cat },
    };
    expect(await ask(functions)).toEqual(BOTH);
  });

  it('is the first whose isTypeOf agrees later', async () => {
    const functions = {
      Dog: { isTypeOf: async (value: unknown) => value instanceof Dog },
      Cat: { isTypeOf: async (value: unknown) => value instanceof Cat },
    };
    expect(await ask(functions)).toEqual(BOTH);
  });

  it('is what the caller’s own type resolver says', async () => {
    const schema = schemaWith(SDL, {});
    const rootValue = { pets: [new Dog(), new Cat()] };
    const question = { schema, document: DOCUMENT, rootValue, typeResolver: typeName };
    expect(await bothExecute(() => question)).toEqual(BOTH);
  });

  it('is told what is asked for', async () => {
    const heard: unknown[] = [];
    const schema = schemaWith(SDL, {
      Pet: {
        resolveType: (value, context, info, type) => {
          heard.push([value instanceof Dog, context, info.fieldName, String(info.returnType), type.name]);
          return 'Dog';
        },
      },
    });
    const question = {
      schema,
      document: DOCUMENT,
      rootValue: { pets: [new Dog()] },
      contextValue: 'context',
    };
    await bothExecute(() => question);
    expect(heard).toEqual(Array(2).fill([true, 'context', 'pets', '[Pet]', 'Pet']));
  });
});

describe('a value of no usable type is null, with an error', () => {
  const answer = (type: unknown) => ask({ Pet: { resolveType: () => type as string } });

  it('when resolveType knows none', async () => {
    expect(await answer(undefined)).toEqual(
      fails(
        'Abstract type "Pet" must resolve to an Object type at runtime for field "Query.pets". Either the "Pet" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.',
      ),
    );
  });

  it('when no isTypeOf agrees', async () => {
    const no = { isTypeOf: () => false };
    expect(await ask({ Dog: no, Cat: { isTypeOf: async () => false } })).toEqual(
      fails(
        'Abstract type "Pet" must resolve to an Object type at runtime for field "Query.pets". Either the "Pet" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.',
      ),
    );
  });

  it('when the schema does not have it', async () => {
    expect(await answer('Human')).toEqual(
      fails('Abstract type "Pet" was resolved to a type "Human" that does not exist inside the schema.'),
    );
  });

  it('when it is no object', async () => {
    expect(await answer('Colour')).toEqual(
      fails('Abstract type "Pet" was resolved to a non-object type "Colour".'),
    );
  });

  it('when it is an object of another kind', async () => {
    expect(await answer('Stone')).toEqual(
      fails('Runtime Object type "Stone" is not a possible type for "Pet".'),
    );
  });

  it('when it is not given by name', async () => {
    const schema = schemaWith(SDL, {
      Pet: { resolveType: (_value, _context, info) => info.schema.getType('Dog') as unknown as string },
    });
    expect(isObjectType(schema.getType('Dog'))).toBe(true);
    const question = { schema, document: '{ pets { name } }', rootValue: { pets: [{ name: 'Odie' }] } };
    expect(await bothExecute(() => question)).toEqual({
      data: { pets: [null] },
      errors: [
        {
          message:
            'Abstract type "Pet" must resolve to an Object type at runtime for field "Query.pets" with value { name: "Odie" }, received "Dog", which is not a valid Object type name.',
          locations: [{ line: 1, column: 3 }],
          path: ['pets', 0],
        },
      ],
    });
  });

  it.each([
    {
      how: 'throws',
      resolveType: () => {
        throw new Error('cannot tell');
      },
    },
    { how: 'rejects', resolveType: () => Promise.reject(new Error('cannot tell')) },
  ])('when resolveType $how', async ({ resolveType }) => {
    expect(await ask({ Pet: { resolveType } })).toEqual(fails('cannot tell'));
  });

  it.each([
    {
      how: 'throws',
      isTypeOf: () => {
        throw new Error('cannot tell');
      },
    },
    { how: 'rejects', isTypeOf: () => Promise.reject(new Error('cannot tell')) },
  ])('when an isTypeOf $how', async ({ isTypeOf }) => {
    expect(await ask({ Dog: { isTypeOf }, Cat: { isTypeOf: () => false } })).toEqual(fails('cannot tell'));
  });
});

describe('an object whose isTypeOf', () => {
  const sdl = 'type Query { dog: Dog } type Dog { name: String }';
  const askDog = (isTypeOf: () => boolean | Promise<boolean>) => {
    const schema = schemaWith(sdl, { Dog: { isTypeOf } });
    return bothExecute(() => ({
      schema,
      document: '{ dog { name } }',
      rootValue: { dog: { name: 'Odie' } },
    }));
  };
  const refused = {
    data: { dog: null },
    errors: [
      {
        message: 'Expected value of type "Dog" but got: { name: "Odie" }.',
        locations: [{ line: 1, column: 3 }],
        path: ['dog'],
      },
    ],
  };

  it('agrees is asked for its fields', async () => {
    expect(await askDog(() => true)).toEqual({ data: { dog: { name: 'Odie' } } });
    expect(await askDog(async () => true)).toEqual({ data: { dog: { name: 'Odie' } } });
  });

  it('disagrees is null with an error that shows the value', async () => {
    expect(await askDog(() => false)).toEqual(refused);
    expect(await askDog(async () => false)).toEqual(refused);
  });
});
