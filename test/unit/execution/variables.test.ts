import { describe, expect, it } from 'vitest';
import { ask, askWith } from '../../support/execution/variable-questions.ts';

const shown = (args: unknown) => JSON.stringify(args);

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
