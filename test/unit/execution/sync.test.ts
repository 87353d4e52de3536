import { buildSchema, type ExecutionResult } from 'graphql';
import { expect, it } from 'vitest';
import { argumentsOf, executedByPlan } from '../../support/execution/both-execute.ts';
import { schemaWith } from '../../support/execution/schema-with.ts';

const schema = buildSchema(`
  type Query { now: String, later: String, must: String!, list: [Query], node: Query }
  type Mutation { now: String, later: String }
`);

function executed(document: string, rootValue: unknown): ExecutionResult | Promise<ExecutionResult> {
  return executedByPlan(argumentsOf({ schema, document, rootValue }));
}

it('returns a result, no promise, where nothing is asynchronous', () => {
  const rootValue = { now: () => 'now', list: new Set([{ now: 1 }]), node: { now: 'inner' } };
  expect(executed('{ now list { now } node { now } }', rootValue)).toEqual({
    data: { now: 'now', list: [{ now: '1' }], node: { now: 'inner' } },
  });
});

it('returns a result, no promise, of a mutation where nothing is asynchronous', () => {
  expect(executed('mutation { now again: now }', { now: 'now' })).toEqual({
    data: { now: 'now', again: 'now' },
  });
});

it('returns errors as they are where nothing is asynchronous', () => {
  const failing = () => {
    throw new Error('broken');
  };
  expect(executed('{ now must }', { now: failing, must: failing })).toMatchObject({
    data: null,
    errors: [{ message: 'broken' }, { message: 'broken' }],
  });
});

it('returns wrong variables’ errors as they are', () => {
  const document = 'query ($v: Boolean!) { now @skip(if: $v) }';
  expect(executed(document, {})).toMatchObject({ errors: [{ path: undefined }] });
});

it.each([
  {
    what: 'a field',
    document: '{ now later }',
    rootValue: { now: 1, later: async () => 2 },
    data: { now: '1', later: '2' },
  },
  {
    what: 'an item',
    document: '{ list { now } }',
    rootValue: { list: [{ now: 1 }, Promise.resolve({ now: 2 })] },
    data: { list: [{ now: '1' }, { now: '2' }] },
  },
  {
    what: 'something deep',
    document: '{ node { node { later } } now }',
    rootValue: { now: 1, node: { node: { later: async () => 2 } } },
    data: { node: { node: { later: '2' } }, now: '1' },
  },
  {
    what: 'a mutation',
    document: 'mutation { later now }',
    rootValue: { now: 1, later: async () => 2 },
    data: { later: '2', now: '1' },
  },
])('returns a promise where $what is asynchronous, with fields in the document’s order', async (given) => {
  const returned = executed(given.document, given.rootValue);
  expect(returned).toBeInstanceOf(Promise);
  expect(JSON.stringify(await returned)).toBe(JSON.stringify({ data: given.data }));
});

it('returns a promise where a type is told apart asynchronously', async () => {
  const abstract = schemaWith(
    'type Query { pet: Pet } interface Pet { name: String } type Dog implements Pet { name: String }',
    {
      Pet: { resolveType: async () => 'Dog' },
    },
  );
  const args = argumentsOf({
    schema: abstract,
    document: '{ pet { name } }',
    rootValue: { pet: { name: 'Odie' } },
  });
  const returned = executedByPlan(args);
  expect(returned).toBeInstanceOf(Promise);
  expect(await returned).toEqual({ data: { pet: { name: 'Odie' } } });
});

it('returns no promise where asynchronous fields are skipped', () => {
  const rootValue = { now: 1, later: async () => 2 };
  expect(executed('{ now later @skip(if: true) }', rootValue)).toEqual({ data: { now: '1' } });
});

it('answers many requests of one document side by side', async () => {
  const args = argumentsOf({ schema, document: '{ node { later } now }' });
  const answers = [1, 2, 3].map((value) =>
    executedByPlan({ ...args, rootValue: { now: value, node: { later: async () => value } } }),
  );
  expect(await Promise.all(answers)).toEqual(
    [1, 2, 3].map((value) => ({ data: { node: { later: String(value) }, now: String(value) } })),
  );
});
