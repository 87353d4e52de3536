/** What it costs to refuse an id that nobody registered, beside a miss of the market list. */
import { type RoundOptions, runRounds, type ScenarioResult } from './rounds.ts';
import { marketListMiss, unknownIdRefused } from './scenarios.ts';
import { LIST_NAMES, type List } from './stage.ts';
import type { Workerd } from './workerd.ts';

export interface RefusalComparison {
  list: string;
  refused: ScenarioResult;
  miss: ScenarioResult;
  /** Median latency of a refusal over that of a miss, one request at a time. */
  latencyRatio: number;
}

/** One connection: nothing waits in a queue, so latency is what one request takes. */
export async function compareRefusals(
  workerd: Workerd,
  lists: readonly List[],
  options: Omit<RoundOptions, 'connections'>,
): Promise<RefusalComparison[]> {
  const comparisons: RefusalComparison[] = [];
  for (const list of lists) {
    const scenarios = [unknownIdRefused(list), marketListMiss(list)];
    const [refused, miss] = await runRounds(workerd, scenarios, { ...options, connections: 1 });
    if (refused === undefined || miss === undefined) throw new Error('a scenario has no result');
    const latencyRatio = refused.medianMs.median / miss.medianMs.median;
    comparisons.push({ list: LIST_NAMES[list], refused, miss, latencyRatio });
  }
  return comparisons;
}
