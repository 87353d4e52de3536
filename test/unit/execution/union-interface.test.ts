import { describe, expect, it } from 'vitest';
import { bothExecute } from '../../support/execution/both-execute.ts';
import { schemaWith } from '../../support/execution/schema-with.ts';

const schema = schemaWith(
  `
  interface Life { progeny: [Life] }
  interface Mammal implements Life { progeny: [Mammal], mother: Mammal }
  interface Named { name: String }
  type Dog implements Life & Mammal & Named { name: String, progeny: [Dog], mother: Dog, barks: Boolean }
  type Cat implements Life & Mammal & Named { name: String, progeny: [Cat], mother: Cat, meows: Boolean }
  type Person implements Life & Mammal & Named {
    name: String
    progeny: [Person]
    mother: Person
    pets: [Pet]
    friends: [Named]
  }
  union Pet = Dog | Cat
  type Query { person: Person }
`,
  {},
);

const garfield = { __typename: 'Cat', name: 'Garfield', meows: false, progeny: [] };
const odie = {
  __typename: 'Dog',
  name: 'Odie',
  barks: true,
  mother: { __typename: 'Dog', name: 'Odie’s mother', barks: true },
};
const liz = { __typename: 'Person', name: 'Liz' };
const john = { __typename: 'Person', name: 'John', pets: [garfield, odie], friends: [liz, odie] };

const ask = (document: string) => bothExecute(() => ({ schema, document, rootValue: { person: john } }));

describe('a union', () => {
  it('gives the type’s name and the fields of fragments that fit', async () => {
    const document = '{ person { pets { __typename ... on Dog { name barks } ... on Cat { name meows } } } }';
    expect(await ask(document)).toEqual({
      data: {
        person: {
          pets: [
            { __typename: 'Cat', name: 'Garfield', meows: false },
            { __typename: 'Dog', name: 'Odie', barks: true },
          ],
        },
      },
    });
  });

  it('gives the fields of an interface that its members implement', async () => {
    const document = '{ person { pets { ... on Named { name } ... on Mammal { mother { __typename } } } } }';
    expect(await ask(document)).toEqual({
      data: {
        person: {
          pets: [
            { name: 'Garfield', mother: null },
            { name: 'Odie', mother: { __typename: 'Dog' } },
          ],
        },
      },
    });
  });

  it('gives nothing but an empty object where no fragment fits', async () => {
    expect(await ask('{ person { pets { ... on Person { name } } } }')).toEqual({
      data: { person: { pets: [{}, {}] } },
    });
  });
});

describe('an interface', () => {
  it('gives its own fields, and more of them through fragments', async () => {
    const document = `{
      person { friends { name ... on Person { pets { __typename } } ... on Dog { barks mother { name } } } }
    }`;
    expect(await ask(document)).toEqual({
      data: {
        person: {
          friends: [
            { name: 'Liz', pets: null },
            { name: 'Odie', barks: true, mother: { name: 'Odie’s mother' } },
          ],
        },
      },
    });
  });

  it('fits where a type implements it through another interface', async () => {
    expect(await ask('{ person { friends { ... on Life { progeny { __typename } } } } }')).toEqual({
      data: { person: { friends: [{ progeny: null }, { progeny: null }] } },
    });
  });

  it('is a fragment’s condition on an object as well', async () => {
    const document =
      '{ person { ...AsMammal } } fragment AsMammal on Mammal { mother { __typename } ... on Dog { barks } }';
    expect(await ask(document)).toEqual({ data: { person: { mother: null } } });
  });
});

describe('fields asked for in several fragments', () => {
  it('are one field with what each of them selects, in the order of first mention', async () => {
    const document = `
      {
        person {
          ...Pets
          name
          pets { ... on Dog { mother { barks } } __typename }
        }
      }
      fragment Pets on Person { pets { ... on Named { name } ... on Dog { mother { name } } } }
    `;
    const answer = await ask(document);
    expect(JSON.stringify(answer)).toBe(
      JSON.stringify({
        data: {
          person: {
            pets: [
              { name: 'Garfield', __typename: 'Cat' },
              { name: 'Odie', mother: { name: 'Odie’s mother', barks: true }, __typename: 'Dog' },
            ],
            name: 'John',
          },
        },
      }),
    );
  });

  it('may mean different fields in types that exclude each other', async () => {
    const document = '{ person { pets { ... on Dog { sound: barks } ... on Cat { sound: meows } } } }';
    expect(await ask(document)).toEqual({ data: { person: { pets: [{ sound: false }, { sound: true }] } } });
  });
});
