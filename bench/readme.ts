/** `npm run bench:readme`: writes README's tables from `bench/results.json`, between their two markers. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { markdownResults } from './print.ts';
import type { BenchResults } from './results.ts';

const BEGIN = '<!-- bench:begin, written by npm run bench:readme -->';
const END = '<!-- bench:end -->';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const results = JSON.parse(await readFile('bench/results.json', 'utf8')) as BenchResults;
const costs = await readFile('operations/COSTS.md', 'utf8');
const readme = await readFile('README.md', 'utf8');
const [before, rest] = splitOnce(readme, BEGIN);
const [, after] = splitOnce(rest, END);
await writeFile('README.md', `${before}${BEGIN}\n\n${markdownResults(results, costs)}\n\n${END}${after}`);

function splitOnce(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`README.md has no ${marker}`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}
