/** `npm run bench:readme`: writes the tables of `docs/performance.md` from `bench/results.json`, between two markers. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { printResults } from './print.ts';
import type { BenchResults } from './results.ts';

const PAGE = 'docs/performance.md';
const BEGIN = '<!-- bench:begin, written by npm run bench:readme -->';
const END = '<!-- bench:end -->';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const results = JSON.parse(await readFile('bench/results.json', 'utf8')) as BenchResults;
const costs = await readFile('operations/COSTS.md', 'utf8');
const page = await readFile(PAGE, 'utf8');
const [before, rest] = splitOnce(page, BEGIN);
const [, after] = splitOnce(rest, END);
await writeFile(PAGE, `${before}${BEGIN}\n\n${printResults(results, costs, true)}\n\n${END}${after}`);

function splitOnce(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new Error(`${PAGE} has no ${marker}`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}
