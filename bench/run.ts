/**
 * `npm run bench`: measures on this machine, prints what it measured, and writes it where README's table comes from.
 * `--quick` sends a little of everything and looks at the answers alone; it never judges a time.
 */

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { onStopRequest } from '../scripts/start/stop-request.ts';
import { machineFacts } from './machine.ts';
import { printRefusals } from './print.ts';
import { compareRefusals } from './refusals.ts';
import type { RoundOptions } from './rounds.ts';
import { LISTS, type Stage, setStage } from './stage.ts';

const FULL = { rounds: 7, firstWarmUpMs: 3_000, warmUpMs: 300, durationMs: 2_000 } as const;
const QUICK = { rounds: 1, firstWarmUpMs: 0, warmUpMs: 0, durationMs: 50 } as const;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    out: { type: 'string', default: 'bench/results.json' },
  },
});
const stopping = new AbortController();
onStopRequest(
  () => {
    stopping.abort();
    process.exit(130);
  },
  () => process.exit(1),
);

let stage: Stage | undefined;
try {
  const machine = machineFacts();
  const pace: Omit<RoundOptions, 'connections'> = {
    ...(options.quick ? QUICK : FULL),
    ...(options.rounds === undefined ? {} : { rounds: Number(options.rounds) }),
    ...(options.quick ? {} : { report: console.log }),
  };
  const lists = options.quick ? LISTS.slice(0, 1) : LISTS;
  stage = await setStage(lists, stopping.signal);
  const refusals = await compareRefusals(stage.workerd, lists, pace);
  console.log(printRefusals(refusals));
  if (!options.quick) await writeFile(options.out, `${JSON.stringify({ machine, refusals }, null, 2)}\n`);
} finally {
  await stage?.close();
}
