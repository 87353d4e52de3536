import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as config from '../../../src/config.ts';

/** A row of docs/limits.md: the second cell is the value, the last one the name. */
const ROW = /^\| [^|]+ \| ([^|]+) \| [^|]+ \| `([^`]+)` \|$/gm;

test('docs/limits.md has every limit of src/config.ts once, with its value', () => {
  const page = readFileSync('docs/limits.md', 'utf8');
  const documented = [...page.matchAll(ROW)].map(([, value = '', name = '']) => [name, value]);
  const limits = numbersIn(config).map(([name, value]) => [name, withUnit(name, value)]);
  expect(documented.toSorted()).toEqual(limits.toSorted());
});

/** The numbers of a module and of the objects in it, by their paths. */
function numbersIn(value: object, path = ''): [string, number][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]): [string, number][] => {
    if (typeof inner === 'number') return [[`${path}${name}`, inner]];
    const isPlain =
      typeof inner === 'object' && inner !== null && Object.getPrototypeOf(inner) === Object.prototype;
    return isPlain ? numbersIn(inner, `${path}${name}.`) : [];
  });
}

/** Names of limits end in their units. */
function withUnit(name: string, value: number): string {
  const inEnglish = (number: number) => number.toLocaleString('en-US');
  if (name.includes('BYTES')) {
    if (value < 1024) return `${value} bytes`;
    return value < 1024 ** 2 ? `${value / 1024} KiB` : `${value / 1024 ** 2} MiB`;
  }
  if (/_SECONDS$|Seconds$/.test(name)) return `${inEnglish(value)} s`;
  if (name.endsWith('_MS')) return value < 1000 ? `${value} ms` : `${inEnglish(value / 1000)} s`;
  return inEnglish(value);
}
