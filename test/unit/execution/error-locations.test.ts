import { buildSchema, GraphQLError, parse, Source } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bothExecute, executedByPlan } from '../../support/execution/both-execute.ts';

const schema = buildSchema('type Query { field: String, node: Query, nodes: [Query] }');
const failing = (error: unknown) => () => {
  throw error;
};

function ask(document: string, rootValue: () => unknown) {
  return bothExecute(() => ({ schema, document, rootValue: rootValue() }));
}

describe('an error’s location', () => {
  it('is where the field stands, not where its alias or its fragment does', async () => {
    const document = `
      {
        node { ...Failing }
      }
      fragment Failing on Query {
        alias: field
      }
    `;
    expect(await ask(document, () => ({ node: { field: failing(new Error('broken')) } }))).toEqual({
      data: { node: { alias: null } },
      errors: [{ message: 'broken', locations: [{ line: 6, column: 9 }], path: ['node', 'alias'] }],
    });
  });

  it('is everywhere where the field is mentioned', async () => {
    const document = `{
      node { field }
      ... { node { field } }
      ...Again
    }
    fragment Again on Query { node { field } }`;
    const { errors } = await ask(document, () => ({ node: { field: failing(new Error('broken')) } }));
    expect(errors?.[0]?.locations).toEqual([
      { line: 2, column: 14 },
      { line: 3, column: 20 },
      { line: 6, column: 38 },
    ]);
  });

  it('leaves out mentions that are skipped', async () => {
    const document = '{ field field @skip(if: true) field @include(if: true) }';
    const { errors } = await ask(document, () => ({ field: failing(new Error('broken')) }));
    expect(errors?.[0]?.locations).toEqual([
      { line: 1, column: 3 },
      { line: 1, column: 31 },
    ]);
  });

  it('counts from where the source says it begins', () => {
    const source = new Source('{ field }', 'app.graphql', { line: 10, column: 5 });
    const rootValue = { field: failing(new Error('broken')) };
    expect(executedByPlan({ schema, document: parse(source), rootValue })).toMatchObject({
      errors: [{ locations: [{ line: 1, column: 3 }], source: { name: 'app.graphql' } }],
    });
  });

  it('is missing where the document was parsed without locations', () => {
    const document = parse('{ field }', { noLocation: true });
    const rootValue = { field: failing(new Error('broken')) };
    const { errors } = executedByPlan({ schema, document, rootValue }) as { errors: GraphQLError[] };
    expect(errors.map((error) => error.toJSON())).toEqual([{ message: 'broken', path: ['field'] }]);
  });
});

describe('an error', () => {
  it('keeps the thrown one as its original', () => {
    const thrown = new TypeError('broken');
    const args = { schema, document: parse('{ field }'), rootValue: { field: failing(thrown) } };
    const { errors } = executedByPlan(args) as { errors: GraphQLError[] };
    expect(errors[0]).toBeInstanceOf(GraphQLError);
    expect(errors[0]?.originalError).toBe(thrown);
    expect(errors[0]?.stack).toBe(thrown.stack);
    expect(errors[0]?.nodes).toHaveLength(1);
  });

  it('keeps extensions of the thrown one, be it graphql’s or another', async () => {
    const coded = new GraphQLError('coded', { extensions: { code: 'CODED' } });
    const plain = Object.assign(new Error('plain'), { extensions: { code: 'PLAIN' } });
    for (const [error, code] of [
      [coded, 'CODED'],
      [plain, 'PLAIN'],
    ] as const) {
      const { errors } = await ask('{ node { field } }', () => ({ node: { field: failing(error) } }));
      expect(errors).toEqual([
        {
          message: error.message,
          locations: [{ line: 1, column: 10 }],
          path: ['node', 'field'],
          extensions: { code },
        },
      ]);
    }
  });

  it('that has a path already is passed on as it is', async () => {
    const located = () => new GraphQLError('located', { path: ['elsewhere'] });
    expect(await ask('{ field }', () => ({ field: failing(located()) }))).toEqual({
      data: { field: null },
      errors: [{ message: 'located', path: ['elsewhere'] }],
    });
  });

  it('thrown in two places is reported for each', async () => {
    const error = new Error('shared');
    expect(await ask('{ field other: field }', () => ({ field: failing(error) }))).toEqual({
      data: { field: null, other: null },
      errors: [
        { message: 'shared', locations: [{ line: 1, column: 3 }], path: ['field'] },
        { message: 'shared', locations: [{ line: 1, column: 9 }], path: ['other'] },
      ],
    });
  });

  it('has indexes and aliases in its path', async () => {
    const rootValue = () => ({ nodes: [{}, { node: { nodes: [{ field: failing(new Error('deep')) }] } }] });
    const { errors } = await ask('{ a: nodes { b: node { c: nodes { d: field } } } }', rootValue);
    expect(errors?.map(({ path }) => path)).toEqual([['a', 1, 'b', 'c', 0, 'd']]);
  });
});

it('puts errors in the order in which they happened', async () => {
  const later = (message: string, turns: number) => async () => {
    for (let turn = 0; turn < turns; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(message);
  };
  const rootValue = () => ({
    node: { field: later('third', 2) },
    nodes: [{ field: later('second', 1) }],
    field: failing(new Error('first')),
  });
  const { errors } = await ask('{ node { field } nodes { field } field }', rootValue);
  expect(errors?.map(({ message }) => message)).toEqual(['first', 'second', 'third']);
});
