import { buildSchema, type GraphQLResolveInfo, print, responsePathAsArray } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  argumentsOf,
  bothExecute,
  executedByPlan,
  type Question,
} from '../../support/execution/both-execute.ts';
import { schemaWith } from '../../support/execution/schema-with.ts';

describe('a field without a resolver', () => {
  const schema = buildSchema('type Query { field(a: Int, b: Int = 2): String, inner: Query }');
  const ask = (rootValue: () => unknown, rest?: Partial<Question>) =>
    bothExecute(() => ({ schema, document: '{ field(a: 1) }', rootValue: rootValue(), ...rest }));

  it('is the property of its name', async () => {
    expect(await ask(() => ({ field: 'property' }))).toEqual({ data: { field: 'property' } });
  });

  it('is what the method of its name returns, called on its owner with arguments, context and info', async () => {
    class Root {
      readonly own = 'own';
      field(args: unknown, context: unknown, info: GraphQLResolveInfo) {
        return [this.own, JSON.stringify(args), context, info.fieldName].join(' ');
      }
    }
    expect(await ask(() => new Root(), { contextValue: 'context' })).toEqual({
      data: { field: 'own {"a":1,"b":2} context field' },
    });
  });

  it('is inherited too, and may be a getter', async () => {
    class Root {
      get field() {
        return 'got';
      }
    }
    class Child extends Root {}
    expect(await ask(() => new Child())).toEqual({ data: { field: 'got' } });
  });

  it('is a property of a function as well', async () => {
    expect(await ask(() => Object.assign(() => 'called', { field: 'of a function' }))).toEqual({
      data: { field: 'of a function' },
    });
  });

  it.each([undefined, null, 5, 'text'])('is null where its owner is %s', async (owner) => {
    expect(await ask(() => owner)).toEqual({ data: { field: null } });
  });

  it('has the error of a getter that throws', async () => {
    const rootValue = () => ({
      get field() {
        throw new Error('unreadable');
      },
    });
    expect(await ask(rootValue)).toEqual({
      data: { field: null },
      errors: [{ message: 'unreadable', locations: [{ line: 1, column: 3 }], path: ['field'] }],
    });
  });

  it('is asked of the caller’s own default resolver', async () => {
    const fieldResolver: Question['fieldResolver'] = (source, args, context, info) =>
      [source, JSON.stringify(args), context, info.fieldName].join(' ');
    expect(await ask(() => 'source', { fieldResolver, contextValue: 'context' })).toEqual({
      data: { field: 'source {"a":1,"b":2} context field' },
    });
  });
});

describe('a resolver', () => {
  const SDL = `
    type Query { shout(text: String, times: Int = 2, tags: [String!]): String, node: Node }
    type Node { leaf: String, self: Node }
  `;

  it('gets its parent’s value, its arguments, the context and info', async () => {
    const heard: unknown[] = [];
    const schema = schemaWith(SDL, {
      Node: {
        fields: { leaf: (source, args, context, info) => heard.push(source, args, context, info.path) },
      },
    });
    const rootValue = { node: { is: 'the parent' } };
    const contextValue = { is: 'the context' };
    const question = () => ({ schema, document: '{ node { alias: leaf } }', rootValue, contextValue });
    executedByPlan(argumentsOf(question()));
    const path = {
      prev: { prev: undefined, key: 'node', typename: 'Query' },
      key: 'alias',
      typename: 'Node',
    };
    expect(heard).toEqual([rootValue.node, {}, contextValue, path]);
    expect(heard[0]).toBe(rootValue.node);
    expect(heard[2]).toBe(contextValue);
  });

  it.each([
    { asked: 'shout', args: { times: 2 } },
    { asked: 'shout(text: "a", times: 3)', args: { text: 'a', times: 3 } },
    { asked: 'shout(times: null, tags: ["x", "y"])', args: { times: null, tags: ['x', 'y'] } },
    { asked: 'shout(tags: "x")', args: { times: 2, tags: ['x'] } },
  ])('gets the arguments of $asked, with defaults and without what is missing', async ({ asked, args }) => {
    const heard: unknown[] = [];
    const schema = schemaWith(SDL, {
      Query: {
        fields: {
          shout: (_source, given) => {
            heard.push(given, Object.keys(given), 'toString' in given);
          },
        },
      },
    });
    expect(await bothExecute(() => ({ schema, document: `{ ${asked} }` }))).toEqual({
      data: { shout: null },
    });
    const inOrderOfSchema = ['text', 'times', 'tags'].filter((name) => name in args);
    expect(heard).toEqual([args, inOrderOfSchema, false, args, inOrderOfSchema, false]);
  });

  it('may change its arguments without the next request seeing it', async () => {
    const schema = schemaWith(SDL, {
      Query: {
        fields: {
          shout: (_source, given) => {
            (given.tags as string[]).push('added');
            given.text = 'changed';
            return JSON.stringify(given);
          },
        },
      },
    });
    const args = argumentsOf({ schema, document: '{ shout(text: "a", tags: ["x"]) }' });
    const first = executedByPlan(args);
    expect(first).toEqual({ data: { shout: '{"text":"changed","times":2,"tags":["x","added"]}' } });
    expect(executedByPlan(args)).toEqual(first);
  });

  it('reads everything in info that graphql-js gives', async () => {
    const seen: unknown[] = [];
    const schema = schemaWith(SDL, {
      Node: {
        fields: {
          leaf: (_source, _args, _context, info) => {
            seen.push({
              keys: Object.keys(info),
              field: `${info.parentType}.${info.fieldName}: ${info.returnType}`,
              path: responsePathAsArray(info.path),
              nodes: info.fieldNodes.map((node) => print(node)),
              operation: info.operation.name?.value,
              fragments: Object.keys(info.fragments),
              variables: { ...info.variableValues.coerced },
              isSchema: info.schema === schema,
              root: info.rootValue,
              signal: info.getAbortSignal() instanceof AbortSignal,
              helpers: Object.keys(info.getAsyncHelpers()),
            });
          },
        },
      },
    });
    const document = `
      query Named($v: Int = 3, $w: Int) { node { self { leaf ...Leaf } } }
      query Other { node { leaf } }
      fragment Leaf on Node { leaf @include(if: true) }
    `;
    const node = { self: {} };
    await bothExecute(() => ({ schema, document, operationName: 'Named', rootValue: { node } }));
    const expected = {
      keys: [
        ...[
          'fieldName',
          'fieldNodes',
          'returnType',
          'parentType',
          'path',
          'schema',
          'fragments',
          'rootValue',
        ],
        ...['operation', 'variableValues', 'getAbortSignal', 'getAsyncHelpers'],
      ],
      field: 'Node.leaf: String',
      path: ['node', 'self', 'leaf'],
      nodes: ['leaf', 'leaf @include(if: true)'],
      operation: 'Named',
      fragments: ['Leaf'],
      variables: { v: 3 },
      isSchema: true,
      root: { node },
      signal: true,
      helpers: ['promiseAll', 'track'],
    };
    expect(seen).toEqual([expected, expected]);
  });
});

describe('what a resolver returns', () => {
  const schema = buildSchema('type Query { field: String }');
  const ask = (field: unknown) =>
    bothExecute(() => ({ schema, document: '{ field }', rootValue: { field: () => field } }));

  it('may be any object with a then method', async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is what is tried
    const thenable = { then: (resolve: (value: string) => void) => resolve('later') };
    expect(await ask(thenable)).toEqual({ data: { field: 'later' } });
  });

  it.each([
    { value: 'text', message: 'Unexpected error value: "text"' },
    { value: undefined, message: 'Unexpected error value: undefined' },
    { value: { code: 1 }, message: 'Unexpected error value: { code: 1 }' },
  ])('is an error that shows $value where it rejects with that', async ({ value, message }) => {
    expect(await ask(Promise.reject(value))).toEqual({
      data: { field: null },
      errors: [{ message, locations: [{ line: 1, column: 3 }], path: ['field'] }],
    });
  });

  it('must be representable by its type', async () => {
    expect(await ask({ no: 'text' })).toEqual({
      data: { field: null },
      errors: [
        {
          message: 'String cannot represent value: { no: "text" }',
          locations: [{ line: 1, column: 3 }],
          path: ['field'],
        },
      ],
    });
  });
});
