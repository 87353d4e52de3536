/**
 * `npm run lockfile`: completes package-lock.json after a dependency was changed. With a folder as its argument, it
 * completes the lock of that folder.
 *
 * npm leaves an optional package out of the lock where the registry has no copy of it. A mirror may lack the packages
 * of other platforms, and then `npm ci` refuses the lock. This script adds each missing package with the version that
 * its parent names and the platform that is in its own name. `npm ci` skips it on other platforms.
 *
 * It also removes the `engines` of packages: the project's scripts run on its own Node, and npm would print pages of
 * warnings about the machine's.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface LockedPackage {
  version?: string;
  engines?: Record<string, string>;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const ROOT = path.resolve(import.meta.dirname, '..');
const LOCKFILE = path.resolve(ROOT, process.argv[2] ?? '.', 'package-lock.json');
const OPERATING_SYSTEMS: [RegExp, string][] = [
  [/-(win32|windows)\b/, 'win32'],
  [/-darwin\b/, 'darwin'],
  [/-linux\b/, 'linux'],
  [/-android\b/, 'android'],
];
const PROCESSORS: [RegExp, string][] = [
  [/-arm64\b/, 'arm64'],
  [/-arm\b/, 'arm'],
  [/-ia32\b/, 'ia32'],
  [/-ppc64\b/, 'ppc64'],
  [/-s390x\b/, 's390x'],
  [/-(x64|64)\b/, 'x64'],
];

function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const find = (table: [RegExp, string][]) => table.find(([pattern]) => pattern.test(name))?.[1];
  const [os, cpu] = [find(OPERATING_SYSTEMS), find(PROCESSORS)];
  if (os === undefined || cpu === undefined)
    throw new Error(`the name of ${name} does not contain its platform`);
  const libc = os !== 'linux' ? {} : { libc: [name.endsWith('-musl') ? 'musl' : 'glibc'] };
  return { os: [os], cpu: [cpu], ...libc };
}

const lock = JSON.parse(readFileSync(LOCKFILE, 'utf8')) as { packages: Record<string, LockedPackage> };
const added: string[] = [];
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`;
    if (Object.keys(lock.packages).some((held) => held.endsWith(place))) continue;
    const dev = parent.dev === true ? { dev: true } : {};
    lock.packages[place] = { version, ...platformOf(name), ...dev, optional: true };
    added.push(name);
  }
}
for (const [place, locked] of Object.entries(lock.packages)) {
  if (place !== '') delete locked.engines;
}
const places = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(LOCKFILE, `${JSON.stringify({ ...lock, packages: Object.fromEntries(places) }, null, 2)}\n`);
console.log(added.length === 0 ? 'The lock is complete.' : `Added ${added.length}: ${added.join(', ')}`);
