/** Costs as tables for a terminal. */
import { aligned, type Table } from '../tables.ts';
import type { CostResults, CostRow } from './measure-cost.ts';
import { PRICES_READ_ON } from './prices.ts';
import type { Front } from './simulate.ts';

export const FRONT_NAMES: Readonly<Record<Front, string>> = {
  none: 'nothing in front',
  location: '[cache], one a location',
  'tiered-4': '[cache], four upper tiers',
  tiered: '[cache], one upper tier',
};

export const TARGETS = { hitRate: 0.95, kvWrites: 1e6, dollarsWithCache: 30, dollarsWithout: 45 } as const;

export function printCosts(results: CostResults): string {
  const { measured, asBuilt, best, variants, hours } = results;
  const main = asBuilt.filter(({ exponent }) => exponent === 1);
  const sections: [string, Table][] = [
    ['Each operation on a cold isolate, on average of its distinct requests', operationTable(results)],
    ['Each cron, a run', cronTable(results)],
    [`A month as built, from ${hours} simulated hours`, monthTable([...asBuilt, ...best])],
    ['KV keys a month, in thousands', kvTable(main)],
    ['Hits of public requests by tier', tierTable([...asBuilt, ...best])],
    ['Hits by operation, s = 1.0', hitTable([...main, ...best.filter(({ exponent }) => exponent === 1)])],
    ['Targets, s = 1.0', targetTable(main)],
    ...(variants.length === 0
      ? []
      : [['What changes would do, s = 1.0', monthTable(variants)] as [string, Table]]),
  ];
  return [
    `Prices of ${PRICES_READ_ON}. A flush of counted uses: ${measured.usage.d1RowsWritten.toFixed(2)} D1 rows written. A hit: ${measured.hitCpuMs.toFixed(2)} ms of CPU.`,
    ...sections.map(([title, rows]) => `${title}\n${aligned(rows)}`),
  ].join('\n\n');
}

function operationTable({ measured }: CostResults): Table {
  return [
    [
      '',
      'requests',
      'D1 calls',
      'rows read',
      'KV reads',
      'KV writes',
      'DO calls',
      'upstream',
      'bytes',
      'CPU ms',
    ],
    ...measured.operations.map((cost) => [
      `${cost.operation}${cost.scope === 'private' ? ' (private)' : ''}`,
      String(cost.requests),
      cost.d1Calls.toFixed(2),
      cost.d1RowsRead.toFixed(0),
      String(cost.kvReads),
      String(cost.kvWrites),
      // No binding to a Durable Object exists yet.
      '0',
      String(cost.upstreamCalls),
      cost.bodyBytes.toFixed(0),
      cost.executionCpuMs.toFixed(1),
    ]),
  ];
}

function cronTable({ measured }: CostResults): Table {
  return [
    ['', 'runs a day', 'D1 calls', 'rows read', 'rows written', 'KV reads', 'KV writes', 'upstream'],
    ...measured.crons.map((cost) => [
      cost.cron,
      String(cost.runsADay),
      ...[cost.d1Calls, cost.d1RowsRead, cost.d1RowsWritten].map((count) => count.toFixed(0)),
      ...[cost.kvReads, cost.kvWrites, cost.upstreamCalls].map((count) => count.toFixed(1)),
    ]),
  ];
}

function monthTable(rows: readonly CostRow[]): Table {
  const head = ['', 's', 'hit rate', '±', 'stale', 'Worker runs', 'executed', 'KV reads', 'KV writes'];
  return [
    [...head, 'rows read', 'written', 'CPU ms', 'Workers', 'KV', 'D1', 'dollars'],
    ...rows.map(({ name, front, exponent, month }) => [
      `${name}, ${FRONT_NAMES[front]}`,
      exponent.toFixed(1),
      month.hitRate.toFixed(3),
      month.hitRateError.toFixed(3),
      month.staleRate.toFixed(3),
      millions(month.invocations),
      millions(month.executions),
      millions(month.use.kvReads),
      millions(month.use.kvWrites, 2),
      millions(month.use.d1RowsRead, 0),
      millions(month.use.d1RowsWritten),
      millions(month.use.workerCpuMs, 0),
      ...[month.bill.workers, month.bill.kv, month.bill.d1, month.bill.total].map((dollars) =>
        dollars.toFixed(2),
      ),
    ]),
  ];
}

function kvTable(rows: readonly CostRow[]): Table {
  const causes = ['answers', 'generations', 'liveness', 'snapshot', 'syncs'];
  const cells = (counts: Record<string, number>) => causes.map((cause) => thousands(counts[cause] ?? 0));
  return [
    ['', ...causes],
    ...rows.flatMap(({ front, month }) => [
      [`reads, ${FRONT_NAMES[front]}`, ...cells(month.kvReads)],
      [`writes, ${FRONT_NAMES[front]}`, ...cells(month.kvWrites)],
    ]),
  ];
}

function tierTable(rows: readonly CostRow[]): Table {
  const tiers = ['front', 'front, upper', 'memory', 'kv'] as const;
  return [
    ['', 's', ...tiers],
    ...rows.map(({ name, front, exponent, month }) => [
      `${name}, ${FRONT_NAMES[front]}`,
      exponent.toFixed(1),
      ...tiers.map((tier) => (month.hitsByTier[tier] ?? 0).toFixed(3)),
    ]),
  ];
}

function hitTable(rows: readonly CostRow[]): Table {
  const operations = Object.entries(rows[0]?.byOperation ?? {}).sort(([one], [other]) =>
    one < other ? -1 : 1,
  );
  const all = operations.reduce((sum, [, { requests }]) => sum + requests, 0);
  return [
    [
      '',
      'of all requests',
      ...rows.map(({ name, front }) => (name === 'as built' ? FRONT_NAMES[front] : name)),
    ],
    ...operations.map(([operation, { requests }]) => [
      operation,
      (requests / all).toFixed(3),
      ...rows.map(({ byOperation }) => {
        const own = byOperation[operation];
        return own === undefined ? '' : (own.hits / own.requests).toFixed(3);
      }),
    ]),
  ];
}

function targetTable(rows: readonly CostRow[]): Table {
  const verdict = (isMet: boolean) => (isMet ? 'met' : 'missed');
  return [
    ['', `hits >= ${TARGETS.hitRate}`, 'KV writes < 1 million', 'dollars'],
    ...rows.map(({ front, month }) => {
      const most = front === 'none' ? TARGETS.dollarsWithout : TARGETS.dollarsWithCache;
      return [
        FRONT_NAMES[front],
        `${month.hitRate.toFixed(3)} ${verdict(month.hitRate >= TARGETS.hitRate)}`,
        `${millions(month.use.kvWrites, 2)} ${verdict(month.use.kvWrites < TARGETS.kvWrites)}`,
        `${month.bill.total.toFixed(2)} < ${most} ${verdict(month.bill.total < most)}`,
      ];
    }),
  ];
}

const millions = (count: number, digits = 1) => `${(count / 1e6).toFixed(digits)} M`;
const thousands = (count: number) => (count / 1e3).toFixed(0);
