import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BoundedMemory } from '../../../src/storage/bounded-memory.ts';

test('gives back what it was given, and nothing else', () => {
  const memory = new BoundedMemory<number>(10);
  memory.set('a', 1, 1);
  expect(memory.get('a')).toBe(1);
  expect(memory.get('b')).toBeUndefined();
});

test('forgets the least recently used beyond its bound', () => {
  const memory = new BoundedMemory<string>(3);
  for (const key of ['a', 'b', 'c']) memory.set(key, key, 1);
  memory.get('a');
  memory.set('d', 'd', 1);
  expect(['a', 'b', 'c', 'd'].filter((key) => memory.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
});

test('does not keep what is too heavy by itself, nor forget others for it', () => {
  const memory = new BoundedMemory<string>(3);
  memory.set('a', 'a', 1);
  memory.set('b', 'b', 4);
  expect(memory.get('b')).toBeUndefined();
  expect(memory.get('a')).toBe('a');
});

test('whatever is set, read and deleted, it weighs what it holds and never more than its bound', () => {
  const step = fc.record({
    action: fc.constantFrom('set', 'get', 'delete'),
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    weight: fc.integer({ min: 0, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const memory = new BoundedMemory<number>(10);
      let newest: { key: string; weight: number } | undefined;
      for (const { action, key, weight } of steps) {
        if (action === 'set') memory.set(key, weight, weight);
        if (action === 'get') memory.get(key);
        if (action === 'delete') memory.delete(key);
        if (action === 'set') newest = { key, weight };
        else newest = undefined;
        expect(memory.weight).toBeLessThanOrEqual(10);
        if (newest !== undefined) expect(memory.get(key)).toBe(weight <= 10 ? weight : undefined);
      }
      const held = ['a', 'b', 'c', 'd', 'e']
        .map((key) => memory.get(key))
        .filter((value) => value !== undefined);
      expect(held.length).toBe(memory.size);
      expect(held.reduce((sum, weight) => sum + weight, 0)).toBe(memory.weight);
    }),
  );
});

test('a key that is part of a long text keeps the part alone in memory', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const memory = new BoundedMemory<number>(1_000_000);
  const heapBytes = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heapBytes();
  for (let at = 0; at < 300; at += 1) {
    const long = `${String(at).padStart(100_000, 'x')}~an-operation-id-of-some-length-${at}`;
    memory.set(long.slice(100_001), at, 1);
  }
  expect(heapBytes() - before).toBeLessThan(5_000_000);
  expect(memory.get('an-operation-id-of-some-length-7')).toBe(7);
});

test('a value that was evicted, replaced, deleted or too heavy can be collected', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const memory = new BoundedMemory<object>(30);
  const given = new Map<string, WeakRef<object>>();
  const set = (key: string, name: string, weight = 10) => {
    const value = { name };
    given.set(name, new WeakRef(value));
    memory.set(key, value, weight);
  };
  set('a', 'evicted although used');
  memory.get('a');
  for (const key of ['b', 'c', 'd', 'e', 'f', 'g']) set(key, `value of ${key}`);
  set('g', 'in the place of g');
  set('h', 'too heavy', 31);
  memory.delete('f');
  // A WeakRef holds its value until the end of the job that made it.
  await new Promise((resolve) => setTimeout(resolve));
  collect();
  const held = [...given].filter(([, value]) => value.deref() !== undefined).map(([name]) => name);
  expect(held).toEqual(['value of e', 'in the place of g']);
  expect([...memory.values()]).toEqual(held.map((name) => ({ name })));
});
