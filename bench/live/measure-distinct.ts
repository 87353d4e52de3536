/** Many sockets over fewer distinct operations: how often each event is executed, by the gateway's own count. */
import { Audience, type FanOutPace, fanOutResult, fanOutRound } from './fan-out.ts';
import { readCounts } from './gateway-counts.ts';
import { startGateway } from './live-servers.ts';

type DistinctOptions = FanOutPace &
  Record<'sockets' | 'operations' | 'rounds', number> & { signal: AbortSignal };

export async function measureDistinct(
  script: string,
  { sockets, operations, rounds, signal, ...pace }: DistinctOptions,
) {
  const server = await startGateway(script, { hubs: ['hub-0'], polls: 'by hand' });
  const audience = new Audience(server);
  try {
    await audience.grow(
      sockets,
      Array.from({ length: operations }, (_, index) => documentOf(index)),
    );
    const contestant = { key: 'distinct', name: `gateway, ${operations} operations`, audiences: [audience] };
    const [before, askedBefore] = [await readCounts(server.url), server.prices.asked()];
    const measured = [];
    for (let number = 1; number <= rounds; number += 1) {
      signal.throwIfAborted();
      measured.push(await fanOutRound(contestant, pace));
    }
    const { executions } = await readCounts(server.url);
    const planned = executions.planned - before.executions.planned;
    const all = planned + executions.fellBack - before.executions.fellBack;
    const events = server.prices.asked() - askedBefore;
    return {
      operations,
      /** Events that were counted, the rounds' first ones too. */
      events,
      executionsPerEvent: all / events,
      /** Share of the executions by a prepared plan. */
      plannedShare: planned / all,
      fanOut: fanOutResult(contestant, measured),
    };
  } finally {
    await audience.stop();
  }
}

/** Another operation each time, of the same work. */
const documentOf = (index: number) =>
  `subscription { price${index}: priceUpdated(symbols: ["BTC"]) { symbol price changePercent updatedAt } }`;
