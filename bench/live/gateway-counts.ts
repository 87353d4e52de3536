/** The counts that the gateway's Worker keeps of itself, and differences of them. */
import type { ObjectCounts } from './counted.ts';

export interface GatewayCounts extends ObjectCounts {
  /** To the Worker, what the benchmark asks aside. */
  requests: number;
  executions: { planned: number; fellBack: number };
}

export async function readCounts(gateway: URL): Promise<GatewayCounts> {
  return ask<GatewayCounts>(new URL('/counts', gateway));
}

/** When the price feed and each hub next wake themselves; null where they do not. */
export async function readAlarms(gateway: URL, hubs: readonly string[]): Promise<(number | null)[]> {
  return ask<(number | null)[]>(new URL(`/alarms?hubs=${hubs.join(',')}`, gateway));
}

async function ask<Answer>(url: URL): Promise<Answer> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered with ${response.status}: ${await response.text()}`);
  return (await response.json()) as Answer;
}

export function countsBetween(before: GatewayCounts, after: GatewayCounts): GatewayCounts {
  return {
    requests: after.requests - before.requests,
    executions: {
      planned: after.executions.planned - before.executions.planned,
      fellBack: after.executions.fellBack - before.executions.fellBack,
    },
    calls: recordBetween(before.calls, after.calls),
    activeMs: recordBetween(before.activeMs, after.activeMs),
    rowsRead: recordBetween(before.rowsRead, after.rowsRead),
    rowsWritten: recordBetween(before.rowsWritten, after.rowsWritten),
  };
}

function recordBetween(
  before: Record<string, number>,
  after: Record<string, number>,
): Record<string, number> {
  const differences = Object.entries(after).map(([key, value]) => [key, value - (before[key] ?? 0)] as const);
  return Object.fromEntries(differences.filter(([, difference]) => difference !== 0));
}
