import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

interface LockedPackage {
  engines?: unknown;
  deprecated?: string;
}

it('npm ci prints no warning: no locked package is deprecated or asks for another Node', () => {
  const lock = readFileSync(path.resolve(import.meta.dirname, '../../../package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Record<string, LockedPackage> };
  const warned = Object.entries(packages).filter(
    ([place, { engines, deprecated }]) => place !== '' && (engines ?? deprecated) !== undefined,
  );
  expect(warned.map(([place]) => place)).toEqual([]);
});
