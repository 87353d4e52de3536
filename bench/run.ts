/**
 * `npm run bench`: measures on this machine, prints what it measured, and writes it where README's table comes from.
 * `--quick` sends a little of everything and looks at the answers alone; it never judges a time.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { onStopRequest } from '../scripts/start/stop-request.ts';
import { machineFacts } from './machine.ts';
import { aligned, claimTable, scenarioTable } from './print.ts';
import { measureRefusals, REFUSAL_CLAIM } from './refusals.ts';
import { type Claim, type ClaimResult, ratioOf, resultOf } from './results.ts';
import { type Measured, type RoundOptions, runRounds } from './rounds.ts';
import { CLAIMS, marketListScenarios } from './scenarios.ts';
import { LISTS, type Stage, setStage } from './stage.ts';

/** Enough that a Worker never waits for the generator, few enough that a request waits little for others. */
const CONNECTIONS = 16;
const FULL = { rounds: 5, firstWarmUpMs: 3_000, warmUpMs: 300, durationMs: 2_000, strict: false } as const;
const QUICK = { rounds: 1, firstWarmUpMs: 0, warmUpMs: 0, durationMs: 50, strict: true } as const;

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

const pace: Omit<RoundOptions, 'connections'> = {
  ...(options.quick ? QUICK : { ...FULL, report: console.log }),
  ...(options.rounds === undefined ? {} : { rounds: Number(options.rounds) }),
};
const lists = options.quick ? LISTS.slice(0, 1) : LISTS;
const machine = machineFacts();

let stage: Stage | undefined;
try {
  stage = await setStage(lists, stopping.signal);
  const { workerd } = stage;
  const refusals = await measureRefusals(workerd, lists, pace);
  const scenarios = (await Promise.all(lists.map((list) => marketListScenarios(workerd, list)))).flat();
  const measured = await runRounds(workerd, scenarios, { ...pace, connections: CONNECTIONS });
  const claims = [...claimResults(measured, CLAIMS), ...claimResults(refusals, [REFUSAL_CLAIM])];
  if (options.quick) {
    console.log(`bench: ${measured.length + refusals.length} scenarios answered as they should.`);
  } else {
    const results = { machine, scenarios: measured.map(resultOf), claims, refusals: refusals.map(resultOf) };
    for (const list of new Set(results.scenarios.map((result) => result.list))) {
      console.log(
        `\n${list}\n${aligned(scenarioTable(results.scenarios.filter((result) => result.list === list)))}`,
      );
    }
    console.log(`\n${aligned(claimTable(claims))}`);
    await writeFile(options.out, `${JSON.stringify(results, null, 2)}\n`);
  }
} finally {
  await stage?.close();
}

function claimResults(measured: readonly Measured[], claims: readonly Omit<Claim, 'list'>[]): ClaimResult[] {
  return claims
    .flatMap((claim) => lists.map((list) => ratioOf(measured, { ...claim, list })))
    .filter((result) => result !== null);
}
