/** The month of `month.ts` as a table, by the CPU that this run has measured. */
import { countedOperations, monthOf } from './month.ts';
import type { ScenarioResult } from './results.ts';
import { LIST_NAMES } from './stage.ts';
import type { Table } from './tables.ts';

/** Assumed shares of the public requests that a cache answers. */
const HIT_RATES = [0.15, 0.5, 0.75, 0.95];

/** @param costs the text of `operations/COSTS.md`. */
export function monthTable(scenarios: readonly ScenarioResult[], costs: string): Table {
  const operations = countedOperations(costs);
  const cpuMs = (key: string) => {
    const found = scenarios.find((result) => result.key === key && result.list === LIST_NAMES.closes);
    return (found?.cpuMicrosecondsPerRequest.median ?? Number.NaN) / 1000;
  };
  const cpu = { hitMs: cpuMs('hit-get'), missMs: cpuMs('miss-in-memory') };
  return [
    [
      'hit rate',
      'executed',
      'KV reads',
      'D1 rows read',
      'D1 rows written',
      'upstream calls',
      'CPU',
      'Workers',
      'KV',
      'D1',
      'analytics',
      'a month',
    ],
    ...HIT_RATES.map((hitRate) => {
      const { executions, upstreamCalls, use, bill } = monthOf(operations, cpu, hitRate);
      return [
        hitRate.toFixed(2),
        millions(executions),
        millions(use.kvReads),
        millions(use.d1RowsRead),
        millions(use.d1RowsWritten),
        millions(upstreamCalls),
        `${(use.workerCpuMs / 3.6e6).toFixed(1)} h`,
        ...[bill.workers, bill.kv, bill.d1, bill.analytics, bill.total].map(
          (dollars) => `$${dollars.toFixed(2)}`,
        ),
      ];
    }),
  ];
}

const millions = (count: number) => `${(count / 1e6).toFixed(1)} M`;
