import { buildSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bothExecute } from '../../support/execution/both-execute.ts';

const broken = () => Promise.reject(new Error('broken'));

function listOf(type: string, list: () => unknown, selection = '') {
  const schema = buildSchema(`type Query { list: ${type} } type Item { index: Int }`);
  return bothExecute(() => ({ schema, document: `{ list${selection} }`, rootValue: { list } }));
}

function errorAt(path: readonly (string | number)[], message: string) {
  return { message, locations: [{ line: 1, column: 3 }], path };
}

describe('what may be a list', () => {
  it.each([
    { kind: 'an array', list: () => [1, 2] },
    { kind: 'a set', list: () => new Set([1, 2]) },
    {
      kind: 'a generator',
      list: function* numbers() {
        yield 1;
        yield 2;
      },
    },
    {
      kind: 'an asynchronous generator',
      list: async function* numbers() {
        yield 1;
        yield 2;
      },
    },
    { kind: 'an array with promises', list: () => [Promise.resolve(1), 2] },
    { kind: 'a promise of an array', list: async () => [1, Promise.resolve(2)] },
    {
      kind: 'an asynchronous iterable that gives promises',
      list: () => ({
        [Symbol.asyncIterator]: () => {
          let next = 0;
          return {
            next: async () => {
              next += 1;
              return { done: next > 2, value: Promise.resolve(next) };
            },
          };
        },
      }),
    },
  ])('$kind is one', async ({ list }) => {
    expect(await listOf('[Int]', list)).toEqual({ data: { list: [1, 2] } });
  });

  it.each([
    { kind: 'a text', value: 'ab' },
    { kind: 'a number', value: 1 },
    { kind: 'an object', value: {} },
    { kind: 'an object with a length', value: { 0: 'a', length: 1 } },
  ])('$kind is none', async ({ value }) => {
    expect(await listOf('[String]', () => value)).toEqual({
      data: { list: null },
      errors: [errorAt(['list'], 'Expected Iterable, but did not find one for field "Query.list".')],
    });
  });

  it('an empty list is a list', async () => {
    expect(await listOf('[Int!]!', () => [])).toEqual({ data: { list: [] } });
  });
});

describe('null in a list', () => {
  const containers = [
    { kind: 'an array', list: (): unknown => [1, null, 2] },
    { kind: 'an array of promises', list: () => [1, Promise.resolve(null), 2] },
    {
      kind: 'an asynchronous iterable',
      list: async function* numbers() {
        yield 1;
        yield null;
        yield 2;
      },
    },
  ];
  const message = 'Cannot return null for non-nullable field Query.list.';

  describe.each(containers)('that is $kind', ({ list }) => {
    it('stays where items may be null', async () => {
      expect(await listOf('[Int]', list)).toEqual({ data: { list: [1, null, 2] } });
      expect(await listOf('[Int]!', list)).toEqual({ data: { list: [1, null, 2] } });
    });

    it('makes the list null where items must not be', async () => {
      expect(await listOf('[Int!]', list)).toEqual({
        data: { list: null },
        errors: [errorAt(['list', 1], message)],
      });
    });

    it('leaves no data where neither may be', async () => {
      expect(await listOf('[Int!]!', list)).toEqual({ data: null, errors: [errorAt(['list', 1], message)] });
    });
  });
});

describe('an item that fails', () => {
  const containers = [
    { kind: 'in an array, by a rejection', list: (): unknown => [1, broken(), 2] },
    { kind: 'in an array, as an error', list: () => [1, new Error('broken'), 2] },
    {
      kind: 'in an asynchronous iterable, as an error',
      list: async function* numbers() {
        yield 1;
        yield new Error('broken');
        yield 2;
      },
    },
  ];

  describe.each(containers)('$kind', ({ list }) => {
    it('is null alone where items may be', async () => {
      expect(await listOf('[Int]!', list)).toEqual({
        data: { list: [1, null, 2] },
        errors: [errorAt(['list', 1], 'broken')],
      });
    });

    it('takes the list with it where items must not be null', async () => {
      expect(await listOf('[Int!]', list)).toEqual({
        data: { list: null },
        errors: [errorAt(['list', 1], 'broken')],
      });
    });
  });

  it('is null alone when its type refuses it', async () => {
    expect(await listOf('[Int]', () => [1, 'two', 3.5])).toEqual({
      data: { list: [1, null, null] },
      errors: [
        errorAt(['list', 1], 'Int cannot represent non-integer value: "two"'),
        errorAt(['list', 2], 'Int cannot represent non-integer value: 3.5'),
      ],
    });
  });
});

describe('an iterator that breaks', () => {
  it('loses the whole list when it throws in the middle', async () => {
    const list = function* numbers() {
      yield 1;
      throw new Error('broken');
    };
    expect(await listOf('[Int]', list)).toEqual({
      data: { list: null },
      errors: [errorAt(['list'], 'broken')],
    });
  });

  it('loses the whole list when it rejects in the middle', async () => {
    const list = async function* numbers() {
      yield 1;
      throw new Error('broken');
    };
    expect(await listOf('[Int]', list)).toEqual({
      data: { list: null },
      errors: [errorAt(['list'], 'broken')],
    });
  });

  it('is told to return when an item that must not be null is', async () => {
    let returned = 0;
    const list = () => ({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: null }),
        return: async () => {
          returned += 1;
          return { done: true, value: undefined };
        },
      }),
    });
    expect(await listOf('[Int!]', list)).toEqual({
      data: { list: null },
      errors: [errorAt(['list', 0], 'Cannot return null for non-nullable field Query.list.')],
    });
    expect(returned).toBe(2);
  });
});

describe('lists in lists', () => {
  it('are kept as they are nested', async () => {
    expect(await listOf('[[[Int]]!]', () => [[[1], null], new Set([[2, 3]])])).toEqual({
      data: { list: [[[1], null], [[2, 3]]] },
    });
  });

  it('lose the nearest list that may be null', async () => {
    expect(await listOf('[[Int!]]', async () => [[1, null], Promise.resolve([2])])).toEqual({
      data: { list: [null, [2]] },
      errors: [errorAt(['list', 0, 1], 'Cannot return null for non-nullable field Query.list.')],
    });
  });
});

describe('lists of objects', () => {
  it('ask every item for its fields, and give errors with the item’s index', async () => {
    const items = () => [
      { index: 0 },
      Promise.resolve({ index: () => Promise.resolve(1) }),
      { index: () => broken() },
    ];
    expect(await listOf('[Item!]!', items, ' { index }')).toEqual({
      data: { list: [{ index: 0 }, { index: 1 }, { index: null }] },
      errors: [{ message: 'broken', locations: [{ line: 1, column: 10 }], path: ['list', 2, 'index'] }],
    });
  });
});
