/** What it takes to refuse an id that nobody registered, beside a miss of the market list: one request at a time. */
import type { Claim } from './results.ts';
import { type Measured, type RoundOptions, runRounds } from './rounds.ts';
import { marketListMiss, unknownIdRefused } from './scenarios.ts';
import type { List } from './stage.ts';
import type { Workerd } from './workerd.ts';

export const REFUSAL_CLAIM: Omit<Claim, 'list'> = {
  name: 'unknown id refused over a miss, median latency',
  of: 'refused',
  over: 'miss',
  measure: 'medianMs',
  target: { atMost: 0.1 },
};

/** One connection: nothing waits in a queue, so latency is what one request takes. */
export async function measureRefusals(
  workerd: Workerd,
  lists: readonly List[],
  options: Omit<RoundOptions, 'connections'>,
): Promise<Measured[]> {
  const scenarios = lists.flatMap((list) => [unknownIdRefused(list), marketListMiss(list)]);
  return runRounds(workerd, scenarios, { ...options, connections: 1 });
}
