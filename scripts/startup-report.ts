/** `npm run startup`: size and start-up of the production build, as the table that README quotes. */
import { fileURLToPath } from 'node:url';
import { measureStartup } from './measure-startup.ts';

const RUNS = 7;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { bundleBytes, gzipBytes, cpuMs } = await measureStartup(RUNS, new AbortController().signal);
const kib = (bytes: number) => `${(bytes / 1024).toFixed(0)} KiB`;
const [least = 0, median = 0, most = 0] = [0, Math.floor(RUNS / 2), RUNS - 1].map((index) => cpuMs[index]);
console.log('| production build | |\n|---|---|');
console.log(`| bundle, minified | ${kib(bundleBytes)} |`);
console.log(`| bundle, gzip | ${kib(gzipBytes)} |`);
console.log(
  `| CPU at start-up, median of ${RUNS} | ${median.toFixed(0)} ms (${least.toFixed(0)} to ${most.toFixed(0)}) |`,
);
